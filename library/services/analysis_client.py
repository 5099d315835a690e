"""The process that listens, as seen from the library: one per worker, started when first needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.listener import Listener


@functools.cache
def listener() -> Listener:
    return Listener(
        model=settings.EARMARK_MODEL,
        models_dir=settings.EARMARK_MODELS_DIR,
        max_bytes=settings.EARMARK_MAX_UPLOAD_BYTES,
        max_seconds=settings.EARMARK_MAX_TRACK_SECONDS,
        memory=settings.EARMARK_ANALYSIS_MEMORY,
        timeout=settings.EARMARK_ANALYSIS_SECONDS,
    )


def listen(
    path: Path,
    *,
    out_dir: Path | None = None,
    on_stage: Callable[[str], None] | None = None,
    on_tags: Callable[[dict[str, Any]], None] | None = None,
    on_beat: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Hear one file in the listening process; raises AudioError when it is refused."""
    return listener().listen(path, out_dir=out_dir, on_stage=on_stage, on_tags=on_tags, on_beat=on_beat)


def read_tags(path: Path) -> dict[str, Any]:
    """What one file says about itself, read in the listening process; raises AudioError when it ends that."""
    return listener().read_tags(path)
