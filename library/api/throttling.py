"""Rate limits for the API. They stop runaway scripts, and are high enough for people with large libraries."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from library.api.request_log import RequestLog
from library.http.client_address import client_address
from library.models import ApiToken


class RequestThrottle(SimpleRateThrottle):
    """A limit per minute. The attributes without a value are set by DRF while it counts."""

    cache = RequestLog()  # type: ignore[assignment]

    num_requests: int
    duration: int
    history: list[float]
    now: float
    #: This limit, as a multiple of the limit per person.
    rate_factor = 1.0
    #: Whether the request was counted before its body was read, and is now answered with it.
    is_counted = False

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.is_counted = bool(request.META.get("earmark.admitted"))
        return super().allow_request(request, view)

    def throttle_success(self) -> bool:
        return self.is_counted or super().throttle_success()

    def throttle_failure(self) -> bool:
        return self.is_counted

    def get_ident(self, request: Request) -> str:
        return client_address(request)

    def get_rate(self) -> str:
        return f"{int(settings.EARMARK_API_PER_MINUTE * self.rate_factor)}/min"


class PersonThrottle(RequestThrottle):
    """All requests of one person, by session or by any token; of people who are not signed in, by address."""

    scope = "api"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        ident = request.user.pk if request.user.is_authenticated else f"at_{self.get_ident(request)}"
        return f"throttle_{self.scope}_{ident}"


class TokenThrottle(RequestThrottle):
    """The requests of one token, so that a program leaves some for its owner's others."""

    scope = "token"
    rate_factor = 0.75

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle_{self.scope}_{request.auth.pk}" if isinstance(request.auth, ApiToken) else None


class AddressThrottle(RequestThrottle):
    """All requests from one address, by whomever."""

    scope = "address"
    rate_factor = 2.5

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle_{self.scope}_{self.get_ident(request)}"


class ClassifyThrottle(PersonThrottle):
    """Classifications while the client waits: they take processor time from everybody."""

    scope = "listening"
    rate_factor = 1 / 40


class ThrottledView(APIView):
    """A view that reports its limits in the headers `RateLimit` and `RateLimit-Policy` (IETF draft)."""

    throttle_classes = [AddressThrottle, PersonThrottle, TokenThrottle]
    #: The scope that a token needs, by method, where it differs from the default of `TokenScope`.
    scopes: dict[str, str] = {}

    def get_throttles(self) -> list[Any]:
        self.limits: list[RequestThrottle] = super().get_throttles()  # type: ignore[assignment]
        return self.limits

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        counted = [limit for limit in getattr(self, "limits", []) if hasattr(limit, "history")]
        if counted:
            response["RateLimit-Policy"] = ", ".join(
                f'"{limit.scope}";q={limit.num_requests};w={limit.duration}' for limit in counted
            )
            response["RateLimit"] = ", ".join(_rate_limit_field(limit) for limit in counted)
        return response


def _rate_limit_field(limit: RequestThrottle) -> str:
    left = max(limit.num_requests - len(limit.history), 0)
    # The next request to expire is the oldest one that still counts.
    wait = math.ceil(limit.duration - (limit.now - limit.history[-1])) if limit.history else 0
    return f'"{limit.scope}";r={left};t={wait}'
