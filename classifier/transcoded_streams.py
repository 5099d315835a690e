"""Start the process that writes a file as MP3 or Opus.

Only the standard library is imported, because the web process uses this.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

from classifier.analysis_process import sandbox_environment

ROOT = Path(__file__).resolve().parent.parent
#: What files are transcoded to: the MIME type and the extension of each format.
STREAM_FORMATS = {"mp3": ("audio/mpeg", ".mp3"), "opus": ("audio/ogg", ".opus")}
#: The lowest and the highest rate of each format, and what it has when none is asked for, in kbit/s.
STREAM_KILOBITS = {"mp3": (32, 320, 192), "opus": (24, 256, 128)}


def start_transcoding(
    path: Path, out: IO[bytes], *, kind: str, kilobits: int, start: float
) -> subprocess.Popen[bytes]:
    """A process that writes the file at `path` to `out`, from `start` seconds on. It ends with 0 if it could."""
    return subprocess.Popen(  # noqa: S603 - our own module, no shell
        [
            sys.executable,
            "-m",
            "classifier.stream_transcoder",
            str(path.absolute()),
            kind,
            str(kilobits),
            str(start),
        ],
        cwd=ROOT,
        env=sandbox_environment(),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.DEVNULL,
    )
