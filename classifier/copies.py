"""Copies of files with other tags in them. Only the standard library: the web process asks for them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from classifier.listener import own_environment

ROOT = Path(__file__).resolve().parent.parent
#: Kinds of files that have a place for tags which every player reads.
TAGGABLE = frozenset({"mp3", "flac", "ogg", "opus", "m4a"})
#: Wall-clock seconds after which nobody waits for a copy any more.
PATIENCE = 90


def tagged_copy(path: Path, out_path: Path, *, kind: str, tags: dict[str, Any]) -> bool:
    """Write a copy of `path` that has `tags` (see `classifier.tagging`), in a process with limits.

    False when the file takes none: its kind has no place for them, or it is too damaged to be sure. The
    copy is then not to be used. The file at `path` is only read.
    """
    if kind not in TAGGABLE:
        return False
    shutil.copyfile(path, out_path)
    try:
        written = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "classifier.tagging", kind, str(out_path.absolute())],
            input=json.dumps(tags).encode(),
            cwd=ROOT,
            env=own_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return written.returncode == 0
