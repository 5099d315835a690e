"""The switch of an own genre or a tag: whether Earmark sets it by itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from library import selectors, services
from library.http.labels import LabelUrls, concept_of, kind_of, owned_label
from library.http.shortcuts import message_with_go_back, redirect_back
from library.http.types import AuthenticatedRequest
from library.selectors.standing import switch_text
from library.text import track_count_text, whole_number

#: How many of the tracks that would be set are shown.
SHOWN_TRACKS = 10


@require_http_methods(["GET", "POST"])
def label_switch(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """Switch a genre or tag on. A GET shows which tracks it would set now, and asks."""
    found = owned_label(request, **ids)
    urls = LabelUrls.of(found)
    if request.method == "POST":
        concept = services.concept_switch_on(
            concept=concept_of(request, found), expected=whole_number(request.POST.get("expected", "")) or 0
        )
        count = selectors.tracks_set_by(request.user, concept).count()
        text = f"“{found.name}” sets itself now: {track_count_text(count)} so far."
        message_with_go_back(request, text, urls.switch_off, "Switch off")
        return redirect(urls.page)
    concept = selectors.concept_for(request.user, found)
    if concept.sets_since:
        return redirect(urls.page)
    state = selectors.teaching_state_of(request.user, concept)
    ids_to_set = selectors.ids_to_set(request.user, concept) if state.may_set else []
    context = {
        "label": found,
        "kind": kind_of(found),
        "urls": urls,
        "state": state,
        "missing": switch_text(state.worth),
        "count": len(ids_to_set),
        "tracks": selectors.tracks_in_given_order(request.user, ids_to_set[:SHOWN_TRACKS]).prefetch_related(
            selectors.with_artists()
        ),
    }
    return render(request, "library/label_switch.html", context)


@require_POST
def label_switch_off(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """Switch a genre or tag off: what it has set goes."""
    found = owned_label(request, **ids)
    services.concept_switch_off(concept=concept_of(request, found))
    messages.success(request, f"“{found.name}” no longer sets itself. What you have confirmed stays.")
    return redirect_back(request, "labels")
