"""`make bench`: every benchmark, each in a fresh process, in about ten minutes. Linux: it reads `/proc`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ONE_THREAD, ROOT


def run(name: str, *options: str) -> None:
    """Run a benchmark whose libraries use one thread each. Its standard error is shown only if it fails."""
    environment = os.environ | ONE_THREAD | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", f"benchmarks.{name}", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.stderr)


def main() -> None:
    if sys.platform != "linux":
        sys.exit("The benchmarks read /proc and need Linux.")
    with tempfile.TemporaryDirectory() as folder:
        song = str(Path(folder, "song.mp3"))
        run("song", song)
        run("analysis", song)
        run("original", song, "--warm")
        run("original", song, "--cold")
        run("memory", song)
    run("web")
    run("library")
    run("similar")


if __name__ == "__main__":
    main()
