"""One view for each endpoint: who asks, what for, and the answer in its envelope."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from library.database_errors import RETRY_SECONDS, database_problem
from library.errors import DomainError
from library.subsonic.access import visitor_of
from library.subsonic.calls import Answer, Call
from library.subsonic.endpoints import ENDPOINTS, Endpoint, PublicEndpoint
from library.subsonic.envelope import PROTOCOL_VERSION, envelope_response
from library.subsonic.errors import Code, SubsonicError, error_from
from library.subsonic.parameters import Parameters, parameters_of

logger = logging.getLogger("django.request")

METHODS = ("GET", "HEAD", "POST")
#: Players that run in a browser are on other sites. They have no cookie here: what they may see, their password says.
CROSS_ORIGIN_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}
_CREDENTIAL_CODES = (Code.WRONG_CREDENTIALS, Code.CONFLICTING_CREDENTIALS, Code.INVALID_API_KEY)

View = Callable[[HttpRequest], HttpResponseBase]
AnyEndpoint = Endpoint | PublicEndpoint


def endpoint_view(endpoint: AnyEndpoint | None) -> View:
    """The view of an endpoint; None for an address at which there is none."""

    @csrf_exempt
    @login_not_required
    @sensitive_post_parameters("p", "t", "s", "apiKey")
    def view(request: HttpRequest) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204, headers=PREFLIGHT_HEADERS)
        elif request.method not in METHODS:
            response = HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST, OPTIONS"})
        else:
            response = _response(request, endpoint)
        for name, value in CROSS_ORIGIN_HEADERS.items():
            response[name] = value
        return response

    return view


@csrf_exempt
@login_not_required
@sensitive_post_parameters("p", "t", "s", "apiKey")
def other_view(request: HttpRequest) -> HttpResponseBase:
    """The endpoint of an address that ends in `.view`; for all others, an error that says that there is none."""
    name = request.path_info.removeprefix("/rest/")
    endpoint = ENDPOINTS.get(name.removesuffix(".view")) if name.endswith(".view") else None
    return endpoint_view(endpoint)(request)


def _response(request: HttpRequest, endpoint: AnyEndpoint | None) -> HttpResponseBase:
    params = Parameters([])
    try:
        params = parameters_of(request)
        answer = _answer(request, params, endpoint)
        return answer if isinstance(answer, HttpResponseBase) else _enveloped(params, answer)
    except SubsonicError as error:
        return _failure(request, params, error)
    except DomainError as refused:
        return _failure(request, params, error_from(refused))
    except (SuspiciousOperation, BadRequest):
        return _failure(request, params, SubsonicError(Code.GENERIC, "The request could not be read."))
    except Http404:
        missing = SubsonicError(Code.NOT_FOUND, "The file is missing. Ask whoever runs this site.")
        return _failure(request, params, missing)
    except Exception as error:
        return _unexpected(request, params, error)


def _answer(request: HttpRequest, params: Parameters, endpoint: AnyEndpoint | None) -> Answer:
    if endpoint is None:
        raise SubsonicError(Code.NOT_FOUND, "There is no such endpoint.")
    _check_version(params.text("v"))
    if isinstance(endpoint, PublicEndpoint):
        return endpoint.answer()
    visitor = visitor_of(request, params)
    if endpoint.scope not in visitor.scopes:
        raise SubsonicError(
            Code.NOT_AUTHORISED,
            "This token lacks the scope for this. Create one that has it on the account page.",
        )
    return endpoint.answer(Call(request, params, visitor.person, visitor.scopes))


def _check_version(version: str) -> None:
    """Raises SubsonicError, when a client speaks another protocol of that name: with another first number."""
    first, ours = version.partition(".")[0], PROTOCOL_VERSION.partition(".")[0]
    if first.isascii() and first.isdigit() and first != ours:
        code = Code.CLIENT_TOO_OLD if int(first[:9]) < int(ours) else Code.SERVER_TOO_OLD
        raise SubsonicError(code, f"Earmark speaks version {PROTOCOL_VERSION} of the protocol.")


def _enveloped(params: Parameters, answer: Answer, *, failed: bool = False) -> HttpResponse:
    assert isinstance(answer, dict)
    return envelope_response(
        answer, form=params.text("f").lower(), callback=params.text("callback"), failed=failed
    )


def _failure(request: HttpRequest, params: Parameters, error: SubsonicError) -> HttpResponse:
    about = {"code": int(error.code), "message": error.message}
    if error.code in _CREDENTIAL_CODES:
        about["helpUrl"] = request.build_absolute_uri(f"{reverse('account')}#players")
    return _enveloped(params, {"error": about}, failed=True)


def _unexpected(request: HttpRequest, params: Parameters, error: Exception) -> HttpResponse:
    """An error that no endpoint expected. Players read no pages, so that it has the envelope, too."""
    problem = database_problem(error)
    if problem is None:
        logger.exception(
            "Internal Server Error: %s", request.path, extra={"request": request, "status_code": 500}
        )
    message = (
        problem.message
        if problem
        else "Something went wrong here. It has been noted for whoever runs this site."
    )
    response = _failure(request, params, SubsonicError(Code.GENERIC, message))
    response.status_code = problem.status if problem else 500
    if response.status_code == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
