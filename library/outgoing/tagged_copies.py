"""Copies of tracks with the library's tags written into them, made for one download and not kept."""

from __future__ import annotations

import re
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.http import Http404
from django.http.response import HttpResponseBase

from classifier.formats import AUDIO_FORMATS
from classifier.tagged_copies import TAGGABLE_FORMATS, write_tagged_copy
from library.models import Track
from library.outgoing.files import UNCACHED_HEADERS
from library.outgoing.originals import damage_refuse
from library.outgoing.streams import StreamedDownload
from library.selectors import GenreNames, taggings_on
from library.services.track_files import local_copy
from library.text import without_control_characters

_WRITTEN_SOURCES = {
    "owner": (Track.Source.OWNER,),
    "heard": (Track.Source.OWNER, Track.Source.LEARNED, Track.Source.MODEL),
}
#: Names that mean a device on Windows, whatever their extension.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


class CopyGenre(StrEnum):
    """Which genre is written into a copy: that of the owner's verdict, or also one that Earmark hears."""

    OWNER = "owner"
    HEARD = "heard"


def tags_to_write(track: Track, genres: GenreNames, genre: CopyGenre = CopyGenre.HEARD) -> dict[str, Any]:
    """Values by tag, None for a tag to remove: those that the owner has edited, own tags, and the genre.

    What the owner did not edit stays in the file as it is, whatever of it Earmark shows.
    """
    # Not the tags that Earmark has set: a file says what its owner says.
    own = [tagging.tag.name for tagging in taggings_on(track) if tagging.concept_id is None]
    tags: dict[str, Any] = {"tags": own} if own else {}
    for field in ("title", "artist", "album", "year", "album_artist", "original_year", "compilation"):
        if field in track.edited:
            value = getattr(track, field)
            tags[field] = ("1" if value is True else str(value)) if value else None
    if "artist" in track.edited:
        tags["artists"] = track.artist_names
    for part in ("disc", "track"):
        number, total = (getattr(track, f"{part}_{what}") for what in ("number", "total"))
        if {f"{part}_number", f"{part}_total"} & {*track.edited}:
            tags[part] = f"{number or 0}/{total}" if total else str(number) if number else None
    # Where the file's own genre counts, it stays as the file has it: "Heavy Metal", not "Metal".
    if track.genre and track.genre_source in _WRITTEN_SOURCES[genre]:
        tags["genre"] = genres.by_key(track.genre).name
    return tags


def tagged_copy_file(track: Track, genres: GenreNames, genre: CopyGenre) -> IO[bytes] | None:
    """A temporary copy of the track's file with its tags, deleted on closing; None for files that take no tags.

    Raises FileNotFoundError when the track's file is missing, DomainError: `file_damaged`.
    """
    if track.kind not in TAGGABLE_FORMATS:
        return None
    damage_refuse(track)
    # The caller closes it.
    copy = tempfile.NamedTemporaryFile(prefix="copy-", dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
    try:
        with local_copy(track.original) as path:
            tags = tags_to_write(track, genres, genre)
            if write_tagged_copy(path, Path(copy.name), kind=track.kind, tags=tags):
                return copy
    except BaseException:
        copy.close()
        raise
    copy.close()
    return None


def tagged_copy_response(track: Track, genres: GenreNames, genre: CopyGenre) -> HttpResponseBase | None:
    """A tagged copy as a download; None for files that take no tags.

    Raises Http404 when the file is missing, DomainError: `file_damaged`.
    """
    try:
        content = tagged_copy_file(track, genres, genre)
    except FileNotFoundError:
        raise Http404 from None
    if content is None:
        return None
    kind = AUDIO_FORMATS[track.kind]
    return StreamedDownload(
        content,
        as_attachment=True,
        filename=f"{safe_path_part(str(track)) or 'Untitled'}{kind.extension}",
        content_type=kind.mime,
        headers=UNCACHED_HEADERS,
    )


def safe_path_part(text: str) -> str:
    """A text as one part of a path on any system: no separators or control characters, at most 120 bytes."""
    text = re.sub(r'[/\\:*?"<>|]', "_", without_control_characters(text)).strip(" .")
    text = text.encode()[:120].decode(errors="ignore").strip(" .")
    return f"_{text}" if _DEVICES.match(text) else text
