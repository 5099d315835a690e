"""The response to an error that no view expected."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults
from django.views.decorators.csrf import requires_csrf_token

from library.database_errors import RETRY_SECONDS, database_problem
from library.http.refusals import refusal


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """503 when the database is locked, 507 when its disk is full, else 500. Asks no database."""
    problem = database_problem(sys.exception())
    if problem is None:
        return defaults.server_error(request)
    response = refusal(request.path, *problem)
    if not response["Content-Type"].startswith("application/"):
        response = render(None, "unavailable.html", {"message": problem.message}, status=problem.status)
    if problem.status == 503:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response
