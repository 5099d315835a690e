"""The bin: what was deleted, and what becomes of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.errors import DomainError
from library.http.shortcuts import PAGE_SIZE
from library.http.types import Request
from library.models import Track


@dataclass
class Selection:
    """Tracks of the bin that a form is about."""

    tracks: QuerySet[Track]
    count: int
    size: int
    #: All that lay in the bin at that time, if not single tracks were selected.
    all_until: datetime | None = None


@require_safe
def bin_page(request: Request) -> HttpResponse:
    """What lies in the bin, what was deleted last first."""
    page: Any = Paginator(selectors.bin_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    for track in page:
        track.purged_after = selectors.purged_after(track.deleted_at)
    usage = selectors.bin_usage_of(request.user)
    context = {"page": page, "now": timezone.now().isoformat(), "size": usage["bin_bytes"]}
    return render(request, "library/bin.html", context | {"days": settings.EARMARK_BIN_DAYS})


@require_POST
def bin_restore(request: Request) -> HttpResponse:
    """Put tracks back into the library: `track`, ids; or `all`, the time at which all of them were shown."""
    selection = selected(request)
    restored = services.tracks_restore(owner=request.user, track_ids=_ids(selection))
    messages.success(request, f"{counted(len(restored))} back in your library.")
    return redirect("bin")


@require_POST
def bin_purge(request: Request) -> HttpResponse:
    """Delete tracks for good. Asks first, with their number; and again when that is another by then."""
    selection = selected(request)
    if request.POST.get("confirmed") != str(selection.count):
        return render(request, "library/bin_purge.html", {"selection": selection})
    purged = services.tracks_purge(owner=request.user, track_ids=_ids(selection), from_bin_only=True)
    messages.success(request, f"{counted(purged)} deleted for good.")
    return redirect("bin")


def selected(request: Request) -> Selection:
    """Raises DomainError: `nothing_selected`."""
    tracks = selectors.bin_of(request.user)
    until = _moment(request.POST.get("all", ""))
    if until:
        # What was deleted since was not shown. So a set of the same size is the same set.
        tracks = tracks.filter(deleted_at__lte=until)
    else:
        ids = set()
        for text in request.POST.getlist("track"):
            with suppress(ValueError):
                ids.add(UUID(text))
        tracks = tracks.filter(pk__in=ids)
    usage = selectors.bin_usage_in(tracks)
    if not usage["bin_tracks"]:
        raise DomainError("nothing_selected", "Select tracks first; or they are in the bin no longer.", 422)
    return Selection(tracks, usage["bin_tracks"], usage["bin_bytes"], until)


def counted(count: int) -> str:
    return "1 track is" if count == 1 else f"{count:,} tracks are"


def _ids(selection: Selection) -> QuerySet[Track, UUID]:
    return selection.tracks.order_by().values_list("pk", flat=True)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
