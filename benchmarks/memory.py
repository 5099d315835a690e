"""Peak memory of the analysis process for a song and for a file of two hours."""

from __future__ import annotations

import resource
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.measure import MODEL, print_table
from benchmarks.song import write_two_hour_file
from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR

ALLOWED_SONG, ALLOWED_LONG = 350, 400


def peak_mib(path: Path) -> float:
    """Return the peak resident memory of an analysis process or its fork, whichever is larger. They share most of it.

    The system reports the maximum over all child processes so far, so the smaller file must come first.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(AnalysisProcess(model=MODEL, models_dir=DEFAULT_MODELS_DIR)) as process,
    ):
        process.analyse(path, out_dir=Path(folder))
        process.analyse(path, out_dir=Path(folder))  # by the end of this, the first fork has been waited for
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    song = Path(sys.argv[1])
    rows = [(f"a song of 4 minutes (at most {ALLOWED_SONG})", f"{peak_mib(song):.0f} MiB")]
    long = write_two_hour_file(song)
    try:
        rows.append((f"a file of 2 hours (at most {ALLOWED_LONG})", f"{peak_mib(long):.0f} MiB"))
    finally:
        long.unlink()
    print_table("Peak resident memory of the analysis process, pictures included", rows)


if __name__ == "__main__":
    main()
