"""Access to the analysis processes: one for each model, started when it is first needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.analysis_process import AnalysisProcess


@functools.cache
def analysis_process(model: str) -> AnalysisProcess:
    """This process's only `AnalysisProcess` with an installed model."""
    return analysis_process_of(model, settings.EARMARK_MODELS_DIR)


def analysis_process_of(model: str, models_dir: Path) -> AnalysisProcess:
    """A new `AnalysisProcess` with a model, and with the limits from the settings."""
    return AnalysisProcess(
        model=model,
        models_dir=models_dir,
        max_bytes=settings.EARMARK_MAX_UPLOAD_BYTES,
        max_seconds=settings.EARMARK_MAX_TRACK_SECONDS,
        memory=settings.EARMARK_ANALYSIS_MEMORY,
        timeout=settings.EARMARK_ANALYSIS_SECONDS,
        max_files=settings.EARMARK_ANALYSIS_FILES,
    )


def analyse_file(
    path: Path,
    *,
    model: str = "",
    out_dir: Path | None = None,
    on_stage: Callable[[str], None] | None = None,
    on_tags: Callable[[dict[str, Any]], None] | None = None,
    on_cover: Callable[[dict[str, Any] | None], None] | None = None,
    on_heartbeat: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Analyse a file by an installed model, by default the site's (see `AnalysisProcess.analyse`).

    Raises AudioError if that fails.
    """
    return analysis_process(model or settings.EARMARK_MODEL).analyse(
        path,
        out_dir=out_dir,
        on_stage=on_stage,
        on_tags=on_tags,
        on_cover=on_cover,
        on_heartbeat=on_heartbeat,
    )


def read_tags(path: Path) -> dict[str, Any]:
    """Read a file's tags (see `AnalysisProcess.read_tags`). Raises AudioError if the process dies of it."""
    return analysis_process(settings.EARMARK_MODEL).read_tags(path)


def read_cover(path: Path, *, out_dir: Path) -> dict[str, Any] | None:
    """Make a cover from a file's pictures (see `AnalysisProcess.read_cover`). Raises AudioError as `read_tags` does."""
    return analysis_process(settings.EARMARK_MODEL).read_cover(path, out_dir=out_dir)
