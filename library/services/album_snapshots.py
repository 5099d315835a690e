"""The rows of artists and albums before a bulk action changes names: kept in its data, moved ahead, and restored.

An undo brings back rows with their ids, and stars and covers to where they were. What somebody else's row has become
meanwhile stays with that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from library.models import Album, Artist, BulkAction, Cover, Track, TrackArtist
from library.services.album_names import (
    NAME_COLUMNS,
    NO_ALBUM,
    Group,
    TrackNames,
    album_facts,
    most_common,
    sort_key,
    title_key,
    track_names,
)
from library.services.artists import artists_get_or_create
from library.services.batches import BATCH_SIZE

ARTIST_COLUMNS = ("id", "name", "key", "mbid", "starred_at", "created_at")
ALBUM_COLUMNS = (
    *("id", "title", "key", "artist_id", "mbid", "compilation", "year", "cover_id", "cover_chosen"),
    *("starred_at", "created_at"),
)
Row = dict[str, Any]


def rows_move(action: BulkAction) -> None:
    """Note in an action's data the rows that it is about, and give them the identity that they will have."""
    owner, data = action.person, action.data
    if "artists" in data:
        artists = Artist.objects.filter(Q(key__in=data["artists"]) | Q(pk=data["into"]), owner=owner)
        albums = Album.objects.filter(artist__in=artists)
    else:
        albums = Album.objects.filter(owner=owner, pk__in=data["albums"])
        artists = Artist.objects.filter(albums__in=albums)
    data["rows"] = {
        "artists": [_as_json(row) for row in artists.order_by("pk").distinct().values(*ARTIST_COLUMNS)],
        "albums": [_as_json(row) for row in albums.order_by("pk").values(*ALBUM_COLUMNS)],
    }
    if "artists" in data:
        _artists_move(action)
    elif data["into"] is None:
        _album_move(action)


def _artists_move(action: BulkAction) -> None:
    """Call the artist so, and give it the albums of the others, except where it has one of that title."""
    data = action.data
    into = Artist.objects.filter(owner=action.person, pk=data["into"]).first()
    if into is None:
        return
    into.name, into.key, into.sort_name = data["name"], title_key(data["name"]), sort_key(data["name"])
    merged = Artist.objects.filter(owner=action.person, key__in=data["artists"]).exclude(pk=into.pk)
    stars = [star for star in merged.values_list("starred_at", flat=True) if star]
    into.starred_at = into.starred_at or min(stars, default=None)
    into.save(update_fields=["name", "key", "sort_name", "starred_at"])
    titles = set(Album.objects.filter(artist=into, mbid="").values_list("key", flat=True))
    moved = []
    for album in Album.objects.filter(artist__in=merged).order_by("created_at", "pk"):
        if album.mbid or album.key not in titles:
            titles |= {album.key} - ({album.key} if album.mbid else set())
            album.artist = into
            moved.append(album)
    Album.objects.bulk_update(moved, ["artist"], BATCH_SIZE)


def _album_move(action: BulkAction) -> None:
    """Give an album that is edited the title and artist that it will have, unless there is another of these already."""
    album = Album.objects.filter(owner=action.person, pk__in=action.data["albums"]).first()
    if album is None:
        return
    tracks = Track.all_objects.filter(album_entry=album).order_by().values(*NAME_COLUMNS)
    names = [track_names(row | action.data["album"]) for row in tracks]
    if names:
        group = most_common([Group("", it.artist_key, it.title_key) for it in names])
        album_identify(album=album, names=names, group=group._replace(release=album.mbid))


def album_identify(*, album: Album, names: Sequence[TrackNames], group: Group) -> None:
    """Give an album the identity that its tracks will have by these names, unless another album has it."""
    facts = album_facts(names, group)
    artists, _ = artists_get_or_create(owner=album.owner, names={facts.artist_key: facts.artist})
    album.artist, album.title, album.key = artists.get(facts.artist_key), facts.title, facts.key
    album.sort_title, album.mbid = sort_key(album.title), group.release
    same = Album.objects.filter(owner=album.owner, mbid=album.mbid).exclude(pk=album.pk)
    if not album.mbid:
        same = same.filter(artist=album.artist, key=album.key)
    if not same.exists():
        album.save(update_fields=["title", "key", "sort_title", "artist", "mbid"])


