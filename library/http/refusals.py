"""Responses to requests that no view sees: problem details for programs, a sentence for people."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse

from library.errors import PROBLEM_TYPE, problem_details


def refusal(path: str, status: int, code: str, detail: str) -> HttpResponse:
    """An error for a request to `path`. `code` is one of the API's, which pages do not show."""
    if not path.startswith(("/api/", "/file-upload")):
        return HttpResponse(detail, status=status, content_type="text/plain; charset=utf-8")
    return JsonResponse(problem_details(status, code, detail), status=status, content_type=PROBLEM_TYPE)
