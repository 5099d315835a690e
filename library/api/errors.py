"""Every error of the API as problem details (RFC 9457, `application/problem+json`)."""

from __future__ import annotations

import logging
import math
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from classifier.errors import AudioError
from library.database_errors import RETRY_SECONDS, database_problem
from library.errors import PROBLEM_TYPE, DomainError, InvalidSearchError, problem_details

logger = logging.getLogger("django.request")

#: The HTTP status of each error about a file. 415: such files are never accepted. 413 and 409: this file is too large.
#: 503 and 507: the same file may be accepted later. All others are 422: it is audio, but cannot be analysed.
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


def problem_response(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error as a response."""
    body = problem_details(status, code, detail)
    if errors:
        body["errors"] = errors
    return Response(body, status=status, headers=headers, content_type=PROBLEM_TYPE)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Turn an exception of a view into problem details; an unexpected one is logged, and becomes a 500."""
    set_rollback()
    if isinstance(exc, AudioError):
        return problem_response(audio_status(exc.code), exc.code, exc.message)
    if isinstance(exc, InvalidSearchError):
        # In the API, a search, unlike filters, always comes in the field `query`.
        wrong = [{"pointer": "/query", "code": exc.code, "detail": row.detail} for row in exc.problems]
        return problem_response(exc.status, exc.code, exc.message, errors=wrong)
    if isinstance(exc, DomainError):
        return problem_response(exc.status, exc.code, exc.message)
    if isinstance(exc, Http404):
        # The same for objects that do not exist and for those of others.
        exc = exceptions.NotFound()
    elif isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    elif isinstance(exc, RequestDataTooBig):
        return problem_response(413, "too_large", "The body is larger than the limit.")
    elif isinstance(exc, BadRequest | SuspiciousOperation | UnreadablePostError):
        exc = exceptions.ParseError()
    if problem := database_problem(exc):
        retry = {"Retry-After": str(RETRY_SECONDS)} if problem.status == 503 else {}
        return problem_response(*problem, headers=retry)
    if not isinstance(exc, exceptions.APIException):
        if settings.DEBUG:
            return None
        return _internal_error(exc, context)

    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if isinstance(exc, exceptions.ValidationError):
        return problem_response(
            exc.status_code,
            "invalid",
            "The request is not valid; see “errors”.",
            errors=_flat_errors(exc.detail),
            headers=headers,
        )
    return problem_response(exc.status_code, str(exc.get_codes()), str(exc.detail), headers=headers)


def _internal_error(exc: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]._request
    # As Django does for an error in a page, for whatever collects errors.
    got_request_exception.send(sender=None, request=request)
    logger.error("Internal error: %s", request.path, exc_info=exc, extra={"request": request})
    return problem_response(500, "error", "Something went wrong in Earmark itself. It has been logged.")


def _flat_errors(detail: Any, pointer: str = "") -> list[dict[str, str]]:
    """DRF's nested errors as one list of {pointer, code, detail}; the pointer follows RFC 6901."""
    if isinstance(detail, dict):
        return [
            row
            for name, inner in detail.items()
            for row in _flat_errors(inner, f"{pointer}{_pointer_step(name)}")
        ]
    if isinstance(detail, list):
        # A list of lists or objects is about the elements of a field; a list of errors is about the field.
        nested = any(isinstance(inner, dict | list) for inner in detail)
        return [
            row
            for index, inner in enumerate(detail)
            for row in _flat_errors(inner, f"{pointer}/{index}" if nested else pointer)
        ]
    return [{"pointer": pointer, "code": detail.code or "invalid", "detail": str(detail)}]


def _pointer_step(name: Any) -> str:
    # Errors of an object as a whole are under a name that is not a field's.
    if name == api_settings.NON_FIELD_ERRORS_KEY:
        return ""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")
