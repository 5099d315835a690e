"""What a file's tags say about its place in a library: album artist, all artists, disc and track number, ids.

Formats give these tags different names, and the values are the same texts everywhere. Tags are written by strangers:
what is no number, year or id is left out, and names are never taken apart. Several artists are several values, or the
list that MusicBrainz' programs write; "AC/DC", "Earth, Wind & Fire" and "Ann feat. Bob" are each one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from classifier.years import year_of

#: Counts up when `tag_reader` reads more than before, or otherwise: then the upgrade pass reads again what an older
#: reader has read. Here, because the web process imports no reader.
READER_VERSION = 2
#: The longest name, and how many artists of one track are kept.
MAX_NAME_LENGTH, MAX_ARTISTS = 200, 20
#: Discs and tracks are counted up to here.
MAX_NUMBER = 999

#: The names of each tag, as `plain_name` writes them, the first before the others: ID3, MP4, then what Vorbis comments,
#: APEv2, ASF, FFmpeg and free texts call it.
TAG_NAMES: dict[str, tuple[str, ...]] = {
    "title": ("tit2", "\xa9nam", "title"),
    "album": ("talb", "\xa9alb", "album", "albumtitle"),
    "genre": ("tcon", "\xa9gen", "genre"),
    "date": (
        *("tdrc", "tyer", "\xa9day", "date", "year", "releasedate", "releasetime", "releaseyear", "tdrl"),
        *("datereleased", "daterelease", "recordingdate", "daterecorded"),
    ),
    "album_artist": ("tpe2", "aart", "albumartist"),
    "artist": ("tpe1", "\xa9art", "artist", "author"),
    "artists": ("artists",),
    "disc": ("tpos", "disk", "discnumber", "partofset", "disc"),
    "disc_total": ("disctotal", "totaldiscs"),
    "track": ("trck", "trkn", "tracknumber", "track"),
    "track_total": ("tracktotal", "totaltracks"),
    "compilation": ("tcmp", "cpil", "compilation", "iscompilation", "itunescompilation"),
    "original": (
        *("tdor", "tory", "originaldate", "originalyear"),
        *("originalreleasetime", "originalreleaseyear", "originalreleasedate"),
    ),
    "recording": ("ufidhttpmusicbrainzorg", "musicbrainztrackid", "musicbrainzrecordingid"),
    "release": ("musicbrainzalbumid", "musicbrainzreleaseid"),
    "artist_ids": ("musicbrainzartistid",),
    "album_artist_ids": ("musicbrainzalbumartistid",),
}
KNOWN_NAMES = frozenset(name for names in TAG_NAMES.values() for name in names)
_PREFIX = re.compile(r"(txxx|----:[^:]*):|wm/")
_BETWEEN_WORDS = re.compile(r"[\s_\-/:.]+")
_NUMBER_AND_TOTAL = re.compile(r"(\d{1,4})?(?:\s*/\s*(\d{1,4}))?")
_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")

Values = Mapping[str, Sequence[str]]


def plain_name(name: str) -> str:
    """A tag's name as `TAG_NAMES` has it: `TXXX:MusicBrainz Album Id` and `musicbrainz_albumid` become equal."""
    return _BETWEEN_WORDS.sub("", _PREFIX.sub("", name.lower(), count=1))


def album_fields(values: Values) -> dict[str, Any]:
    """The fields that some tags have, from their cleaned texts by `plain_name`.

    `album_artist` (str), `artist_names` (list, if there are several), `disc_number`, `disc_total`, `track_number`,
    `track_total`, `original_year` (int), `compilation` (True), and `musicbrainz`: {"recording", "release", "artists",
    "album_artists": list of ids}. What the tags lack is left out.
    """
    disc, track = first_value(values, "disc"), first_value(values, "track")
    found = {
        "album_artist": first_value(values, "album_artist")[:MAX_NAME_LENGTH].strip(),
        "artist_names": _artist_names(values),
        "disc_number": _number(disc, 1),
        "disc_total": _number(disc, 2) or _number(first_value(values, "disc_total"), 1),
        "track_number": _number(track, 1),
        "track_total": _number(track, 2) or _number(first_value(values, "track_total"), 1),
        "original_year": first_year(values, "original"),
        "compilation": first_value(values, "compilation").lower() in ("1", "true", "yes"),
        "musicbrainz": _musicbrainz(values),
    }
    return {name: value for name, value in found.items() if value}


def all_values(values: Values, tag: str) -> Sequence[str]:
    """The values of a tag, under the first of its names that the file has."""
    return next((values[name] for name in TAG_NAMES[tag] if values.get(name)), ())


def first_value(values: Values, tag: str) -> str:
    """The first value of a tag, from texts by `plain_name`; "" if there is none."""
    return next(iter(all_values(values, tag)), "")


def first_year(values: Values, tag: str) -> int | None:
    """The first year in any value of a tag, by the order of its names."""
    texts = (text for name in TAG_NAMES[tag] for text in values.get(name, ()))
    return next(filter(None, map(year_of, texts)), None)


def artists_of(values: Values) -> str:
    """The artists as one text: a file may have several values, or one that joins them as its owner likes."""
    return ", ".join(_distinct(all_values(values, "artist")))


def _artist_names(values: Values) -> list[str]:
    """Every artist as the file names them, if it names several."""
    for tag in ("artists", "artist"):
        if len(names := _distinct(all_values(values, tag))) > 1:
            return names
    return []


def _distinct(names: Sequence[str]) -> list[str]:
    distinct: dict[str, str] = {}
    for value in names[:MAX_ARTISTS]:
        if name := value[:MAX_NAME_LENGTH].strip():
            distinct.setdefault(name.casefold(), name)
    return [*distinct.values()]


def _number(text: str, part: int) -> int | None:
    """The number (part 1) or the total (part 2) of "3" or "3/12"."""
    match = _NUMBER_AND_TOTAL.match(text)
    number = int((match and match.group(part)) or 0)
    return number if 1 <= number <= MAX_NUMBER else None


def _musicbrainz(values: Values) -> dict[str, list[str]]:
    limits = {"recording": 1, "release": 1, "artists": MAX_ARTISTS, "album_artists": MAX_ARTISTS}
    tags = {"artists": "artist_ids", "album_artists": "album_artist_ids"}
    ids = {
        name: list(dict.fromkeys(_UUID.findall(" ".join(all_values(values, tags.get(name, name))).lower())))
        for name in limits
    }
    return {name: found[: limits[name]] for name, found in ids.items() if found}
