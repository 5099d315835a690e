"""ZIP archives of many tracks, made while they are sent, so that nothing is stored.

zipfile writes each entry into a pipe that holds one chunk. Entries are not compressed: audio hardly gets smaller.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from classifier.formats import AUDIO_FORMATS
from library.errors import DomainError
from library.models import Track, User
from library.outgoing.files import UNCACHED_HEADERS
from library.outgoing.originals import damage_refuse
from library.outgoing.streams import BLOCK_BYTES, StreamedResponse
from library.outgoing.tagged_copies import CopyGenre, safe_path_part, tagged_copy_file
from library.selectors import GenreNames, genre_names_of, tracks_of, with_taggings

TRACKS_PER_QUERY = 100
#: The earliest date that an archive can hold. An import may have brought earlier ones.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def archive_response(
    owner: User, track_ids: Sequence[UUID], *, copies: CopyGenre | None, name: str = ""
) -> HttpResponseBase:
    """An archive of these tracks of the owner as a download, which is called `name`, or else by the day."""
    filename = f"{safe_path_part(name) if name else f'Earmark {timezone.localdate().isoformat()}'}.zip"
    disposition = content_disposition_header(True, filename) or "attachment"
    return StreamedResponse(
        stream_archive(owner, track_ids, copies=copies),
        content_type="application/zip",
        headers=UNCACHED_HEADERS | {"Content-Disposition": disposition},
    )


def stream_archive(owner: User, track_ids: Sequence[UUID], *, copies: CopyGenre | None) -> Iterator[bytes]:
    """A ZIP of the owner's tracks, in that order, as chunks: originals, or tagged copies where files take tags.

    `copies` says which genre the copies have; None is for originals.

    Ids of other owners are skipped. What is missing or untagged is listed in an entry "Please note.txt".
    """
    pipe, genres, names, remarks = _Pipe(), genre_names_of(owner), _EntryNames(), []
    with zipfile.ZipFile(pipe, "w") as out:
        for track in _tracks_in_order(owner, track_ids):
            name = names.take(track)
            try:
                content, remark = _content(track, genres, copies)
                with content:
                    yield from _add(out, pipe, _zip_info(name, track), content)
            except FileNotFoundError:
                remark = "the file is missing on the server"
            except DomainError:
                remark = "left out, because the file on the server is no longer what was uploaded"
            if remark:
                remarks.append(f"{name}: {remark}\r\n")
        if remarks:
            text = "".join(remarks).encode()
            yield from _add(out, pipe, zipfile.ZipInfo("Please note.txt"), io.BytesIO(text))
    yield pipe.take()


def _content(track: Track, genres: GenreNames, copies: CopyGenre | None) -> tuple[IO[bytes], str]:
    """The file for a track's entry, and a remark about it."""
    if copies and (copy := tagged_copy_file(track, genres, copies)):
        return copy, ""
    damage_refuse(track)
    original = track.original.storage.open(str(track.original.name))
    return original, "the original, because tags cannot be written into this file" if copies else ""


def _add(out: zipfile.ZipFile, pipe: _Pipe, entry: zipfile.ZipInfo, content: IO[bytes]) -> Iterator[bytes]:
    with out.open(entry, "w") as target:
        while chunk := content.read(BLOCK_BYTES):
            target.write(chunk)
            yield pipe.take()


def _zip_info(name: str, track: Track) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, max(track.created_at.timetuple()[:6], ZIP_EPOCH))
    entry.external_attr = 0o644 << 16
    entry.file_size = track.size  # so that zipfile uses ZIP64 for more than 4 GB
    return entry


def _tracks_in_order(owner: User, track_ids: Sequence[UUID]) -> Iterator[Track]:
    """The owner's tracks by id, read in batches: a download may take long, and no query should."""
    for batch in itertools.batched(dict.fromkeys(track_ids), TRACKS_PER_QUERY):
        tracks = (
            tracks_of(owner).select_related("file_check").prefetch_related(with_taggings()).in_bulk(batch)
        )
        yield from (tracks[pk] for pk in batch if pk in tracks)


class _Pipe(io.RawIOBase):
    """The file that zipfile writes to. It cannot seek, so written chunks can be sent and dropped."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        self._chunks.append(bytes(chunk))
        return len(chunk)

    def take(self) -> bytes:
        """What was written since the last call."""
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)


class _EntryNames:
    """Names `Artist/Album/Title.ext`, distinct even where case does not matter."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, track: Track) -> str:
        artist = safe_path_part(track.artist) or "Unknown artist"
        album = safe_path_part(track.album) or "Unknown album"
        title, extension = safe_path_part(track.title) or "Untitled", AUDIO_FORMATS[track.kind].extension
        for number in itertools.count(1):
            suffix = f" ({number})" if number > 1 else ""
            name = f"{artist}/{album}/{title}{suffix}{extension}"
            if name.casefold() not in self._taken:
                break
        self._taken.add(name.casefold())
        return name
