"""The rows of albums and artists, kept equal to what tracks name.

`albums_recompute` is called, in the same transaction, by whatever changes names or adds and deletes tracks. Which rows
there must be follows from the tracks' columns (`services.album_names`), those in the bin included: so nothing has to be
done when a track goes to the bin or comes back. The owner's row is locked first, also by callers that lock tracks
(`owner_lock`): one process at a time works on the albums of a library, and what it has read stays as it is.

An album that no track stays on goes with most of its tracks, as the same row. When they join another album, it passes
on its star, its cover and the saved searches that name it, and vanishes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef
from django.db.models.functions import Cast

from library.models import Album, Artist, Track, TrackArtist, User
from library.services.album_covers import album_covers_recompute
from library.services.album_names import (
    NAME_COLUMNS,
    NO_ALBUM,
    AlbumFacts,
    Group,
    TrackNames,
    album_facts,
    sort_key,
    track_names,
)
from library.services.artists import artists_get_or_create, artists_settle, track_artists_sync
from library.services.batches import BATCH_SIZE, WritePauses, in_batches
from library.services.edit_conflicts import owner_lock
from library.services.saved_searches import Followed, saved_searches_follow_rows

COLUMNS = ("pk", "album_entry", "album_key", *NAME_COLUMNS)
FACTS = ("title", "key", "sort_title", "artist", "mbid", "compilation", "year")
#: The names of a track that is about to be deleted.
NOTHING = TrackNames()


def albums_recompute(
    *,
    owner: User,
    track_ids: Iterable[UUID],
    named_before: Collection[str] = (),
    followed: list[Followed] | None = None,
) -> int:
    """Keep the albums and artists of these tracks, in short transactions; returns how many rows were changed.

    Tracks of other people, and those that are gone, are left out. `named_before`: keys of artists that the tracks named
    until now, for callers that move rows of albums themselves. To `followed` is added what an undo needs to know about
    saved searches for albums that joined others.
    """
    changed, pauses = 0, WritePauses()
    for batch in in_batches(track_ids):
        with transaction.atomic():
            if owner_lock(owner=owner):
                recompute = _Recompute(owner, batch, named_before=named_before)
                changed += recompute.run()
                if followed is not None:
                    followed += recompute.followed
        pauses.take()
    return changed


def albums_settle(*, owner: User, album_ids: Iterable[UUID]) -> None:
    """Recompute the tracks of those of these albums that were given an identity which their tracks do not name.

    In the caller's transaction. Undoing an action may do that, where its tracks were changed again meanwhile.
    """
    albums = Album.objects.filter(owner=owner).select_related("artist").in_bulk([*album_ids])
    named: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    on_them = Track.all_objects.filter(album_entry__in=list(albums)).order_by()
    for album_id, key, release in on_them.values_list(
        "album_entry", "album_key", "musicbrainz__release__0"
    ).distinct():
        named[album_id].add((key, release or ""))
    wrong = [pk for pk, names in named.items() if not _is_named(albums[pk], names)]
    if wrong:
        tracks = Track.all_objects.filter(album_entry__in=wrong).order_by("pk")
        albums_recompute(owner=owner, track_ids=list(tracks.values_list("pk", flat=True)))


def albums_forget(*, owner: User, track_ids: Sequence[UUID]) -> None:
    """Take a batch of tracks off their albums and artists, in the caller's transaction, before they are deleted."""
    if owner_lock(owner=owner):
        _Recompute(owner, track_ids, leaving=True).run()


def albums_delete(*, owner: User) -> None:
    """Delete all albums and artists of somebody without tracks, such as a closed account, in batches."""
    for model in (Album, Artist):  # in this order: an artist with albums cannot be deleted
        while ids := list(
            model._default_manager.filter(owner=owner).order_by().values_list("pk")[:BATCH_SIZE]
        ):
            model._default_manager.filter(pk__in=[pk for (pk,) in ids]).delete()


