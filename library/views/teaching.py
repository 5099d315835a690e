"""Teaching: the page of an own genre or a tag, suggestions of what sounds like it, and answers to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.genres import BUILTIN_GENRES
from library.http.labels import Label, LabelUrls, concept_of, kind_of, label_given_by, owned_label
from library.http.shortcuts import message_with_undo, owned_track, redirect_back, url_with
from library.http.types import AuthenticatedRequest
from library.models import Answer, Concept, Genre
from library.search.filters import track_filterset
from library.selectors.genres import LISTED_LABELS
from library.selectors.learning import Suggestion
from library.selectors.moments import segments_of, telling_moment
from library.selectors.needs_you import UNDO_WINDOW
from library.selectors.questions import heard_example_count
from library.selectors.read_once import reads_once
from library.selectors.standing import LEAST_EXAMPLES, switch_text
from library.text import uuid_or_nil, uuids_in
from library.views.library import tracks_page

#: How many examples are shown above the tabs, and how many suggestions below the first.
SHOWN_EXAMPLES = 8
LISTED_SUGGESTIONS = 20
#: How many skipped tracks an address remembers; those skipped before come back.
MAX_SKIPPED = 40


@require_safe
def label(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """The page of an own genre or a tag: its tracks."""
    found = owned_label(request, **ids)
    context = _head(request, found)
    page = tracks_page(request, context["tracks"])
    context |= {"tab": "tracks", "page": page, "segments": segments_of(request.user, page)}
    return render(request, "library/label.html", context)


@require_safe
@reads_once
def label_like(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """Suggestions of what sounds like an own genre or a tag: one as a question, the next ones as a list.

    The query string keeps the position: `skipped`, ids of tracks, and `track`, one that an undo brought back, or that
    was the question when another was answered in the list.
    """
    found = owned_label(request, **ids)
    context = _head(request, found)
    concept, skipped = context["concept"], skipped_ids(request)
    possible = selectors.teaching_is_possible(request.user)
    count = 1 + LISTED_SUGGESTIONS + len(skipped)
    suggestions = selectors.suggestions_for(request.user, concept, count, seed=found.pk) if possible else []
    question, rest = _question_and_rest(suggestions, uuid_or_nil(request.GET.get("track", "")), skipped)
    segments = segments_of(request.user, [each.track for each in filter(None, (question, *rest))])
    last_answer = undoable_answer(request, concept)
    context |= {
        "tab": "like",
        "question": question,
        "rest": [(each, segments.get(each.track.pk, [])) for each in rest],
        "skipped": sum(each.track.pk in skipped for each in suggestions),
        "last_answer": last_answer,
        **_addresses(LabelUrls.of(found), skipped, question, last_answer),
    }
    if question:
        track = question.track
        context["moment"] = telling_moment(track, segments.get(track.pk, []), question.nearest)
    elif not possible:
        context["why_none"] = "impossible"
    elif context["example_count"] < LEAST_EXAMPLES:
        context["why_none"] = "few examples"
    elif heard_example_count(request.user, concept) < LEAST_EXAMPLES:
        context["why_none"] = "not heard"
    else:
        context["why_none"] = "skipped" if suggestions else "all answered"
    return render(request, "library/label_like.html", context)


@require_safe
def label_standing(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """How far the teaching of a genre or tag has come, fetched by the list of them for each row."""
    concept = selectors.concept_for(request.user, owned_label(request, **ids))
    return HttpResponse(
        selectors.standing_of(request.user, concept), content_type="text/plain; charset=utf-8"
    )


@require_POST
def label_answer(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """Answer whether a track sounds like a genre or tag: `yes` or `no`, the track's id."""
    found = owned_label(request, **ids)
    yes = "yes" in request.POST
    track = owned_track(request, uuid_or_nil(request.POST.get("yes" if yes else "no", "")))
    services.concept_answer(concept=concept_of(request, found), track=track, yes=yes)
    return redirect_back(request, "labels")


@require_POST
def label_answer_undo(request: AuthenticatedRequest, **ids: int) -> HttpResponse:
    """Take back the answer about `track`."""
    found = owned_label(request, **ids)
    track = owned_track(request, uuid_or_nil(request.POST.get("track", "")))
    services.answer_undo(concept=concept_of(request, found), track=track)
    return redirect_back(request, "labels")


