"""How much may be asked for. Generous: it stops loops gone wild, not people with large libraries."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from library.models import ApiToken


class Limit(SimpleRateThrottle):
    """What DRF's throttles set while they count."""

    num_requests: int
    duration: int
    history: list[float]
    now: float
    #: This limit, as a multiple of what one person may ask.
    share = 1.0

    def get_rate(self) -> str:
        return f"{int(settings.EARMARK_API_PER_MINUTE * self.share)}/min"


class PerPerson(Limit):
    """All requests of one person, by whatever way; of strangers, by address."""

    scope = "api"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        ident = request.user.pk if request.user.is_authenticated else f"at_{self.get_ident(request)}"
        return f"throttle_{self.scope}_{ident}"


class PerToken(Limit):
    """One program must not use up what its owner's others need."""

    scope = "token"
    share = 0.75

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle_{self.scope}_{request.auth.pk}" if isinstance(request.auth, ApiToken) else None


class PerAddress(Limit):
    """All requests from one address, whoever asks."""

    scope = "address"
    share = 2.5

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle_{self.scope}_{self.get_ident(request)}"


class Listening(PerPerson):
    """For what is heard while the client waits, and so takes processor time from everybody at once."""

    scope = "listening"
    share = 1 / 40


class Limited(APIView):
    """A view that says how much is left: `RateLimit` fields as the IETF's draft has them, for each limit."""

    throttle_classes = [PerAddress, PerPerson, PerToken]
    #: Which scope a token needs, by method, where it is not the usual one.
    scopes: dict[str, str] = {}

    def get_throttles(self) -> list[Any]:
        self.limits: list[Limit] = super().get_throttles()  # type: ignore[assignment]
        return self.limits

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        counted = [limit for limit in getattr(self, "limits", []) if hasattr(limit, "history")]
        if counted:
            response["RateLimit-Policy"] = ", ".join(
                f'"{limit.scope}";q={limit.num_requests};w={limit.duration}' for limit in counted
            )
            response["RateLimit"] = ", ".join(_standing(limit) for limit in counted)
        return response


def _standing(limit: Limit) -> str:
    left = max(limit.num_requests - len(limit.history), 0)
    # The oldest request still counted is the next to be forgotten.
    wait = math.ceil(limit.duration - (limit.now - limit.history[-1])) if limit.history else 0
    return f'"{limit.scope}";r={left};t={wait}'
