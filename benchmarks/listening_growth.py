"""Whether an analysis process grows: its resident memory while it analyses very many short files.

`python -m benchmarks.listening_growth --files 2000` feeds one process generated files of some formats, one after the
other, as a worker does, but without replacing it after EARMARK_ANALYSIS_FILES. Each file is analysed in a fork of the
process, which ends with it. Linux: it reads `/proc`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.measure import MODEL, memory_mib, process_seconds
from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR

FORMATS = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
SECONDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--every", type=int, default=100, help="files between two lines")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(
            AnalysisProcess(model=MODEL, models_dir=DEFAULT_MODELS_DIR, max_files=options.files + 1)
        ) as process,
    ):
        sounds = write_sounds(Path(folder))
        print("| files | resident | of it anonymous | CPU time |\n|---|---|---|---|")
        began = time.perf_counter()
        for number in range(1, options.files + 1):
            with tempfile.TemporaryDirectory(dir=folder) as out:
                process.analyse(sounds[number % len(sounds)], out_dir=Path(out))
            if number == 1 or number % options.every == 0:
                assert process.pid
                resident, anonymous = (memory_mib(process.pid, field) for field in ("VmRSS", "RssAnon"))
                seconds = process_seconds(process.pid)
                print(
                    f"| {number:,} | {resident:.1f} MiB | {anonymous:.1f} MiB | {seconds:.0f} s |", flush=True
                )
    print(f"\n{time.perf_counter() - began:.0f} s by the clock", file=sys.stderr)


def write_sounds(folder: Path) -> list[Path]:
    from tests import sounds

    paths = [folder / f"sound{suffix}" for suffix in FORMATS]
    for path in paths:
        path.write_bytes(sounds.as_bytes(path.suffix, SECONDS))
    return paths


if __name__ == "__main__":
    main()