def rows_note(action: BulkAction, tracks: Sequence[Track], names: Iterable[TrackNames]) -> None:
    """Note in an action's data the rows of tracks that it is about to change, and those that their new `names` mean.

    Rows that are noted already stay as they were before the action's first batch; those that it has created itself are
    left out.
    """
    names, mine = list(names), Track.all_objects.filter(owner=action.person)
    joined = mine.filter(album_key__in={it.album_key for it in names} - {NO_ALBUM}).order_by()
    albums: set[UUID | None] = {*joined.values_list("album_entry", flat=True).distinct()}
    albums |= {track.album_entry_id for track in tracks}
    releases = {it.release for it in names} - {""}
    found = Album.objects.filter(Q(pk__in=albums - {None}) | Q(mbid__in=releases), owner=action.person)
    keys = {key for it in names for key in (it.artist_key, *(it.artists or ()))} - {""}
    named: set[UUID | None] = {row.artist_id for row in TrackArtist.objects.filter(track__in=tracks)}
    named |= {*found.values_list("artist", flat=True)}
    artists = Artist.objects.filter(Q(pk__in=named - {None}) | Q(key__in=keys), owner=action.person)
    rows = action.data.setdefault("rows", {"artists": [], "albums": []})
    new = False
    for kind, query, columns in (("artists", artists, ARTIST_COLUMNS), ("albums", found, ALBUM_COLUMNS)):
        known = {row["id"] for row in rows[kind]}
        older = query.filter(created_at__lt=action.created_at).order_by("pk").values(*columns)
        more = [row for row in map(_as_json, older) if row["id"] not in known]
        rows[kind] += more
        new = new or bool(more)
    if new:
        BulkAction.objects.filter(pk=action.pk).update(data=action.data)


def rows_restore_again(action: BulkAction, album_ids: Collection[str], artist_keys: Collection[str]) -> None:
    """Bring back, of the rows that an action was about, those of the tracks that are about to get their names back.

    Batches before them may have given an album that was still without its own tracks to others.
    """
    rows = action.data.get("rows", {"artists": [], "albums": []})
    albums = [row for row in rows["albums"] if row["id"] in album_ids]
    needed = {row["artist_id"] for row in albums}
    artists = [row for row in rows["artists"] if row["id"] in needed or row["key"] in artist_keys]
    _artists_restore(action, artists)
    _albums_restore(action, albums)


def stars_restore(action: BulkAction) -> None:
    """Take from albums, at the end of an undo, stars and covers that a row of the action left them when it vanished."""
    rows = action.data.get("rows", {"albums": []})["albums"]
    stars, covers = {_moment(row["starred_at"]) for row in rows}, {row["cover_id"] for row in rows}
    there = {str(pk) for pk in Cover.objects.filter(pk__in=covers - {None}).values_list("pk", flat=True)}
    albums = Album.objects.filter(owner=action.person).in_bulk([row["id"] for row in rows])
    due = []
    for row in rows:
        if album := albums.get(UUID(row["id"])):
            before = (album.starred_at, album.cover_id, album.cover_chosen)
            album.starred_at = _star(album.starred_at, row, stars)
            if album.cover_id and album.cover_chosen and str(album.cover_id) in covers:
                kept = row["cover_id"] if row["cover_id"] in there else None
                album.cover_id, album.cover_chosen = kept, kept is not None and row["cover_chosen"]
            if before != (album.starred_at, album.cover_id, album.cover_chosen):
                due.append(album)
    Album.objects.bulk_update(due, ["starred_at", "cover", "cover_chosen"], BATCH_SIZE)


def album_ids_of(action: BulkAction) -> list[UUID]:
    """The albums that an action was about, as its data note them."""
    return [UUID(row["id"]) for row in action.data.get("rows", {"albums": []})["albums"]]


def rows_restore(action: BulkAction) -> None:
    """Bring back the rows that an action was about, with their ids, stars and covers; tracks follow."""
    rows = action.data.get("rows", {"artists": [], "albums": []})
    _artists_restore(action, rows["artists"])
    _albums_restore(action, rows["albums"])


