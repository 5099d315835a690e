"""The bin: deleted tracks, which can be restored or deleted for good."""

from __future__ import annotations

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
from django.views.decorators.http import require_POST, require_safe

from library import selectors, services
from library.errors import DomainError
from library.http.shortcuts import PAGE_SIZE
from library.http.types import AuthenticatedRequest
from library.models import Track
from library.text import aware_datetime, track_count_text, uuids_in


@dataclass
class BinSelection:
    """Tracks in the bin that a form is about."""

    tracks: QuerySet[Track]
    count: int
    size: int
    all_until: datetime | None = None
    """When the whole bin was selected: the time at which it was shown."""


@require_safe
def bin_page(request: AuthenticatedRequest) -> HttpResponse:
    """The tracks in the bin, the last deleted first."""
    page: Any = Paginator(selectors.bin_of(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    for track in page:
        track.purged_after = selectors.purged_after(track.deleted_at)
    usage = selectors.bin_usage_of(request.user)
    context = {"page": page, "now": timezone.now().isoformat(), "size": usage["bin_bytes"]}
    return render(request, "library/bin.html", context | {"days": settings.EARMARK_BIN_DAYS})


@require_POST
def bin_restore(request: AuthenticatedRequest) -> HttpResponse:
    """Restore tracks: `track`, ids; or `all`, the time at which the whole bin was shown."""
    selection = bin_selection(request)
    restored = services.tracks_restore(owner=request.user, track_ids=_ids(selection))
    messages.success(request, f"{_tracks_are(len(restored))} back in your library.")
    return redirect("bin")


@require_POST
def bin_purge(request: AuthenticatedRequest) -> HttpResponse:
    """Delete tracks for good. Asks first, with their number, and again when the number has changed since."""
    selection = bin_selection(request)
    if request.POST.get("confirmed") != str(selection.count):
        return render(request, "library/bin_purge.html", {"selection": selection})
    purged = services.tracks_purge(owner=request.user, track_ids=_ids(selection), from_bin_only=True)
    messages.success(request, f"{track_count_text(purged)} deleted for good.")
    return redirect("bin")


def bin_selection(request: AuthenticatedRequest) -> BinSelection:
    """The tracks that a form means. Raises DomainError: `nothing_selected`."""
    tracks = selectors.bin_of(request.user)
    until = aware_datetime(request.POST.get("all", ""))
    if until:
        # Tracks deleted since then were not shown. Without them, a set of the same size is the same set.
        tracks = tracks.filter(deleted_at__lte=until)
    else:
        tracks = tracks.filter(pk__in=uuids_in(request.POST.getlist("track")))
    usage = selectors.bin_usage_in(tracks)
    if not usage["bin_tracks"]:
        raise DomainError(
            "nothing_selected",
            "Select some tracks that are in the bin first.",
            422,
        )
    return BinSelection(tracks, usage["bin_tracks"], usage["bin_bytes"], until)


def _tracks_are(count: int) -> str:
    return f"{track_count_text(count)} {'is' if count == 1 else 'are'}"


def _ids(selection: BinSelection) -> QuerySet[Track, UUID]:
    return selection.tracks.order_by().values_list("pk", flat=True)
