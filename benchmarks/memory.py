"""Peak memory of the process that listens, for a song and for a file of two hours."""

from __future__ import annotations

import resource
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.measure import MODEL, table
from benchmarks.song import two_hours
from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR

ALLOWED_SONG, ALLOWED_LONG = 350, 400


def peak_mib(path: Path) -> float:
    """Peak resident memory of a listening process and its fork, whichever was larger; they share most of it.

    It is the most of any process that has been waited for: call it for the smaller file first.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(AnalysisProcess(model=MODEL, models_dir=DEFAULT_MODELS_DIR)) as process,
    ):
        process.analyse(path, out_dir=Path(folder))
        process.analyse(path, out_dir=Path(folder))  # when this is heard, the first fork has been waited for
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


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
