"""Bad and odd audio files with their expected outcomes: `CASES`, by name.

They are made when they are needed. Large files are sparse, so that they take neither time nor disk space.
`python -m tests.hostile_audio FOLDER` writes them all, to try them by hand or with another program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hostile import ANALYSED, CASES, Case, archives, flac, mp3, mp4, not_audio, other_formats, wav

__all__ = ["ANALYSED", "CASES", "Case", "archives", "flac", "mp3", "mp4", "not_audio", "other_formats", "wav"]


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES.values():
        path = case.write(folder)
        print(f"{path.stat().st_size:>12,}  {case.name:<40} {' or '.join(sorted(case.outcomes))}")


if __name__ == "__main__":
    main()
