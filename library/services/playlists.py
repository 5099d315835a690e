"""Playlists: tracks in an order of somebody's own, and searches that are kept."""

from __future__ import annotations

import itertools
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone

from library.errors import Refused
from library.filters import canonical
from library.models import Act, Playlist, PlaylistItem, Track, User
from library.models.playlists import QUERY_LENGTH

BATCH = 1000
#: Room between two positions, so that one track can move without the others.
GAP = 1024


def playlist_add(*, owner: User, name: str) -> Playlist:
    """A new playlist, empty. Raises Refused: `bad_name`."""
    return Playlist.objects.create(owner=owner, name=clean_playlist_name(name))


def search_save(*, owner: User, name: str, query: str) -> Playlist:
    """Keep a search as a playlist of whatever it finds. Raises Refused: `bad_name`, `no_search`."""
    name = clean_playlist_name(name)
    query = canonical(QueryDict(query))
    if not 1 <= len(query) <= QUERY_LENGTH:
        raise Refused(
            "no_search", "Only a search can be saved: choose a filter or search for words first.", 422
        )
    return Playlist.objects.create(owner=owner, name=name, smart=True, query=query)


def playlist_rename(*, playlist: Playlist, name: str) -> None:
    """Raises Refused: `bad_name`."""
    playlist.name = clean_playlist_name(name)
    playlist.save(update_fields=["name", "updated_at"])


def playlist_delete(*, playlist: Playlist) -> Act:
    """Delete a playlist; its tracks stay in the library. The act's `data` holds what was in it."""
    with transaction.atomic():
        _touch(playlist)
        tracks = [str(pk) for pk in playlist.items.values_list("track_id", flat=True)]
        kept = {
            "playlist": str(playlist.pk),
            "name": playlist.name,
            "smart": playlist.smart,
            "query": playlist.query,
        }
        act = Act.objects.create(
            person=playlist.owner,
            kind=Act.Kind.UNLIST,
            summary=f"Deleted “{playlist}”",
            data=kept | {"tracks": tracks, "done": len(tracks), "skipped": 0},
        )
        playlist.delete()
    return act


def playlist_delete_undo(*, act: Act) -> int:
    """Make a deleted playlist again, at its old address, of the tracks that still are there. Returns how many."""
    kept = act.data
    playlist = Playlist.objects.create(
        pk=kept["playlist"], owner=act.person, name=kept["name"], smart=kept["smart"], query=kept["query"]
    )
    there: set[str] = set()
    for some in itertools.batched(kept["tracks"], BATCH):
        ids = Track.objects.filter(owner=act.person, pk__in=some).order_by().values_list("pk", flat=True)
        there.update(map(str, ids))
    tracks = [pk for pk in kept["tracks"] if pk in there]
    places = zip(itertools.count(GAP, GAP), tracks, strict=False)
    items = [PlaylistItem(playlist=playlist, track_id=UUID(pk), position=place) for place, pk in places]
    return len(PlaylistItem.objects.bulk_create(items, batch_size=BATCH))


def playlist_append(*, playlist: Playlist, tracks: QuerySet[Track]) -> Act:
    """Put tracks at the end, in their order, but for those that are there already.

    The act's `data` says how many were `done` and `skipped`. Raises Refused: `saved_search`.
    """
    if playlist.smart:
        raise Refused("saved_search", f"“{playlist}” is a saved search: it finds its tracks itself.")
    with transaction.atomic():
        _touch(playlist)
        ids: list[UUID] = list(tracks.values_list("pk", flat=True))
        there = set(playlist.items.values_list("track_id", flat=True))
        new = [pk for pk in dict.fromkeys(ids) if pk not in there]
        end = playlist.items.aggregate(end=Max("position"))["end"] or 0
        places = zip(itertools.count(end + GAP, GAP), new, strict=False)
        items = [PlaylistItem(playlist=playlist, track_id=pk, position=place) for place, pk in places]
        made = PlaylistItem.objects.bulk_create(items, batch_size=BATCH)
        return Act.objects.create(
            person=playlist.owner,
            kind=Act.Kind.PLAYLIST,
            summary=f"Added to “{playlist}”",
            data={
                "playlist": str(playlist.pk),
                "items": [item.pk for item in made],
                "done": len(new),
                "skipped": len(ids) - len(new),
            },
        )


def playlist_append_undo(*, act: Act) -> int:
    """Take out again what `playlist_append` put in and is still there. Returns how many."""
    items = PlaylistItem.objects.filter(playlist=act.data["playlist"], playlist__owner=act.person)
    return sum(items.filter(pk__in=some).delete()[0] for some in itertools.batched(act.data["items"], BATCH))


def playlist_remove(*, item: PlaylistItem) -> None:
    """Take a track out of a playlist; it stays in the library."""
    with transaction.atomic():
        _touch(item.playlist)
        item.delete()


def playlist_move(*, item: PlaylistItem, position: int) -> None:
    """Put a track at a place among the others, counted from 0; beyond either end is that end.

    Only this row is written, unless there is no room left: then those that come after make some, in one UPDATE.
    """
    with transaction.atomic():
        _touch(item.playlist)
        others = PlaylistItem.objects.filter(playlist=item.playlist).exclude(pk=item.pk)
        to = min(max(position, 0), others.count())
        around = list(others[max(to - 1, 0) : to + 1])
        before = around[0].position if to else 0
        after = around[-1] if len(around) > (to > 0) else None
        if after is None:
            item.position = before + GAP
        else:
            if after.position - before < 2:
                from_there_on = Q(position__gt=after.position) | Q(position=after.position, pk__gte=after.pk)
                others.filter(from_there_on).update(position=F("position") + 2 * GAP)
                after.position += 2 * GAP
            item.position = (before + after.position) // 2
        item.save(update_fields=["position"])


def clean_playlist_name(name: str) -> str:
    """Raises Refused: `bad_name`."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Refused("bad_name", "A name has 1 to 80 characters.", 422)
    return name


def _touch(playlist: Playlist) -> None:
    """Note the change; and two changes to one playlist wait for each other, so that positions stay apart."""
    Playlist.objects.filter(pk=playlist.pk).update(updated_at=timezone.now())
