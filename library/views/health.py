"""For machines that watch the site: whether it lives, whether it can work, and its numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import resolve
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from library.metrics import exposition
from library.model_cards import manifest
from library.selectors import health

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is looked at: a restart would not mend a database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Whether all that a request needs is there: 200 or 503, and which part is not."""
    parts = {name: _works(name, check) for name, check in CHECKS.items()}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with the token that the settings name; without it there is no such page."""
    token = settings.EARMARK_METRICS_TOKEN
    if not token or not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
        return HttpResponse(status=404)
    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


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
ADDRESSES = ("/healthz", "/readyz", "/metrics")


class WatchedMiddleware:
    """Answers those who watch before sessions and host names are looked at.

    They ask the process itself, by its number on the network, and also when there is no database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in ADDRESSES:
            return self.get_response(request)
        request.resolver_match = resolve(request.path_info)
        response: HttpResponse = request.resolver_match.func(request)
        return response