@require_http_methods(["GET", "POST"])
def track_teach(request: AuthenticatedRequest, track_id: UUID) -> HttpResponse:
    """Make a track an example: `act` is "genre:" and a key, "tag:" and a name, or one of both for the name in `new`."""
    track = owned_track(request, track_id)
    if request.method == "GET":
        context = {
            "track": track,
            "own_genres": selectors.own_genres_of(request.user)[:LISTED_LABELS],
            "tags": selectors.tags_of(request.user)[:LISTED_LABELS],
            "track_tags": [
                tagging.tag for tagging in selectors.taggings_on(track) if tagging.concept_id is None
            ],
        }
        return render(request, "library/track_teach.html", context)
    kind, _, value = request.POST.get("act", "").partition(":")
    if not value and (value := request.POST.get("new", "").strip()) and kind == "genre":
        value = services.genre_key_get_or_create(owner=request.user, name=value)
    if kind == "genre" and value in BUILTIN_GENRES:
        messages.info(request, f"Earmark knows {BUILTIN_GENRES[value]} already: set it as the track’s genre.")
        return redirect(track)
    only = selectors.tracks_of(request.user).filter(pk=track.pk)
    action = services.bulk_action_request(person=request.user, name=kind, value=value, tracks=only)
    taught = label_given_by(action)
    if taught is None:
        return redirect(track)
    concept_of(request, taught)
    if action.done:
        message_with_undo(request, f"“{track}” is an example of {taught.name} now.", action)
    return redirect(LabelUrls.of(taught).like)


def skipped_ids(request: AuthenticatedRequest) -> list[UUID]:
    """The ids of the tracks that a position among suggestions has skipped."""
    return uuids_in(request.GET.get("skipped", "").split(","))[-MAX_SKIPPED:]


def undoable_answer(request: AuthenticatedRequest, concept: Concept) -> Answer | None:
    """The latest answer about a concept, while the page offers to undo it."""
    latest = selectors.answers_of(request.user, concept).first()
    return latest if latest and latest.created_at > timezone.now() - UNDO_WINDOW else None


def _head(request: AuthenticatedRequest, found: Label) -> dict[str, Any]:
    """What is above both tabs, and the tracks of the genre or tag."""
    concept = selectors.concept_for(request.user, found)
    examples = selectors.examples_of(request.user, concept)
    search = urlencode({kind_of(found): found.key})
    tracks = track_filterset(request.user, QueryDict(search)).qs
    state = selectors.teaching_state_of(request.user, concept)
    return {
        "label": found,
        "kind": kind_of(found),
        "spoken_name": found.name.lower() if isinstance(found, Genre) else found.name,
        "urls": LabelUrls.of(found),
        "concept": concept,
        "examples": examples[:SHOWN_EXAMPLES],
        "example_count": examples.count(),
        "answer_count": selectors.answers_of(request.user, concept).count(),
        "state": state,
        "switch_missing": switch_text(state.worth),
        "set_count": selectors.tracks_set_by(request.user, concept).count() if concept.sets_since else 0,
        "search": search,
        "tracks": tracks,
        "track_count": tracks.count(),
    }


def _question_and_rest(
    suggestions: Iterable[Suggestion], wanted: UUID, skipped: list[UUID]
) -> tuple[Suggestion | None, list[Suggestion]]:
    """The suggestion about `wanted`, or else the first that was not skipped, and the others."""
    left = [each for each in suggestions if each.track.pk == wanted or each.track.pk not in skipped]
    left.sort(key=lambda each: each.track.pk != wanted)
    return (left[0], left[1 : 1 + LISTED_SUGGESTIONS]) if left else (None, [])


def _addresses(
    urls: LabelUrls, skipped: list[UUID], question: Suggestion | None, last_answer: Answer | None
) -> dict[str, str]:
    """Where an answer to the question, an answer in the list, an undo and a skip lead."""

    def after(skipped: list[UUID], track: UUID | None = None) -> str:
        return url_with(urls.like, skipped=",".join(map(str, skipped)) or None, track=track)

    asked = question.track.pk if question else None
    return {
        "next_url": after(skipped),
        "list_next_url": after(skipped, asked),
        "undo_next_url": after(skipped, last_answer.track_id if last_answer else None),
        "skip_url": after([*skipped, asked] if asked else skipped),
    }
