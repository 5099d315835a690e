"""Own genres and tags: create, rename, merge and delete them."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.http.forms import NameForm, TagForm
from library.http.labels import GENRE_GONE, TAG_GONE
from library.http.shortcuts import (
    PAGE_SIZE,
    get_or_gone,
    message_with_progress,
    message_with_undo,
    redirect_back,
)
from library.http.types import AuthenticatedRequest
from library.models import BulkAction, Track
from library.models.genres import HUES
from library.models.tracks import NAME_ROOM
from library.selectors.genres import LISTED_LABELS
from library.selectors.standing import LEAST_EXAMPLES
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import track_count_text


@require_safe
def labels(request: AuthenticatedRequest) -> HttpResponse:
    """The page of own genres and tags, each in pages (`genres` and `page`); `q` is a text that their names contain."""
    text = request.GET.get("q", "")[:NAME_ROOM]
    own = Paginator(selectors.own_genres_containing(request.user, text), PAGE_SIZE)
    tags = Paginator(selectors.tags_with_counts(request.user, text), PAGE_SIZE)
    return render(
        request,
        "library/genres_and_tags.html",
        {
            "q": text,
            "is_searchable": bool(text) or own.num_pages > 1 or tags.num_pages > 1,
            "counts": selectors.track_count_by_genre(request.user),
            "own": own.get_page(request.GET.get("genres")),
            "tags": tags.get_page(request.GET.get("page")),
            "hues": range(HUES),
            "examples": selectors.example_counts_of(request.user),
            "least_examples": LEAST_EXAMPLES,
        },
    )


@require_safe
def tag_names(request: AuthenticatedRequest) -> HttpResponse:
    """What a field in which tags are typed, `name` or `tag`, may contain next, as options."""
    text = request.GET.get("name") or request.GET.get("tag", "")
    found = selectors.tag_completions(request.user, text[:NAME_ROOM], LISTED_LABELS)
    return render(request, "library/_tag_options.html", {"tags": found})


@require_POST
def genre_add(request: AuthenticatedRequest) -> HttpResponse:
    genre = services.own_genre_add(owner=request.user, name=request.POST.get("name", ""))
    messages.success(request, f"Added “{genre.name}” to your genres.")
    return redirect("labels")


@require_POST
def genre_rename(request: AuthenticatedRequest, genre_id: int) -> HttpResponse:
    genre = get_or_gone(request, selectors.own_genres_of(request.user), GENRE_GONE, "labels", pk=genre_id)
    form = NameForm(request.POST)
    form.is_valid()
    services.own_genre_rename(genre=genre, shown=form.shown, name=form.cleaned_data["name"])
    return redirect_back(request, "labels")


@require_http_methods(["GET", "POST"])
def genre_delete(request: AuthenticatedRequest, genre_id: int) -> HttpResponse:
    """Delete an own genre, or merge it into another. A GET shows what that will do, and asks."""
    genre = get_or_gone(request, selectors.own_genres_of(request.user), GENRE_GONE, "labels", pk=genre_id)
    if request.method == "POST":
        count = selectors.track_count_by_source(request.user, genre.key).get(Track.Source.OWNER, 0)
        options = BulkActionOptions(in_background=count > MAX_SYNCHRONOUS_TRACKS)
        action = services.own_genre_delete(genre=genre, into=request.POST.get("into", ""), options=options)
        _message_with_result(request, action)
        return redirect("labels")
    counts = selectors.track_count_by_source(request.user, genre.key)
    context = {
        "genre": genre,
        "count": counts.get(Track.Source.OWNER, 0),
        "file_count": counts.get(Track.Source.FILE, 0),
        "set_count": counts.get(Track.Source.LEARNED, 0),
    }
    return render(request, "library/genre_delete.html", context)


@require_POST
def tag_add(request: AuthenticatedRequest) -> HttpResponse:
    services.tags_add_typed(owner=request.user, text=request.POST.get("name", ""))
    return redirect("labels")


@require_POST
def tag_change(request: AuthenticatedRequest, tag_id: int) -> HttpResponse:
    tag = get_or_gone(request, selectors.tags_of(request.user), TAG_GONE, "labels", pk=tag_id)
    form = TagForm(request.POST)
    form.is_valid()
    services.tag_change(tag=tag, shown=form.shown, **form.submitted)
    return redirect_back(request, "labels")


@require_http_methods(["GET", "POST"])
def tag_delete(request: AuthenticatedRequest, tag_id: int) -> HttpResponse:
    """Delete a tag, or merge it into another. A GET shows what that will do, and asks."""
    tag = get_or_gone(request, selectors.tags_with_counts(request.user), TAG_GONE, "labels", pk=tag_id)
    others = selectors.tags_of(request.user).exclude(pk=tag.pk)
    if request.method == "POST":
        later = tag.taggings.count() > MAX_SYNCHRONOUS_TRACKS
        if into := request.POST.get("into"):
            named = selectors.tag_named(request.user, into)
            other = get_or_gone(request, others, TAG_GONE, "labels", key=named.key if named else into)
            action = services.tag_merge(tag=tag, into=other, in_background=later)
        else:
            action = services.tag_delete(tag=tag, in_background=later)
        _message_with_result(request, action)
        return redirect("labels")
    listed = list(others[: LISTED_LABELS + 1])
    context = {
        "tag": tag,
        "others": listed[:LISTED_LABELS],
        "is_typed": len(listed) > LISTED_LABELS,
        "mergeable": listed and tag.taggings.filter(concept=None).exists(),
    }
    return render(request, "library/tag_delete.html", context)


def _message_with_result(request: AuthenticatedRequest, action: BulkAction) -> None:
    """How many tracks an action has changed, or that a worker is at it."""
    if action.is_finished:
        done = f"{action.summary}: {track_count_text(action.done)} changed."
        message_with_undo(request, done, action)
    else:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
