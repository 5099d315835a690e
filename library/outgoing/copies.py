"""Tagged copies, and archives of many files: made while they are sent, with nothing kept.

A ZIP is written entry by entry into a pipe that holds one chunk. What is in it is stored, not packed: sound
does not get smaller.
"""

from __future__ import annotations

import io
import itertools
import re
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from classifier.formats import AUDIO_FORMATS
from classifier.tagged_copies import TAGGABLE_FORMATS, write_tagged_copy
from library.models import Track, User
from library.outgoing.files import CHUNK
from library.selectors import GenreNames, genre_names_of, tracks_of
from library.services.track_files import local_copy

BATCH = 100
#: Names that mean a device on Windows, whatever their ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def tags_to_write(track: Track, genres: GenreNames) -> dict[str, Any]:
    """What is written into a copy. What is not known here stays in it as it was, unless it was taken out by hand."""
    tags: dict[str, Any] = {"title": track.title, "tags": [tag.name for tag in track.tags.all()]}
    for field in ("artist", "album", "year"):
        if value := getattr(track, field):
            tags[field] = str(value)
        elif field in track.edited:
            tags[field] = None
    if track.genre:
        tags["genre"] = genres.named(track.genre).name
    return tags


def tagged_copy_file(track: Track, genres: GenreNames) -> IO[bytes] | None:
    """A copy of the track's file with its tags, which is gone when it is closed; None if the file takes none."""
    if track.kind not in TAGGABLE_FORMATS:
        return None
    # Closed by whoever sends it.
    copy = tempfile.NamedTemporaryFile(prefix="copy-", dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
    try:
        with local_copy(track.original) as path:
            if write_tagged_copy(path, Path(copy.name), kind=track.kind, tags=tags_to_write(track, genres)):
                return copy
    except BaseException:
        copy.close()
        raise
    copy.close()
    return None


def tagged_copy_response(track: Track, genres: GenreNames) -> HttpResponseBase | None:
    """A copy with tags, as a download; None if the file takes none. Raises Http404 when there is no file."""
    try:
        content = tagged_copy_file(track, genres)
    except FileNotFoundError:
        raise Http404 from None
    if content is None:
        return None
    kind = AUDIO_FORMATS[track.kind]
    name = f"{safe_path_part(str(track)) or 'Untitled'}{kind.extension}"
    return _with_private_headers(
        FileResponse(content, as_attachment=True, filename=name, content_type=kind.mime)
    )


def archive_response(owner: User, track_ids: Sequence[UUID], *, with_tags: bool) -> HttpResponseBase:
    """An archive of some of the owner's tracks, as a download that is sent while it is made."""
    parts = stream_archive(owner, track_ids, with_tags=with_tags)
    response = StreamingHttpResponse(parts, content_type="application/zip")
    filename = f"Earmark {timezone.localdate().isoformat()}.zip"
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    return _with_private_headers(response)


def _with_private_headers(response: StreamingHttpResponse) -> StreamingHttpResponse:
    # What people upload never runs as a page of this site, and is for them alone.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def stream_archive(owner: User, track_ids: Sequence[UUID], *, with_tags: bool) -> Iterator[bytes]:
    """A ZIP of the owner's tracks, in that order: originals, or copies with tags where a file takes them."""
    pipe, genres, names, remarks = _Pipe(), genre_names_of(owner), _EntryNames(), []
    with zipfile.ZipFile(pipe, "w") as out:
        for track in _tracks_in_order(owner, track_ids):
            name = names.take(track)
            try:
                content, remark = _content(track, genres, with_tags)
                with content:
                    yield from _add(out, pipe, _zip_info(name, track), content)
            except FileNotFoundError:
                remark = "is not in the store any more"
            if remark:
                remarks.append(f"{name}: {remark}\r\n")
        if remarks:
            text = "".join(remarks).encode()
            yield from _add(out, pipe, zipfile.ZipInfo("Please note.txt"), io.BytesIO(text))
    yield pipe.take()


def _content(track: Track, genres: GenreNames, with_tags: bool) -> tuple[IO[bytes], str]:
    """What goes into the archive for a track, and what is to be said about it."""
    if with_tags and (copy := tagged_copy_file(track, genres)):
        return copy, ""
    original = track.original.storage.open(str(track.original.name))
    return original, "the original, since no tags can be written into it" if with_tags else ""


def _add(out: zipfile.ZipFile, pipe: _Pipe, entry: zipfile.ZipInfo, content: IO[bytes]) -> Iterator[bytes]:
    with out.open(entry, "w") as safe_path_part:
        while chunk := content.read(CHUNK):
            safe_path_part.write(chunk)
            yield pipe.take()


def _zip_info(name: str, track: Track) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, track.created_at.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    entry.file_size = track.size  # a hint, for sizes beyond 4 GB
    return entry


def _tracks_in_order(owner: User, track_ids: Sequence[UUID]) -> Iterator[Track]:
    """Tracks by id, some at a time: a download may last, and no query should last as long."""
    for some in itertools.batched(dict.fromkeys(track_ids), BATCH):
        there = tracks_of(owner).prefetch_related("tags").in_bulk(some)
        yield from (there[pk] for pk in some if pk in there)


class _Pipe(io.RawIOBase):
    """What zipfile writes to, and a response reads from. It cannot seek, so nothing has to be kept."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, safe_path_part: Any) -> int:
        self._parts.append(bytes(safe_path_part))
        return len(safe_path_part)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class _EntryNames:
    """`Artist/Album/Title.ext`, each once, whatever the case."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, track: Track) -> str:
        folder = f"{safe_path_part(track.artist) or 'Unknown artist'}/{safe_path_part(track.album) or 'Unknown album'}"
        title, extension = safe_path_part(track.title) or "Untitled", AUDIO_FORMATS[track.kind].extension
        for number in itertools.count(1):
            again = f" ({number})" if number > 1 else ""
            name = f"{folder}/{title}{again}{extension}"
            if name.casefold() not in self._taken:
                break
        self._taken.add(name.casefold())
        return name


def safe_path_part(text: str) -> str:
    """A text as one part of a path, on any system: no separators, no control characters, not too long."""
    text = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] != "C")
    text = re.sub(r'[/\\:*?"<>|]', "_", text).strip(" .")
    text = text.encode()[:120].decode(errors="ignore").strip(" .")
    return f"_{text}" if _DEVICES.match(text) else text
