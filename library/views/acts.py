"""Acts on many tracks: those that were selected, or all that a search finds."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from library import selectors, services
from library.downloads import archive_answer
from library.errors import Refused
from library.filters import tracks_matching
from library.models import Act, Track
from library.requests import Request
from library.text import parsed_uuid
from library.views.base import back
from library.views.playlists import owned_playlist


@dataclass
class Selection:
    """The tracks an act is about. `gone` of those that were selected are no longer there."""

    tracks: QuerySet[Track]
    count: int
    gone: int = 0


@require_POST
def acts(request: Request) -> HttpResponseBase:
    """Do something to many tracks.

    `act`: one of `ACTS`, with its value after a colon where it has one; `track`: ids; or `all` and `query`.
    """
    name, _, value = request.POST.get("act", "").partition(":")
    if name not in ACTS:
        raise Refused("unknown_act", "Choose what is to be done with the tracks.", 422)
    selection = selected(request)
    if not selection.count:
        raise Refused("nothing_selected", "Select the tracks first.", 422)
    return ACTS[name](request, selection, value)


def selected(request: Request) -> Selection:
    if request.POST.get("all"):
        tracks = tracks_matching(request.user, QueryDict(request.POST.get("query", "")[:2000]))
        return Selection(tracks, tracks.count())
    ids = set()
    for text in request.POST.getlist("track"):
        with suppress(ValueError):
            ids.add(uuid.UUID(text))
    # In the order of the list they were selected in, which is the one they have in a playlist then.
    order = QueryDict(mutable=True)
    order.setlist("ordering", QueryDict(request.POST.get("query", "")[:2000]).getlist("ordering"))
    tracks = tracks_matching(request.user, order).filter(pk__in=ids)
    count = tracks.count()
    return Selection(tracks, count, len(ids) - count)


def confirm(request: Request, selection: Selection, value: str) -> HttpResponse:
    act = services.genres_set(
        tracks=selection.tracks, person=request.user, genre=None, summary="Confirmed what was heard"
    )
    why = "you have said so already, or nothing has been heard yet"
    return told(request, selection, f"Confirmed the genre of {tracks_in(act)}.", act, why)


def genre(request: Request, selection: Selection, value: str) -> HttpResponse:
    if name := request.POST.get("new_genre", "").strip():
        value = value or services.own_genre_add(owner=request.user, name=name).key
    if not value:
        raise Refused("unknown_genre", "Choose a genre first.", 422)
    called = selectors.genre_names_of(request.user).named(value).name
    act = services.genres_set(
        tracks=selection.tracks, person=request.user, genre=value, summary=f"Set the genre to {called}"
    )
    why = f"you have called them {called} already"
    return told(request, selection, f"Set the genre of {tracks_in(act)} to {called}.", act, why)


def tag(request: Request, selection: Selection, value: str) -> HttpResponse:
    name = value or request.POST.get("tag", "")
    act = services.tracks_tag(tracks=selection.tracks, person=request.user, name=name)
    return told(request, selection, f"{act.summary}: {tracks_in(act)}.", act, "they had that tag already")


def untag(request: Request, selection: Selection, value: str) -> HttpResponse:
    named = selectors.tag_named(request.user, value or request.POST.get("tag", ""))
    if named is None:
        raise Refused("unknown_tag", "You have no such tag.", 422)
    act = services.tracks_untag(tracks=selection.tracks, person=request.user, tag=named)
    return told(request, selection, f"{act.summary}: {tracks_in(act)}.", act, "they did not have that tag")


def playlist(request: Request, selection: Selection, value: str) -> HttpResponse:
    """Into a playlist, at its end: an old one, or a new one of the name `new_playlist`."""
    if name := "" if value else request.POST.get("new_playlist", ""):
        into = services.playlist_add(owner=request.user, name=name)
    elif value:
        into = owned_playlist(request, parsed_uuid(value))
    else:
        raise Refused("unknown_playlist", "Choose a playlist first, or name a new one.", 422)
    act = services.playlist_append(playlist=into, tracks=selection.tracks)
    why = "they were in that playlist already"
    return told(request, selection, f"{act.summary}: {tracks_in(act)}.", act, why)


def analyse(request: Request, selection: Selection, value: str) -> HttpResponse:
    done = services.tracks_analyse_again(tracks=selection.tracks)
    messages.success(request, f"{counted(done)} will be heard again, after what you have just uploaded.")
    skipped(request, selection, selection.count - done, "they are waiting for that already")
    return back(request)


def delete(request: Request, selection: Selection, value: str) -> HttpResponse:
    """Ask first, with the number of tracks; and again when the number is another by then."""
    if request.POST.get("confirmed") != str(selection.count):
        asked = {
            "selection": selection,
            "ids": request.POST.getlist("track"),
            "size": selectors.usage_in(selection.tracks)["bytes"],
            "keep": back(request)["Location"],
        }
        return render(request, "library/acts_delete.html", asked)
    done = services.tracks_delete(tracks=selection.tracks)
    messages.success(request, f"Deleted {counted(done)}.")
    return back(request)


def download(request: Request, selection: Selection, value: str) -> HttpResponseBase:
    """An archive: of the originals, or of copies with tags."""
    ids = list(selection.tracks.values_list("pk", flat=True))
    return archive_answer(request.user, ids, with_tags=value == "tagged")


ACTS: dict[str, Callable[[Request, Selection, str], HttpResponseBase]] = {
    "confirm": confirm,
    "genre": genre,
    "tag": tag,
    "untag": untag,
    "playlist": playlist,
    "analyse": analyse,
    "download": download,
    "delete": delete,
}


def told(request: Request, selection: Selection, done: str, act: Act, why: str) -> HttpResponse:
    """Back to the list, with what was done, one Undo for all of it, and what was left alone."""
    if act.data["done"]:
        messages.success(request, done, extra_tags=f"undo:{act.pk}")
    skipped(request, selection, act.data["skipped"], why)
    return back(request)


def skipped(request: Request, selection: Selection, count: int, why: str) -> None:
    if count:
        messages.info(request, f"{counted(count)} left as {'it was' if count == 1 else 'they were'}: {why}.")
    if selection.gone:
        messages.info(request, f"{counted(selection.gone)} no longer in your library.")


def tracks_in(act: Act) -> str:
    return counted(act.data["done"])


def counted(count: int) -> str:
    return "1 track" if count == 1 else f"{count:,} tracks"


@require_POST
def act_undo(request: Request, act_id: uuid.UUID) -> HttpResponse:
    """Undo something that was done to many tracks."""
    act = get_object_or_404(selectors.acts_of(request.user), pk=act_id)
    count = services.act_undo(act=act)
    where = f" on {counted(count)}" if count else ""
    messages.success(request, f"Undone{where}: {act.summary}.")
    return back(request)
