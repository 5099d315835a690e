"""The owner's review queue: the tracks that need their verdict, one after the other."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from library import selectors
from library.http.review_queue import ReviewQueueUrls, review_queue_context
from library.http.types import AuthenticatedRequest


@require_safe
def needs_you(request: AuthenticatedRequest) -> HttpResponse:
    queue = selectors.needs_you_of(request.user)
    context = review_queue_context(request, queue, ReviewQueueUrls())
    return render(request, "library/review_queue.html", context | {"needs_you_count": context["waiting"]})
