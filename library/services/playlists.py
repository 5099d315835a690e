"""Playlists: tracks in an order of their owner's choice, and saved searches."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from library.errors import DomainError
from library.models import BulkAction, BulkActionTrack, Playlist, PlaylistItem, Track, User
from library.models.playlists import QUERY_LENGTH
from library.search.query import canonical_query, parse_search
from library.services.batches import BATCH_SIZE
from library.services.bulk_action_records import TakenBatch, bulk_action_record
from library.services.edit_conflicts import changed_fields, locked_row, pending_changes
from library.services.names import clean_name

#: Distance of neighbouring positions, so that one track can move without the others.
GAP = 1024


def playlist_add(*, owner: User, name: str) -> Playlist:
    """Create an empty playlist. Raises DomainError: `bad_name`."""
    return Playlist.objects.create(owner=owner, name=clean_name(name, Playlist))


def search_save(*, owner: User, name: str, query: str) -> Playlist:
    """Save a search as a playlist of whatever it finds.

    Raises DomainError: `bad_name`, `no_search`, `search_too_long`; InvalidSearchError.
    """
    name = clean_name(name, Playlist)
    query = _clean_query(owner, query)
    return Playlist.objects.create(owner=owner, name=name, smart=True, query=query)


def search_update(*, playlist: Playlist, query: str) -> bool:
    """Have a saved search find something else; False if it is that search already.

    Raises DomainError: `not_saved_search`, `no_search`, `search_too_long`, `not_found`; InvalidSearchError.
    """
    if not playlist.smart:
        raise DomainError(
            "not_saved_search", f"“{playlist}” is no saved search: you choose its tracks yourself."
        )
    query = _clean_query(playlist.owner, query)
    with transaction.atomic():
        current = locked_row(playlist)
        if changes := current.query != query:
            current.query = query
            current.save(update_fields=["query", "updated_at"])
    playlist.refresh_from_db()
    return changes


def _clean_query(owner: User, text: str) -> str:
    """A search as it is stored. Raises DomainError: `no_search`, `search_too_long`; InvalidSearchError."""
    query = canonical_query(parse_search(owner, text))
    if not query:
        raise DomainError(
            "no_search", "There is nothing to save yet: choose a filter or search for words first.", 422
        )
    if len(query) > QUERY_LENGTH:
        raise DomainError(
            "search_too_long",
            f"This search is too long to be saved: {len(query):,} characters, of at most "
            f"{QUERY_LENGTH:,}. Letters with accents and other scripts count several times.",
            422,
        )
    return query


def playlist_rename(*, playlist: Playlist, name: str, shown: Mapping[str, str] | None = None) -> None:
    """Rename a playlist.

    Raises DomainError: `bad_name`, `not_found`; ConflictError, when its name is no longer what was `shown`.
    """
    changes = changed_fields({"name": name}, shown)
    changes = {field: clean_name(value, Playlist) for field, value in changes.items()}
    with transaction.atomic():
        current = locked_row(playlist)
        if due := pending_changes(current, changes, shown):
            current.name = due["name"]
            current.save(update_fields=["name", "updated_at"])
    playlist.refresh_from_db()


def playlist_data(playlist: Playlist) -> dict[str, Any]:
    """What an undo needs to know about a playlist that was deleted."""
    return {
        "playlist": str(playlist.pk),
        "name": playlist.name,
        "smart": playlist.smart,
        "query": playlist.query,
    }


def playlist_remove_batch(action: BulkAction) -> TakenBatch:
    """Remove the first tracks of the playlist that an action deletes; with the last ones, delete it."""
    playlist = Playlist.objects.filter(owner=action.person, pk=action.data["playlist"]).first()
    if playlist is None:
        return TakenBatch([], is_last=True)
    playlist_touch(playlist)
    items = list(playlist.items.only("track_id", "position")[:BATCH_SIZE])
    if is_last := len(items) < BATCH_SIZE:
        playlist.delete()
    else:
        PlaylistItem.objects.filter(pk__in=[item.pk for item in items]).delete()
    return TakenBatch([(item.track_id, playlist_place(item)) for item in items], is_last=is_last)


def playlist_delete_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Create a deleted playlist again with the same id, and put tracks back where they were. Returns how many."""
    known = action.data
    playlist, _ = Playlist.objects.get_or_create(
        pk=known["playlist"],
        defaults={
            "owner": action.person,
            "name": known["name"],
            "smart": known["smart"],
            "query": known["query"],
        },
    )
    if playlist.owner_id != action.person_id:
        return 0
    # Those that were deleted before places were recorded go to the end.
    added = _append(
        playlist, action.person, [target.track_id for target in targets if not target.before], but=set()
    )
    added += _put_back(playlist, targets)
    live = set(Track.objects.filter(pk__in=[item.track_id for item in added]).values_list("pk", flat=True))
    return sum(item.track_id in live for item in added)


def playlist_check_not_smart(playlist: Playlist) -> None:
    """Raises DomainError: `saved_search`, for a playlist that is one."""
    if playlist.smart:
        raise DomainError(
            "saved_search", f"“{playlist}” is a saved search, so tracks cannot be added to it by hand."
        )