def albums_drop_empty(*, owner: User) -> int:
    """Delete albums without tracks, and artists without either, in the caller's transaction; returns how many."""
    tracks, row = Track.all_objects.filter(album_entry=OuterRef("pk")), {"artist": OuterRef("pk")}
    albums = Album.objects.filter(owner=owner).exclude(Exists(tracks))
    count: int = albums.delete()[1].get(Album._meta.label, 0)
    artists = Artist.objects.filter(owner=owner).exclude(Exists(TrackArtist.objects.filter(**row)))
    artists = artists.exclude(Exists(Album.objects.filter(**row)))
    return count + artists.delete()[1].get(Artist._meta.label, 0)


@dataclass
class _Recompute:
    """One batch. First it is decided where tracks belong, then which row each album is, then rows are written."""

    owner: User
    ids: Sequence[UUID]
    leaving: bool = False
    named_before: Collection[str] = ()
    rows: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    names: dict[UUID, TrackNames] = field(default_factory=dict)
    groups: dict[UUID, Group | None] = field(default_factory=dict)
    artists: dict[str, Artist] = field(default_factory=dict)
    albums: dict[UUID, Album] = field(default_factory=dict)
    holders: dict[Group, Album] = field(default_factory=dict)
    #: Where each album goes that no track stays on: to where most of its tracks go.
    moves: dict[UUID, Group] = field(default_factory=dict)
    groups_of_rows: dict[UUID, Group] = field(default_factory=dict)
    followed: list[Followed] = field(default_factory=list)
    changed: int = 0

    def run(self) -> int:
        self._read_tracks()
        if not self.rows:
            return 0
        batch = {pk: self.names[pk] for pk in self.ids if pk in self.rows}
        self._get_artists(batch)
        self._read_albums()
        self._choose_rows()
        self._write_tracks()
        lost, removed = track_artists_sync(tracks=batch, artists=self.artists)
        self.changed += removed
        lost |= self._write_albums()
        if self.named_before:
            lost |= {*self._artists_named_before()}
        self.changed += artists_settle(owner=self.owner, tracks=batch, artists=self.artists, lost=lost)
        return self.changed

    def _read_tracks(self) -> None:
        """The batch, and the tracks whose album may depend on it: those of the same titles and album artists."""
        mine = Track.all_objects.filter(owner=self.owner).order_by()
        self.rows = {row["pk"]: row for row in mine.filter(pk__in=self.ids).values(*COLUMNS)}
        self.names = {pk: NOTHING if self.leaving else track_names(row) for pk, row in self.rows.items()}
        keys = {row["album_key"] for row in self.rows.values()} | {it.album_key for it in self.names.values()}
        related = mine.filter(album_key__in=keys - {"", NO_ALBUM}).exclude(pk__in=self.ids)
        for row in related.values(*COLUMNS):
            self.rows[row["pk"]], self.names[row["pk"]] = row, track_names(row)
        releases: dict[str, set[str]] = defaultdict(set)
        for names in self.names.values():
            if names.release:
                releases[names.album_key].add(names.release)
        self.groups = {pk: names.group(releases[names.album_key]) for pk, names in self.names.items()}

    def _get_artists(self, batch: dict[UUID, TrackNames]) -> None:
        wanted = {key: name for names in batch.values() for key, name in (names.artists or {}).items()}
        for pk, names in self.names.items():
            if (group := self.groups[pk]) and group.artist_key:
                wanted.setdefault(names.artist_key, names.artist)
        self.artists, created = artists_get_or_create(owner=self.owner, names=wanted)
        self.changed += created

    def _read_albums(self) -> None:
        """The albums on which the tracks are, and those that they name."""
        mine = Album.objects.filter(owner=self.owner).select_related("artist").order_by()
        wanted = {group for group in self.groups.values() if group}
        titled = [group for group in wanted if not group.release]
        artists = [self.artists[group.artist_key] for group in titled if group.artist_key]
        titles = mine.filter(mbid="", key__in={group.key for group in titled})
        old = {row["album_entry"] for row in self.rows.values()} - {None}
        queries = [
            mine.filter(pk__in=old),
            mine.filter(mbid__in={group.release for group in wanted} - {""}),
            titles.filter(artist__in=artists),
        ]
        if not all(group.artist_key for group in titled):
            queries.append(titles.filter(artist=None))
        found = {album.pk: album for query in queries for album in query}
        # The titles of one album and the artist of another may be a third one, which is not concerned.
        self.albums = {pk: it for pk, it in found.items() if pk in old or _group_of(it) in wanted}
        self.holders = {_group_of(album): album for album in self.albums.values()}

    def _choose_rows(self) -> None:
        """Which row each album is: the one that has its identity, else one of which all tracks become it, or none."""
        going: dict[UUID, Counter[Group | None]] = defaultdict(Counter)
        for pk, row in self.rows.items():
            if row["album_entry"]:
                going[row["album_entry"]][self.groups[pk]] += 1
        on_it = Track.all_objects.filter(album_entry__in=list(going)).order_by().values_list("album_entry")
        sizes = dict(on_it.annotate(Count("pk")))
        for album_id, where in going.items():
            elsewhere = [group for group in where if group]
            if (
                where.total() == sizes[album_id]
                and _group_of(self.albums[album_id]) not in where
                and elsewhere
            ):
                self.moves[album_id] = min(elsewhere, key=lambda group: (-where[group], group))
        arriving: dict[Group, list[Album]] = defaultdict(list)
        for album_id, group in self.moves.items():
            arriving[group].append(self.albums[album_id])
        for group, albums in arriving.items():
            there = self.holders.get(group)
            if there is None or self.moves.get(there.pk, group) != group:
                album = min(albums, key=lambda album: _rank(album, sizes))
                if self.holders.get(_group_of(album)) is album:
                    del self.holders[_group_of(album)]
                self.holders[group] = album

    def _write_tracks(self) -> None:
        """Free the identities that rows give up, create the albums that are missing, and put tracks on theirs."""
        kept = {album.pk: group for group, album in self.holders.items()}
        freed = [album.pk for album in self.albums.values() if kept.get(album.pk) != _group_of(album)]
        Album.objects.filter(pk__in=freed).update(mbid="", key=Cast("pk", CharField(max_length=40)))
        missing = {group for group in self.groups.values() if group} - set(self.holders)
        for group in sorted(missing):
            artist = self.artists.get(group.artist_key)
            self.holders[group] = Album(
                owner=self.owner, title=group.key[:255], key=group.key, artist=artist, mbid=group.release
            )
        Album.objects.bulk_create([self.holders[group] for group in missing], BATCH_SIZE)
        self.albums |= {self.holders[group].pk: self.holders[group] for group in missing}
        due = []
        for pk, row in self.rows.items():
            wanted, key = self.groups[pk], self.names[pk].album_key
            album_id = self.holders[wanted].pk if wanted else None
            if (row["album_entry"], row["album_key"]) != (album_id, key):
                due.append(Track(pk=pk, album_entry_id=album_id, album_key=key))
        Track.all_objects.bulk_update(due, ["album_entry", "album_key"], BATCH_SIZE)
        self.changed += len(missing) + len(due)

    def _write_albums(self) -> set[UUID]:
        """Give albums what most of their tracks say, and delete empty ones; returns artists that lost an album."""
        facts = self._read_facts()
        lost: set[UUID | None] = set()
        due = []
        for album in (self.albums[pk] for pk in facts):
            before = album.artist_id
            if self._take_over(album, facts[album.pk]):
                due.append(album)
            lost |= {before} - {album.artist_id}
        empty = [album for album in self.albums.values() if album.pk not in facts]
        lost |= {album.artist_id for album in empty}
        Album.objects.bulk_update(due, FACTS, BATCH_SIZE)
        self._pass_on([album for album in empty if album.pk in self.moves])
        Album.objects.filter(pk__in=[album.pk for album in empty]).delete()
        self.changed += len(due) + len(empty)
        album_covers_recompute(owner=self.owner, album_ids=list(facts))
        return {pk for pk in lost if pk}

    def _artists_named_before(self) -> Iterable[UUID]:
        mine = Artist.objects.filter(owner=self.owner, key__in=self.named_before)
        return mine.values_list("pk", flat=True)

    def _read_facts(self) -> dict[UUID, AlbumFacts]:
        """What all the tracks of these albums say; and the artists that are named so are there."""
        tracks: dict[UUID, list[TrackNames]] = defaultdict(list)
        on_them = Track.all_objects.filter(album_entry__in=list(self.albums)).order_by()
        for row in on_them.values("album_entry", *NAME_COLUMNS):
            tracks[row["album_entry"]].append(track_names(row))
        self.groups_of_rows = {album.pk: group for group, album in self.holders.items()}
        facts = {pk: album_facts(names, self.groups_of_rows[pk]) for pk, names in tracks.items()}
        named = {it.artist_key: it.artist for it in facts.values() if it.artist_key not in self.artists}
        more, created = artists_get_or_create(owner=self.owner, names=named)
        self.artists |= more
        self.changed += created
        return facts

    def _take_over(self, album: Album, facts: AlbumFacts) -> bool:
        """Set what an album's tracks say, and the identity that it has by now; returns whether something changed."""
        wanted = {
            "title": facts.title or album.title,
            "key": facts.key,
            "sort_title": sort_key(facts.title or album.title),
            "artist": self.artists.get(facts.artist_key),
            "mbid": self.groups_of_rows[album.pk].release,
            "compilation": facts.compilation,
            "year": facts.year,
        }
        changed = {name: value for name, value in wanted.items() if getattr(album, name) != value}
        for name, value in changed.items():
            setattr(album, name, value)
        return bool(changed)

    def _pass_on(self, albums: Sequence[Album]) -> None:
        """Leave star, cover and saved searches to the albums that the tracks of these have joined."""
        heirs: dict[Group, Album] = {}
        joined = {album.pk: self.holders[self.moves[album.pk]].pk for album in albums}
        for album in albums:
            into = heirs.setdefault(self.moves[album.pk], self.holders[self.moves[album.pk]])
            into.starred_at = into.starred_at or album.starred_at
            if album.cover_id and not into.cover_chosen and (album.cover_chosen or not into.cover_id):
                into.cover_id, into.cover_chosen = album.cover_id, album.cover_chosen
        Album.objects.bulk_update(heirs.values(), ["starred_at", "cover", "cover_chosen"], BATCH_SIZE)
        self.followed += saved_searches_follow_rows(owner=self.owner, parameter="album", joined=joined)


def _group_of(album: Album) -> Group:
    """The identity that a row has."""
    if album.mbid:
        return Group(album.mbid, "", "")
    return Group("", album.artist.key if album.artist else "", album.key)


def _is_named(album: Album, names: set[tuple[str, str]]) -> bool:
    """Whether tracks with these album keys and MusicBrainz releases ("" for none) belong on an album."""
    if not album.mbid:
        own = TrackNames(artist_key=album.artist.key if album.artist else "", title_key=album.key)
        return names == {(own.album_key, "")}
    keys = {key for key, release in names if release == album.mbid}
    return all(release == album.mbid or (not release and key in keys) for key, release in names)


def _rank(album: Album, sizes: dict[UUID, int]) -> tuple[Any, ...]:
    """Which of several rows that become one album is kept: the least."""
    return (album.starred_at is None, not album.cover_chosen, -sizes[album.pk], album.created_at, album.pk)
