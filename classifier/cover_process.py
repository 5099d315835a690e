"""Make covers from picture files, in a process with limits.

Only the standard library is imported, because the web process uses this.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from classifier.analysis_process import sandbox_environment

ROOT = Path(__file__).resolve().parent.parent
#: The pictures of a cover by name: the length of their sides in pixels. A smaller source is not enlarged.
COVER_SIZES = {"small": 96, "medium": 320, "large": 1000}
#: Wall-clock seconds after which a picture is given up.
TIMEOUT_SECONDS = 60


class PictureError(Exception):
    """A picture cannot be a cover. `code` is `not_a_picture` or `picture_too_large`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def cover_file_name(size: str) -> str:
    """The name of one picture of a cover in the folder where it is made."""
    return f"cover-{size}.webp"


def make_cover_from_file(picture: Path, out_dir: Path) -> dict[str, Any]:
    """Make a cover from a picture file (see `covers.make_cover`). Raises PictureError."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", "classifier.covers", str(picture.absolute()), str(out_dir.absolute())],
            cwd=ROOT,
            env=sandbox_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise PictureError("not_a_picture") from None
    if "error" in answer:
        raise PictureError(answer["error"])
    cover: dict[str, Any] = answer["cover"]
    return cover