def playlist_append_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    """Add a batch of tracks to the end of an action's playlist, except for those that are in it.

    Raises DomainError: `unknown_playlist`, when it was deleted meanwhile.
    """
    playlist = Playlist.objects.filter(owner=action.person, pk=action.data["playlist"]).first()
    if playlist is None:
        raise DomainError("unknown_playlist", "The playlist was deleted meanwhile.", 422)
    playlist_touch(playlist)
    present = set(playlist.items.filter(track__in=ids).values_list("track_id", flat=True))
    added = _append(playlist, action.person, ids, but=present)
    return {item.track_id: {"item": item.pk} for item in added}


def playlist_append_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Remove what an action added to a playlist and is still in it. Returns how many."""
    items = PlaylistItem.objects.filter(
        playlist__owner=action.person,
        playlist=action.data["playlist"],
        pk__in=[target.before["item"] for target in targets if target.before],
    )
    live = items.filter(track__deleted_at=None).count()
    items.delete()
    return live


def _append(playlist: Playlist, owner: User, ids: list[UUID], but: set[UUID]) -> list[PlaylistItem]:
    """Add those of these tracks that are the owner's to the end, in this order."""
    own = set(Track.all_objects.filter(owner=owner, pk__in=ids).values_list("pk", flat=True)) - but
    end = playlist.items.aggregate(end=Max("position"))["end"] or 0
    places = zip(itertools.count(end + GAP, GAP), (pk for pk in ids if pk in own), strict=False)
    items = [PlaylistItem(playlist=playlist, track_id=pk, position=place) for place, pk in places]
    return PlaylistItem.objects.bulk_create(items)


def playlist_append_twice(playlist: Playlist, ids: Sequence[UUID]) -> list[PlaylistItem]:
    """Add these tracks to the end, in this order, as often as they are named; those of others are left out."""
    return _append(playlist, playlist.owner, list(ids), but=set())


def playlist_remove(*, item: PlaylistItem) -> BulkAction:
    """Remove a track from a playlist; it stays in the library.

    Raises DomainError: `not_found`, if it is no longer in the playlist.
    """
    with transaction.atomic():
        playlist_touch(item.playlist)
        item = _current_item(item)
        action = bulk_action_record(
            person=item.playlist.owner,
            kind=BulkAction.Kind.PLAYLIST_REMOVE,
            summary=f"Removed “{item.track}” from “{item.playlist}”",
            data={"playlist": str(item.playlist.pk)},
            tracks=[(item.track_id, playlist_place(item))],
        )
        item.delete()
    return action


def playlist_remove_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Put a track back where it was in its playlist, if that still exists."""
    playlist = Playlist.objects.filter(owner=action.person, pk=action.data["playlist"]).first()
    if playlist is None:
        return 0
    playlist_touch(playlist)
    return len(_put_back(playlist, targets))


def _current_item(item: PlaylistItem) -> PlaylistItem:
    """The item as it is now. Raises DomainError: `not_found`."""
    items = PlaylistItem.objects.select_related("playlist__owner", "track")
    if (found := items.filter(pk=item.pk).first()) is None:
        raise DomainError("not_found", "That track is no longer in this playlist.", 404)
    return found


def playlist_place(item: PlaylistItem) -> dict[str, int]:
    """What an undo has to know, so that the item comes back as itself: other actions refer to it by its id."""
    return {"item": item.pk, "position": item.position}


def _put_back(playlist: Playlist, targets: list[BulkActionTrack]) -> list[PlaylistItem]:
    """Create items again as `playlist_place` recorded them."""
    items = [
        PlaylistItem(
            pk=target.before["item"],
            playlist=playlist,
            track_id=target.track_id,
            position=target.before["position"],
        )
        for target in targets
        if target.before
    ]
    return PlaylistItem.objects.bulk_create(items)


def playlist_move(*, item: PlaylistItem, position: int) -> None:
    """Move a track to an index among the others, from 0; indexes beyond either end mean that end.

    Writes only this row, unless there is no room between its neighbours: then one UPDATE shifts all that follow.
    Raises DomainError: `not_found`, if the track is no longer in the playlist.
    """
    with transaction.atomic():
        playlist_touch(item.playlist)
        item = _current_item(item)
        others = PlaylistItem.objects.filter(playlist=item.playlist).exclude(pk=item.pk)
        shown = others.filter(track__deleted_at=None)
        to = min(max(position, 0), shown.count())
        neighbours = list(shown[max(to - 1, 0) : to + 1])
        before = neighbours[0].position if to else 0
        after = neighbours[-1] if len(neighbours) > (to > 0) else None
        if after is None:
            item.position = before + GAP
        else:
            if after.position - before < 2:
                from_there_on = Q(position__gt=after.position) | Q(position=after.position, pk__gte=after.pk)
                others.filter(from_there_on).update(position=F("position") + 2 * GAP)
                after.position += 2 * GAP
            item.position = (before + after.position) // 2
        item.save(update_fields=["position"])


def playlist_touch(playlist: Playlist) -> None:
    """Set when the playlist changed. This also locks its row, so that concurrent changes keep positions distinct."""
    Playlist.objects.filter(pk=playlist.pk).update(updated_at=timezone.now())
