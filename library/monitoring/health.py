"""Whether all that a request needs is there."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from library.selectors import health
from library.selectors.model_cards import manifest

logger = logging.getLogger(__name__)


def readiness() -> dict[str, bool]:
    """For each part that a request needs, whether it works: database, storage, model and job queue."""
    return {name: _works(name, check) for name, check in CHECKS.items()}


def _works(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:  # whatever it is, this part does not work; what it says may be secret
        logger.exception("The check of %s has failed.", name)
        return False


def _database() -> bool:
    health.queue_now()
    return True


def _storage() -> bool:
    default_storage.exists("readyz")  # it need not be there, only the question be answered
    return True


def _model() -> bool:
    return bool(manifest(settings.EARMARK_MODEL))


def _queue() -> bool:
    """No track waits for longer than is allowed: else no worker runs, or too few do."""
    since = health.queue_now().since
    allowed = settings.EARMARK_READY_QUEUE_SECONDS
    return not allowed or since is None or (timezone.now() - since).total_seconds() < allowed


CHECKS = {"database": _database, "storage": _storage, "model": _model, "queue": _queue}
