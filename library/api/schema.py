"""What the OpenAPI schema says about errors: the same words for each operation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from library.api.errors import PROBLEM_TYPE
from library.api.serializers.base import ProblemSerializer

ERRORS = {
    400: "The request is incomplete or garbled, or has a parameter that is unknown.",
    401: "No token, or one that is unknown, revoked or expired.",
    403: "The token may not do that (`insufficient_scope`), or the session's CSRF token is missing.",
    404: "There is no such thing in your library.",
    409: "It does not go with what is there: `over_quota`, `taken`, `nothing_to_undo`, …",
    413: "The file is larger than the limit (`too_large`).",
    415: "Nothing that Earmark can decode (`not_audio`, `unsupported_codec`, `drm`), or the wrong kind of body.",
    422: "Understood, but it will not do: `empty`, `corrupt`, `too_short`, `unknown_genre`, `bad_name`, …",
    429: "Too many requests. `Retry-After` says how many seconds to wait.",
    503: "The analysis took too long (`timeout`). It may do better later.",
}


#: What can be wrong with an upload.
UPLOAD_REFUSALS = (400, 409, 413, 415, 422)


def answers(successes: dict[Any, Any], *errors: int) -> dict[Any, Any]:
    """An operation's answers, with the errors it can give; those that any operation can give are added."""
    problems = {
        (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=ERRORS[status])
        for status in sorted({*errors, 400, 401, 403, 429})
    }
    return {**successes, **problems}
