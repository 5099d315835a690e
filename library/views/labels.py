"""Own genres and tags: create, rename, merge and delete them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.http.forms import NameForm, TagForm
from library.http.labels import GENRE_GONE, TAG_GONE
from library.http.shortcuts import get_or_gone, message_with_undo
from library.http.types import AuthenticatedRequest
from library.models import Track
from library.models.genres import HUES
from library.selectors.standing import LEAST_EXAMPLES
from library.text import track_count_text


@require_safe
def labels(request: AuthenticatedRequest) -> HttpResponse:
    """The page of genres and tags: the built-in genres, own genres, tags."""
    return render(
        request,
        "library/genres_and_tags.html",
        {
            "counts": selectors.track_count_by_genre(request.user),
            "own": selectors.own_genres_of(request.user),
            "tags": selectors.tags_with_counts(request.user),
            "hues": range(HUES),
            "examples": selectors.example_counts_of(request.user),
            "least_examples": LEAST_EXAMPLES,
        },
    )


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
    return redirect("labels")


@require_http_methods(["GET", "POST"])
def genre_delete(request: AuthenticatedRequest, genre_id: int) -> HttpResponse:
    """Delete an own genre, or merge it into another. A GET shows what that will do, and asks."""
    genre = get_or_gone(request, selectors.own_genres_of(request.user), GENRE_GONE, "labels", pk=genre_id)
    if request.method == "POST":
        action = services.own_genre_delete(genre=genre, into=request.POST.get("into", ""))
        done = f"{action.summary}: {track_count_text(action.done)} changed."
        message_with_undo(request, done, action)
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
    services.tag_add(owner=request.user, name=request.POST.get("name", ""))
    return redirect("labels")


@require_POST
def tag_change(request: AuthenticatedRequest, tag_id: int) -> HttpResponse:
    tag = get_or_gone(request, selectors.tags_of(request.user), TAG_GONE, "labels", pk=tag_id)
    form = TagForm(request.POST)
    form.is_valid()
    services.tag_change(tag=tag, shown=form.shown, **form.submitted)
    return redirect("labels")


@require_http_methods(["GET", "POST"])
def tag_delete(request: AuthenticatedRequest, tag_id: int) -> HttpResponse:
    """Delete a tag, or merge it into another. A GET shows what that will do, and asks."""
    tag = get_or_gone(request, selectors.tags_with_counts(request.user), TAG_GONE, "labels", pk=tag_id)
    others = selectors.tags_of(request.user).exclude(pk=tag.pk)
    if request.method == "POST":
        if into := request.POST.get("into"):
            action = services.tag_merge(
                tag=tag, into=get_or_gone(request, others, TAG_GONE, "labels", key=into)
            )
        else:
            action = services.tag_delete(tag=tag)
        done = f"{action.summary}: {track_count_text(action.done)} changed."
        message_with_undo(request, done, action)
        return redirect("labels")
    mergeable = others.exists() and tag.taggings.filter(concept=None).exists()
    return render(request, "library/tag_delete.html", {"tag": tag, "others": others, "mergeable": mergeable})
