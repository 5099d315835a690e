"""Bad and odd sound files, each with what is to become of it: `CASES`, by name.

They are made when they are needed; large ones have holes, so that they take neither time nor disk.
`python -m tests.hostile_audio FOLDER` writes them all, to be tried by hand or on another program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hostile import CASES, HEARD, Case, archives, flac, mp3, mp4, wav
from tests.hostile import not_audio as texts
from tests.hostile import other_formats as others

__all__ = ["CASES", "HEARD", "Case", "archives", "flac", "mp3", "mp4", "others", "texts", "wav"]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES.values():
        path = case.write(folder)
        print(f"{path.stat().st_size:>12,}  {case.name:<40} {' or '.join(sorted(case.outcomes))}")


if __name__ == "__main__":
    main()
