"""What the OpenAPI schema says about errors, the same for each operation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from library.api.serializers.base import ProblemSerializer
from library.errors import PROBLEM_TYPE

ERRORS = {
    400: "The request is incomplete or malformed, or has an unknown parameter.",
    401: "No token, or one that is unknown, revoked or expired.",
    403: "The token lacks the scope (`insufficient_scope`), or the CSRF token of the session is missing.",
    404: "There is no such object in your library.",
    409: "It conflicts with the current state: `over_quota`, `taken`, `nothing_to_undo`, …",
    412: "The file is not the one that `If-Match` names.",
    413: "The file is larger than the limit (`too_large`).",
    415: "Earmark cannot decode the file (`not_audio`, `unsupported_codec`, `drm`), or the body has the wrong type.",
    416: "The range lies outside the file.",
    422: "The request is well-formed, but not valid: `empty`, `corrupt`, `too_short`, `unknown_genre`, `bad_name`, …",
    429: "Too many requests. `Retry-After` gives the seconds to wait.",
    503: "The analysis took too long (`timeout`), or too many streams are open. Try again later.",
}


#: The errors that a file can have.
FILE_ERRORS = (404, 412, 416)
#: The errors that an upload can have.
UPLOAD_ERRORS = (400, 409, 413, 415, 422)


def with_errors(successes: dict[Any, Any], *errors: int) -> dict[Any, Any]:
    """An operation's responses, with the errors it can have and those that every operation can have."""
    problems = {
        (status, PROBLEM_TYPE): OpenApiResponse(ProblemSerializer, description=ERRORS[status])
        for status in sorted({*errors, 400, 401, 403, 429})
    }
    return {**successes, **problems}
