"""Peak memory of the process that listens, for a song and for a file of two hours."""

from __future__ import annotations

import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.material import two_hours
from benchmarks.measure import MODEL, memory_mib, table
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.listener import Listener

ALLOWED_SONG, ALLOWED_LONG = 350, 400


def peak_mib(path: Path) -> float:
    """Peak resident memory of a listening process that was started for this file and drew its pictures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Listener(model=MODEL, models_dir=DEFAULT_MODELS_DIR)) as listener,
    ):
        listener.listen(path, out_dir=Path(folder))
        assert listener.pid
        return memory_mib(listener.pid, "VmHWM")


def main() -> None:
    song = Path(sys.argv[1])
    rows = [(f"a song of 4 minutes (at most {ALLOWED_SONG})", f"{peak_mib(song):.0f} MiB")]
    long = two_hours(song)
    try:
        rows.append((f"a file of 2 hours (at most {ALLOWED_LONG})", f"{peak_mib(long):.0f} MiB"))
    finally:
        long.unlink()
    table("Peak resident memory of the listening process, pictures included", rows)


if __name__ == "__main__":
    main()
