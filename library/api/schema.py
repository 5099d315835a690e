"""What the OpenAPI schema says about errors: the same words for each operation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from library.api.errors import PROBLEM_TYPE
from library.api.serializers import ProblemSerializer

ERRORS = {
    400: "The request is incomplete or garbled.",
    401: "No token, or one that is unknown or revoked.",
    403: "The session's CSRF token is missing.",
    404: "There is no such thing in your library.",
    409: "Your library is full (`over_quota`).",
    413: "The file is larger than the limit (`too_large`).",
    415: "Nothing that Earmark can decode (`not_audio`, `unsupported_codec`, `drm`), or no multipart form.",
    422: "Audio, but not to be analysed (`empty`, `corrupt`, `too_short`, `silent`, …).",
    429: "Too many requests. `Retry-After` says how many seconds to wait.",
    503: "The analysis took too long (`timeout`). It may do better later.",
}


def answers(successes: dict[Any, Any], *errors: int) -> dict[Any, Any]:
    """An operation's answers, with the errors it can give; those that any operation can give are added."""
    problems = {
        (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=ERRORS[status])
        for status in sorted({*errors, 401, 403, 429})
    }
    return {**successes, **problems}