def _artists_restore(action: BulkAction, rows: list[Row]) -> None:
    mine = Artist.objects.filter(owner=action.person)
    there = mine.in_bulk([UUID(row["id"]) for row in rows])
    taken = dict(mine.filter(key__in=[row["key"] for row in rows]).values_list("key", "pk"))
    stars = {_moment(row["starred_at"]) for row in rows}
    due, new = [], []
    for row in rows:
        pk = UUID(row["id"])
        artist = there.get(pk)
        if taken.get(row["key"], pk) != pk:
            continue  # another artist is called so by now
        if artist is None:
            new.append(Artist(owner=action.person, **_from_json(row), sort_name=sort_key(row["name"])))
            continue
        artist.name, artist.key, artist.sort_name = row["name"], row["key"], sort_key(row["name"])
        artist.starred_at = _star(artist.starred_at, row, stars)
        due.append(artist)
    Artist.objects.bulk_update(due, ["name", "key", "sort_name", "starred_at"], BATCH_SIZE)
    _create(Artist, new, rows)


def _albums_restore(action: BulkAction, rows: list[Row]) -> None:
    mine = Album.objects.filter(owner=action.person)
    there = mine.in_bulk([UUID(row["id"]) for row in rows])
    keys, releases = [row["key"] for row in rows], [row["mbid"] for row in rows if row["mbid"]]
    named = mine.filter(Q(key__in=keys, mbid="") | Q(mbid__in=releases))
    taken = {_identity(row): row["id"] for row in named.values("id", "artist_id", "key", "mbid")}
    artists = set(Artist.objects.filter(owner=action.person).values_list("pk", flat=True)) if rows else set()
    covers = set(Cover.objects.filter(owner=action.person).values_list("pk", flat=True)) if rows else set()
    stars, inherited = {_moment(row["starred_at"]) for row in rows}, {row["cover_id"] for row in rows}
    due, new = [], []
    for row in map(_from_json, rows):
        album = there.get(row["id"])
        if row["cover_id"] not in covers:
            row |= {"cover_id": None, "cover_chosen": False}
        if taken.get(_identity(row), row["id"]) != row["id"] or row["artist_id"] not in {*artists, None}:
            continue  # another album is called so by now, or its artist could not be brought back
        if album is None:
            new.append(Album(owner=action.person, **row, sort_title=sort_key(row["title"])))
            continue
        for name in ("title", "key", "artist_id", "mbid"):
            setattr(album, name, row[name])
        album.sort_title = sort_key(row["title"])
        album.starred_at = _star(album.starred_at, row, stars)
        if album.cover_id and str(album.cover_id) in inherited:
            album.cover_id, album.cover_chosen = row["cover_id"], row["cover_chosen"]
        due.append(album)
    fields = ["title", "key", "sort_title", "artist", "mbid", "starred_at", "cover", "cover_chosen"]
    Album.objects.bulk_update(due, fields, BATCH_SIZE)
    _create(Album, new, rows)


def _create(model: type[Artist] | type[Album], new: list[Any], rows: list[Row]) -> None:
    """Create rows, with the dates that they had."""
    dates = {UUID(row["id"]): _moment(row["created_at"]) for row in rows}
    model._default_manager.bulk_create(new, BATCH_SIZE)
    for row in new:
        row.created_at = dates[row.pk]  # creating a row sets it to now
    model._default_manager.bulk_update(new, ["created_at"], BATCH_SIZE)


def _identity(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["mbid"],) if row["mbid"] else (row["artist_id"], row["key"])


def _star(now: datetime | None, row: Mapping[str, Any], stars: Iterable[datetime | None]) -> datetime | None:
    """The star that a row keeps: not one that it got from another row of the action."""
    return _moment(row["starred_at"]) if now is None or now in stars else now


def _moment(text: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else text


def _as_json(row: Mapping[str, Any]) -> Row:
    plain: Row = {}
    for name, value in row.items():
        if isinstance(value, UUID):
            value = str(value)
        elif isinstance(value, datetime):
            value = value.isoformat()
        plain[name] = value
    return plain


def _from_json(row: Mapping[str, Any]) -> Row:
    values = {name: row[name] for name in row}
    for name in ("id", "artist_id", "cover_id"):
        if values.get(name):
            values[name] = UUID(values[name])
    for name in ("starred_at", "created_at"):
        values[name] = _moment(values[name])
    return values
