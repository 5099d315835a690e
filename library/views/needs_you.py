"""The owner's review queue: the tracks that need their verdict, one after the other; and one question for teaching."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from library import selectors
from library.http.labels import LabelUrls, kind_of
from library.http.review_queue import ReviewQueueUrls, review_queue_context
from library.http.types import AuthenticatedRequest
from library.selectors.questions import next_question_of

#: The day, in the session, on which a person wants no more questions.
NOT_TODAY = "no_questions_on"


@require_safe
def needs_you(request: AuthenticatedRequest) -> HttpResponse:
    queue = selectors.needs_you_of(request.user)
    context = review_queue_context(request, queue, ReviewQueueUrls())
    context |= {
        "needs_you_count": context["waiting"],
        "learned_candidate": selectors.learned_candidate_of(request.user),
    }
    return render(request, "library/review_queue.html", context)


@require_http_methods(["GET", "POST"])
def question(request: AuthenticatedRequest) -> HttpResponse:
    """A part of the page: a question about a genre or tag that is taught. A POST asks for no more today."""
    today = timezone.localdate().isoformat()
    if request.method == "POST":
        request.session[NOT_TODAY] = today
        return redirect("needs-you-question")
    found = None if request.session.get(NOT_TODAY) == today else next_question_of(request.user)
    if found is None:
        return HttpResponse()
    concept, suggestion = found
    label = concept.genre or concept.tag
    assert label is not None
    context = {
        "question": suggestion,
        "label": label,
        "kind": kind_of(label),
        "urls": LabelUrls.of(label),
    }
    return render(request, "library/_teach_card.html", context)
