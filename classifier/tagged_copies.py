"""Make copies of files with other tags. Only the standard library is imported, because the web process uses this."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from classifier.analysis_process import sandbox_environment

ROOT = Path(__file__).resolve().parent.parent
#: Formats with tags that every player reads: those that `tag_writer` can write.
TAGGABLE_FORMATS = frozenset({"mp3", "flac", "ogg", "opus", "m4a"})
#: Wall-clock seconds after which a copy is given up.
TIMEOUT_SECONDS = 90


def write_tagged_copy(path: Path, out_path: Path, *, kind: str, tags: dict[str, Any]) -> bool:
    """Write a copy of `path` with other `tags` (see `tag_writer.Tags`), in a process with limits.

    Returns False if that is not possible, because the format `kind` has no tags or the file is damaged. The copy
    must then not be used. The file at `path` is only read.
    """
    if kind not in TAGGABLE_FORMATS:
        return False
    shutil.copyfile(path, out_path)
    try:
        written = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "classifier.tag_writer", kind, str(out_path.absolute())],
            input=json.dumps(tags).encode(),
            cwd=ROOT,
            env=sandbox_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return written.returncode == 0
