"""What reviewers do to one track or many, by the services of the site, with a message of what was done and left."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest

from library import services
from library.admin.base import TypedModelAdmin, reviewer_of
from library.genres import BUILTIN_GENRES
from library.http.shortcuts import message_with_progress, message_with_undo
from library.models import BulkAction, BulkActionTrack, Track
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import track_count_text

#: Lists of tracks and the page of one.
ANYWHERE = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]


class TrackActionForm(ActionForm):
    """With the genre that “Set genre” gives. Only built-in genres: own genres are their owners'."""

    genre = forms.ChoiceField(
        label="Genre:", required=False, choices=[("", "---------"), *BUILTIN_GENRES.items()]
    )


class TrackActions(TypedModelAdmin):
    """Confirm, set the genre, analyse again."""

    action_form = TrackActionForm
    actions = ["confirm_genres", "set_genre", "analyse_again"]

    @admin.action(description="Confirm genres", permissions=["review"], location=ANYWHERE)
    def confirm_genres(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        action = services.genres_set(
            tracks=queryset, person=reviewer_of(request), genre=None, options=_options(queryset)
        )
        _report(
            request,
            action,
            done=f"Confirmed {track_count_text(action.done)}.",
            left="they have a verdict already, or no sure genre",
        )

    @admin.action(description="Set genre", permissions=["review"], location=ANYWHERE)
    def set_genre(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        genre = request.POST.get("genre") or request.POST.get(f"{ActionLocation.CHANGE_FORM.value}-genre", "")
        if genre not in BUILTIN_GENRES:
            messages.error(request, "Choose a genre first. Nothing was changed.")
            return
        name = BUILTIN_GENRES[genre]
        action = services.genres_set(
            tracks=queryset,
            person=reviewer_of(request),
            genre=genre,
            summary=f"Set the genre to {name}",
            options=_options(queryset),
        )
        _report(
            request,
            action,
            done=f"Said {name.lower()} of {track_count_text(action.done)}.",
            left=f"somebody has said {name.lower()} already",
        )
        done = action.targets.filter(state=BulkActionTrack.State.DONE)
        if action.is_finished and (overruled := done.exclude(track__genre=genre).count()):
            messages.info(
                request, f"The owner’s own verdict goes on counting for {track_count_text(overruled)}."
            )

    @admin.action(description="Analyse again", permissions=["review"], location=ANYWHERE)
    def analyse_again(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        action = services.tracks_analyse_again(
            tracks=queryset, person=reviewer_of(request), options=_options(queryset)
        )
        _report(
            request,
            action,
            done=f"Queued {track_count_text(action.done)}.",
            left="waiting or being analysed already",
        )


def _options(tracks: QuerySet[Track]) -> BulkActionOptions:
    return BulkActionOptions(in_background=tracks.count() > MAX_SYNCHRONOUS_TRACKS)


def _report(request: HttpRequest, action: BulkAction, *, done: str, left: str) -> None:
    """Messages: what was done, with an Undo where there is one, and how many tracks were left unchanged, and why."""
    if not action.is_finished:
        message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
        return
    if action.done:
        message_with_undo(request, done, action)
    if action.skipped:
        messages.info(request, f"{track_count_text(action.skipped)} left unchanged: {left}.")
