"""Access to the analysis process: one for each worker, started when it is first needed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.analysis_process import AnalysisProcess


@functools.cache
def analysis_process() -> AnalysisProcess:
    """This process's only `AnalysisProcess` with the site's model."""
    return analysis_process_of(settings.EARMARK_MODEL, settings.EARMARK_MODELS_DIR)


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
    out_dir: Path | None = None,
    on_stage: Callable[[str], None] | None = None,
    on_tags: Callable[[dict[str, Any]], None] | None = None,
    on_heartbeat: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Analyse a file (see `AnalysisProcess.analyse`). Raises AudioError if that fails."""
    return analysis_process().analyse(
        path, out_dir=out_dir, on_stage=on_stage, on_tags=on_tags, on_heartbeat=on_heartbeat
    )


def read_tags(path: Path) -> dict[str, Any]:
    """Read a file's tags (see `AnalysisProcess.read_tags`). Raises AudioError if the process dies of it."""
    return analysis_process().read_tags(path)
