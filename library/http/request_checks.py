"""What no request may have, checked once for all views: NUL characters, and bodies in codings that are not decoded.

And what every address may have: ids in upper case.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

from library.http.refusals import refusal

NUL_MESSAGE = "The request contains a NUL character, which no text here has."
CODING_MESSAGE = "Send the body as it is, without a Content-Encoding."
CHARSET_MESSAGE = "Send text as UTF-8."
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


class Utf8RequestMixin:
    """A request that is read as UTF-8, whatever its Content-Type says.

    Django takes the `charset` of a body for that of the query string, too, and fails before any middleware when it is
    one of Python's codecs that are no text.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        plain = _CHARSET.sub("", meta.get("CONTENT_TYPE", ""))
        super()._set_content_type_params({**meta, "CONTENT_TYPE": plain})  # type: ignore[misc]


class SiteWSGIRequest(Utf8RequestMixin, WSGIRequest):
    pass


class SiteWSGIHandler(WSGIHandler):
    request_class = SiteWSGIRequest


class RequestChecksMiddleware:
    """Refuses NUL characters, which PostgreSQL cannot store or compare, and bodies that are not plain UTF-8."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return refusal(request.path, 400, "parse_error", NUL_MESSAGE)
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            response = refusal(request.path, 415, "unsupported_media_type", CODING_MESSAGE)
            response["Accept-Encoding"] = "identity"
            return response
        _, parameters = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
        if not _is_utf8(parameters.get("charset", "utf-8")):
            return refusal(request.path, 415, "unsupported_media_type", CHARSET_MESSAGE)
        # Django's addresses have ids in lower case; who reads them may not care (RFC 9562, section 4).
        request.path_info = _UUID.sub(lambda found: found[0].lower(), request.path_info)
        # A cookie's value may have any character in a quoted form. Ours have none that needs it.
        request.COOKIES = {name: value for name, value in request.COOKIES.items() if "\0" not in value}
        return self.get_response(request)


class FormChecksMiddleware:
    """Refuses NUL characters in forms. Must come after sign-in and CSRF checks: strangers' bodies are not read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # Views without CSRF protection are for programs: their serializers check each text.
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        texts = (text for name, values in request.POST.lists() for text in (name, *values))
        return (
            refusal(request.path, 400, "parse_error", NUL_MESSAGE)
            if any("\0" in text for text in texts)
            else None
        )


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name in ("utf-8", "ascii")
    except (LookupError, ValueError):
        return False
