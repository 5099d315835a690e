"""Every error of the API as RFC 9457 problem details (`application/problem+json`)."""

from __future__ import annotations

import logging
import math
from http.client import responses
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, UnreadablePostError
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from classifier.errors import AudioError
from library.errors import DomainError, InvalidSearchError
from library.http.chunked_bodies import BodyTooLarge

logger = logging.getLogger("django.request")

PROBLEM_TYPE = "application/problem+json"

#: The status of each refusal of a file. 415: no such file will ever be taken. 413 and 409: this one is too
#: much. 503 and 507: the same file may do better later. All others are 422: audio, but not to be analysed.
AUDIO_STATUS: dict[str, int] = {
    "not_audio": 415,
    "unsupported_codec": 415,
    "drm": 415,
    "too_large": 413,
    "over_quota": 409,
    "timeout": 503,
    "storage_full": 507,
}


def audio_status(code: str) -> int:
    """The HTTP status that goes with an AudioError's code."""
    return AUDIO_STATUS.get(code, 422)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error answer. `code` is stable and for programs, `detail` is for people."""
    # 460 is the tus protocol's own.
    body: dict[str, Any] = {
        "type": f"{reverse('api-docs')}#error-{code}",
        "title": responses.get(status, "Checksum Mismatch"),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=PROBLEM_TYPE)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn whatever a view raises into a problem; what nobody expected is logged and answered with 500."""
    set_rollback()
    if isinstance(exc, AudioError):
        return problem(audio_status(exc.code), exc.code, exc.message)
    if isinstance(exc, InvalidSearchError):
        # The API reads searches, as opposed to filters, from nowhere but a field of that name.
        wrong = [{"pointer": "/query", "code": exc.code, "detail": row.detail} for row in exc.problems]
        return problem(exc.status, exc.code, exc.message, errors=wrong)
    if isinstance(exc, DomainError):
        return problem(exc.status, exc.code, exc.message)
    if isinstance(exc, Http404):
        # One answer for what does not exist and for what is somebody else's.
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, BodyTooLarge):
        return problem(413, "too_large", str(exc))
    elif isinstance(exc, BadRequest | SuspiciousOperation | UnreadablePostError):
        exc = exceptions.ParseError()
    if not isinstance(exc, exceptions.APIException):
        if settings.DEBUG:
            return None
        return _unexpected(exc, context)

    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, exceptions.ValidationError):
        return problem(
            exc.status_code,
            "invalid",
            "The request is not as it should be; see “errors”.",
            errors=_flat(exc.detail),
            headers=headers,
        )
    return problem(exc.status_code, str(exc.get_codes()), str(exc.detail), headers=headers)


def _unexpected(exc: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]._request
    # As Django does for an error in a page: whoever collects errors hears of this one too.
    got_request_exception.send(sender=None, request=request)
    logger.error("Internal error: %s", request.path, exc_info=exc, extra={"request": request})
    return problem(500, "error", "Something went wrong here. It has been noted.")


def _flat(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested errors as one list of {pointer, code, detail}; the pointer is RFC 6901's."""
    if isinstance(detail, dict):
        return [row for name, inner in detail.items() for row in _flat(inner, f"{pointer}{_step(name)}")]
    if isinstance(detail, list):
        # A list of lists or objects is about the elements of the field; a list of errors about itself.
        nested = any(isinstance(inner, dict | list) for inner in detail)
        return [
            row
            for index, inner in enumerate(detail)
            for row in _flat(inner, f"{pointer}/{index}" if nested else pointer)
        ]
    return [{"pointer": pointer, "code": detail.code or "invalid", "detail": str(detail)}]


def _step(name: Any) -> str:
    # What is wrong with an object as a whole is under a name that is no field's.
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return ""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
