"""The pictures of covers, and choosing the cover of an album."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from classifier.errors import AudioError
from library import selectors, services
from library.http.files import takes_files
from library.http.shortcuts import get_or_gone, message_with_go_back, redirect_back, url_with
from library.http.types import AuthenticatedRequest
from library.models import Album
from library.outgoing.files import serve_cover
from library.text import uuid_or_nil


@require_safe
def cover(request: AuthenticatedRequest, cover_id: uuid.UUID, size: str) -> HttpResponseBase:
    """One picture of a cover: for its owner, and for reviewers who may see a track that it stands for."""
    person = request.user
    if person.is_staff and person.has_perm("library.view_track"):
        found = selectors.cover_visible_to(person, cover_id)
    else:
        found = selectors.cover_of(person, cover_id)
    if found is None:
        raise Http404
    return serve_cover(request, found, size)


@takes_files
@require_POST
def album_cover(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Make a picture file the cover of an album."""
    album = _owned_album(request, album_id)
    if upload := request.FILES.get("picture"):
        try:
            before = services.album_cover_set(album=album, upload=upload)
        except AudioError as error:
            messages.error(request, error.message)
        else:
            _message(request, album, "This is the cover of “{}” now.", before)
    else:
        messages.error(request, "No picture arrived. Choose one and try again.")
    return redirect_back(request)


@require_POST
def album_cover_remove(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Show no cover for an album."""
    album = _owned_album(request, album_id)
    _message(request, album, "“{}” has no cover now.", services.album_cover_clear(album=album))
    return redirect_back(request)


@require_POST
def album_cover_reset(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Show for an album what its files say."""
    album = _owned_album(request, album_id)
    _message(request, album, "“{}” shows what its files say.", services.album_cover_reset(album=album))
    return redirect_back(request)


@require_POST
def album_cover_undo(request: AuthenticatedRequest, album_id: uuid.UUID) -> HttpResponse:
    """Show again what an album showed before: the parameters `cover` and `chosen` of the address say what that was."""
    album = _owned_album(request, album_id)
    cover_id = uuid_or_nil(request.GET.get("cover", ""))
    choice = services.CoverChoice(cover_id if cover_id.int else None, request.GET.get("chosen") == "1")
    services.album_cover_choose(album=album, choice=choice)
    messages.success(request, f"The cover of “{album.title}” is the one from before.")
    return redirect_back(request)


def _owned_album(request: AuthenticatedRequest, album_id: uuid.UUID) -> Album:
    albums = selectors.albums_of(request.user)
    return get_or_gone(request, albums, "That album is no longer in your library.", pk=album_id)


def _message(request: AuthenticatedRequest, album: Album, text: str, before: services.CoverChoice) -> None:
    undo = url_with(
        reverse("album-cover-undo", args=[album.pk]),
        cover=before.cover_id,
        chosen=1 if before.chosen else None,
    )
    message_with_go_back(request, text.format(album.title), undo)
