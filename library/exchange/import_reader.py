"""Reading an export. Every entry is checked for types, lengths and ranges before it is used."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from django.utils import timezone

from classifier.album_tags import MAX_ARTISTS
from library.exchange import FORMAT, VERSION
from library.exchange.json_stream import BadDocumentError, iter_members
from library.genres import BUILTIN_GENRES, UNSURE
from library.models.albums import TITLE_LENGTH
from library.models.genres import HUES
from library.models.playlists import PLAYLIST_NAME_ROOM, QUERY_LENGTH
from library.models.plays import FIRST_PLAY, MAX_PLAYS
from library.models.tags import KEY_LENGTH as TAG_KEY_LENGTH
from library.models.tracks import EDITABLE_FIELDS, GENRE_LENGTH, MAX_NUMBER, MAX_RATING, NAME_ROOM
from library.text import is_storable
from library.text.folding import name_key

#: The maximum length of each list.
MAX_LIST_ENTRIES = {
    "genres": 1000,
    "tags": 10_000,
    "tracks": 1_000_000,
    "playlists": 5000,
    "concepts": 11_000,
    "albums": 1_000_000,
    "artists": 1_000_000,
}
#: The maximum length of each list of a track. Nobody can exceed it on a site: whatever is stored can be read.
MAX_ENTRIES_OF_TRACK = 10_000
MBID_LENGTH = 36
_KEY = re.compile(rf"[\w-]{{1,{GENRE_LENGTH}}}")
_HASH = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MUSICBRAINZ_IDS = ("recording", "release", "artists", "album_artists")
#: Fields that are numbers from 1 on, with the largest.
NUMBERS = dict.fromkeys(("year", "original_year"), 9999) | dict.fromkeys(
    ("disc_number", "disc_total", "track_number", "track_total"), MAX_NUMBER
)


@dataclass(frozen=True, slots=True)
class GenreEntry:
    key: str
    name: str
    hue: int
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class TagEntry:
    name: str
    hue: int
    coloured: bool


@dataclass(frozen=True, slots=True)
class VerdictEntry:
    at: datetime
    by_owner: bool
    before: str
    genre: str
    heard: str
    sure: bool
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrackEntry:
    sha256: str
    file_name: str
    added: datetime
    edits: dict[str, Any]
    starred_at: datetime | None
    rating: int | None
    plays: list[datetime]
    artist_names: list[str]
    musicbrainz: dict[str, list[str]]
    tags: list[str]
    rejected: list[str]
    verdicts: list[VerdictEntry]


@dataclass(frozen=True, slots=True)
class PlaylistEntry:
    name: str
    smart: bool
    query: str
    tracks: list[str]


@dataclass(frozen=True, slots=True)
class AnswerEntry:
    sha256: str
    yes: bool
    asked: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ConceptEntry:
    """`genre` is a key and `tag` a name; one of the two is empty."""

    genre: str
    tag: str
    answers: list[AnswerEntry]
    sets_since: datetime | None


@dataclass(frozen=True, slots=True)
class AlbumEntry:
    """An album with a star. `artist` is the album artist, "" for none; `mbid` its MusicBrainz id, "" for none."""

    title: str
    artist: str
    mbid: str
    starred_at: datetime


@dataclass(frozen=True, slots=True)
class ArtistEntry:
    """An artist with a star."""

    name: str
    starred_at: datetime


Entry = GenreEntry | TagEntry | TrackEntry | PlaylistEntry | ConceptEntry | AlbumEntry | ArtistEntry


def read_entries(file: IO[bytes]) -> Iterator[Entry]:
    """The entries of an export, checked. Raises BadDocumentError."""
    counts: Counter[str] = Counter()
    head: dict[str, Any] = {}
    for name, value in iter_members(file):
        if name not in ENTRY_PARSERS:
            head[name] = value if name in ("format", "version") else None
            continue
        counts[name] += 1
        if counts[name] > MAX_LIST_ENTRIES[name]:
            raise BadDocumentError(f"it has more than {MAX_LIST_ENTRIES[name]:,} {name}")
        if not isinstance(value, dict):
            raise BadDocumentError(f"entry {counts[name]} of “{name}” is not an object")
        try:
            yield ENTRY_PARSERS[name](value)
        except BadDocumentError as error:
            raise BadDocumentError(f"entry {counts[name]} of “{name}”: {error}") from None
    version = head.get("version")
    if head.get("format") != FORMAT or type(version) is not int or version < 1:
        raise BadDocumentError("it is not an Earmark export")
    if version > VERSION:
        raise BadDocumentError(f"it was written by a newer version of Earmark (document version {version})")


def _parse_genre(row: dict[str, Any]) -> GenreEntry:
    key = _text(row, "key", GENRE_LENGTH)
    name = _text(row, "name", NAME_ROOM)
    builtin_names = {name_key(word) for word in (*BUILTIN_GENRES, *BUILTIN_GENRES.values(), UNSURE)}
    if not _KEY.fullmatch(key) or key in builtin_names or name_key(name) in builtin_names:
        raise BadDocumentError("an own genre cannot have this key or name")
    return GenreEntry(key, name, _hue(row), _datetime(row, "retired_at", optional=True))


def _parse_tag(row: dict[str, Any]) -> TagEntry:
    return TagEntry(
        _checked_text(row.get("name"), "name", NAME_ROOM),
        _hue(row),
        "coloured" in row and _bool(row, "coloured"),
    )


def _parse_track(row: dict[str, Any]) -> TrackEntry:
    edited = _list(row, "edited", len(EDITABLE_FIELDS))
    if not all(isinstance(field, str) and field in EDITABLE_FIELDS for field in edited):
        raise BadDocumentError("“edited” names an unknown field")
    added = _datetime(row, "added")
    assert added
    return TrackEntry(
        sha256=_hash(row.get("sha256")),
        file_name=_text(row, "file_name", 255),
        added=added,
        edits={field: _edited_value(row, field) for field in edited},
        starred_at=_datetime(row, "starred_at", optional=True),
        rating=_rating(row),
        plays=_plays(row),
        artist_names=_artist_names(row),
        musicbrainz=_musicbrainz(row),
        tags=[_checked_text(word, "tags", NAME_ROOM) for word in _list(row, "tags", MAX_ENTRIES_OF_TRACK)],
        rejected=[
            _checked_text(word, "rejected", TAG_KEY_LENGTH)
            for word in _list(row, "rejected", MAX_ENTRIES_OF_TRACK)
        ],
        verdicts=[_parse_verdict(word) for word in _list(row, "verdicts", MAX_ENTRIES_OF_TRACK)],
    )


def _parse_verdict(row: Any) -> VerdictEntry:
    if not isinstance(row, dict):
        raise BadDocumentError("“verdicts” has an entry that is not an object")
    at = _datetime(row, "at")
    assert at
    names = {name: _text(row, name, GENRE_LENGTH, blank=True) for name in ("before", "genre", "heard")}
    undone_at = _datetime(row, "undone_at", optional=True)
    return VerdictEntry(
        at=at, by_owner=row.get("by") == "owner", sure=_bool(row, "sure"), undone_at=undone_at, **names
    )


def _parse_playlist(row: dict[str, Any]) -> PlaylistEntry:
    return PlaylistEntry(
        name=_text(row, "name", PLAYLIST_NAME_ROOM),
        smart=_bool(row, "smart"),
        query=_text(row, "query", QUERY_LENGTH, blank=True),
        tracks=[_hash(value) for value in _list(row, "tracks", 100_000)],
    )


def _parse_concept(row: dict[str, Any]) -> ConceptEntry:
    if (row.get("genre") is None) == (row.get("tag") is None):
        raise BadDocumentError("it is about neither a genre nor a tag, or about both")
    return ConceptEntry(
        genre="" if row.get("genre") is None else _text(row, "genre", GENRE_LENGTH),
        tag="" if row.get("tag") is None else _checked_text(row.get("tag"), "tag", NAME_ROOM),
        answers=[_parse_answer(answer) for answer in _list(row, "answers", 100_000)],
        sets_since=_datetime(row, "sets_since", optional=True),
    )


def _parse_answer(row: Any) -> AnswerEntry:
    if not isinstance(row, dict):
        raise BadDocumentError("“answers” has an entry that is not an object")
    at = _datetime(row, "at")
    assert at
    return AnswerEntry(_hash(row.get("sha256")), _bool(row, "yes"), _bool(row, "asked"), at)


def _parse_album(row: dict[str, Any]) -> AlbumEntry:
    starred_at = _datetime(row, "starred_at")
    assert starred_at
    return AlbumEntry(
        title=_text(row, "title", TITLE_LENGTH),
        artist="" if row.get("artist") is None else _text(row, "artist", TITLE_LENGTH),
        mbid=_text(row, "mbid", MBID_LENGTH, blank=True),
        starred_at=starred_at,
    )


def _parse_artist(row: dict[str, Any]) -> ArtistEntry:
    starred_at = _datetime(row, "starred_at")
    assert starred_at
    return ArtistEntry(_text(row, "name", TITLE_LENGTH), starred_at)


ENTRY_PARSERS: dict[str, Any] = {
    "genres": _parse_genre,
    "tags": _parse_tag,
    "tracks": _parse_track,
    "playlists": _parse_playlist,
    "concepts": _parse_concept,
    "albums": _parse_album,
    "artists": _parse_artist,
}


def _edited_value(row: dict[str, Any], field: str) -> str | int | None:
    if field == "compilation":
        return _bool(row, field)
    if field in NUMBERS:
        number, most = row.get(field), NUMBERS[field]
        if number is not None and (type(number) is not int or not 1 <= number <= most):
            raise BadDocumentError(f"“{field}” is not a number from 1 to {most}")
        return number
    return _text(row, field, 255, blank=field != "title")


def _artist_names(row: dict[str, Any]) -> list[str]:
    if row.get("artist_names") is None:
        return []
    names = _list(row, "artist_names", MAX_ARTISTS)
    return [_checked_text(name, "artist_names", 255) for name in names]


def _musicbrainz(row: dict[str, Any]) -> dict[str, list[str]]:
    """Names that are unknown are left out: a later version may know more."""
    if row.get("musicbrainz") is None:
        return {}
    if not isinstance(given := row["musicbrainz"], dict):
        raise BadDocumentError("“musicbrainz” is not an object")
    ids = {name: _list(given, name, MAX_ARTISTS) for name in MUSICBRAINZ_IDS if name in given}
    if not all(isinstance(id_, str) and _UUID.fullmatch(id_) for some in ids.values() for id_ in some):
        raise BadDocumentError("“musicbrainz” has something that is no id")
    return {name: some for name, some in ids.items() if some}


def _text(row: dict[str, Any], name: str, most: int, *, blank: bool = False) -> str:
    if blank and row.get(name) == "":
        return ""
    return _checked_text(row.get(name), name, most)


def _checked_text(value: Any, name: str, most: int) -> str:
    if not isinstance(value, str) or not is_storable(value, most):
        raise BadDocumentError(f"“{name}” is not a text of 1 to {most} characters")
    return value


def _bool(row: dict[str, Any], name: str) -> bool:
    if not isinstance(value := row.get(name), bool):
        raise BadDocumentError(f"“{name}” is not true or false")
    return value


def _rating(row: dict[str, Any]) -> int | None:
    rating = row.get("rating")
    if rating is not None and (type(rating) is not int or not 1 <= rating <= MAX_RATING):
        raise BadDocumentError(f"“rating” is not a number from 1 to {MAX_RATING}")
    return rating


def _plays(row: dict[str, Any]) -> list[datetime]:
    if row.get("plays") is None:
        return []
    moments = [_moment(value, "plays") for value in _list(row, "plays", MAX_PLAYS)]
    if moments and min(moments) < FIRST_PLAY:
        raise BadDocumentError(f"“plays” has one before {FIRST_PLAY.year}")
    return moments


def _hue(row: dict[str, Any]) -> int:
    if type(hue := row.get("hue")) is not int or not 0 <= hue < HUES:
        raise BadDocumentError(f"“hue” is not a number from 0 to {HUES - 1}")
    return hue


def _hash(value: Any) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise BadDocumentError("a hash is not a SHA-256 in lower case")
    return value


def _list(row: dict[str, Any], name: str, most: int) -> list[Any]:
    if not isinstance(value := row.get(name), list) or len(value) > most:
        raise BadDocumentError(f"“{name}” is not a list of at most {most:,} entries")
    return value


def _datetime(row: dict[str, Any], name: str, *, optional: bool = False) -> datetime | None:
    value = row.get(name)
    return None if value is None and optional else _moment(value, name)


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_checked_text(value, name, 40))
        if moment.tzinfo is None or not 1970 <= moment.year < 9999:
            raise ValueError
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadDocumentError(f"“{name}” is not a date with time and time zone") from None
    if moment > timezone.now() + timedelta(days=1):
        raise BadDocumentError(f"“{name}” is in the future")
    return moment
