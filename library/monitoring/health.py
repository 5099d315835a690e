"""The checks behind /readyz."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from library.selectors import health
from library.selectors.model_cards import model_manifest

logger = logging.getLogger(__name__)


def readiness() -> dict[str, bool]:
    """Whether each part of the site works: database, storage, model and job queue."""
    return {name: _works(name, check) for name, check in CHECKS.items()}


def _works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # of any kind: the part does not work; the message may hold secrets
        logger.exception("The health check of %s failed.", name)
        return False


def _database() -> bool:
    health.analysis_backlog()
    return True


def _storage() -> bool:
    default_storage.exists("readyz")  # the answer does not matter
    return True


def _model() -> bool:
    return bool(model_manifest(settings.EARMARK_MODEL))


def _queue() -> bool:
    """Whether no track has been waiting for longer than allowed. Otherwise no worker is running, or too few are."""
    since = health.analysis_backlog().oldest_waiting_since
    allowed = settings.EARMARK_READY_QUEUE_SECONDS
    return not allowed or since is None or (timezone.now() - since).total_seconds() < allowed


CHECKS = {"database": _database, "storage": _storage, "model": _model, "queue": _queue}
