"""What an analysis makes of a track, in storage, and what must not be left lying there."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from library.models import Track

logger = logging.getLogger(__name__)

#: The fields of a track that name a file. The first is the upload itself.
FILE_FIELDS = ("original", "playable", "peaks", "spectrogram")
DERIVED_FILE_FIELDS = FILE_FIELDS[1:]


def derived_file_store(*, track: Track, field: str, folder: Path) -> str:
    """Put a file the analysis made into storage; the name under which it is there, or ""."""
    made = next(folder.glob(f"{field}.*"), None)
    if made is None:
        return ""
    stored: FieldFile = getattr(track, field)
    with made.open("rb") as content:
        return stored.storage.save(stored.field.generate_filename(track, made.name), File(content))


def files_delete(*, names: Iterable[str]) -> None:
    """Delete stored files that no row names any more."""
    for name in names:
        default_storage.delete(name)


def orphaned_files_delete(*, track: Track) -> None:
    """Delete what lies in a track's folder and its row, as it is here, does not name.

    No name is given twice, so this never takes what another worker may store a moment later. What a storage
    that fails keeps is left to `manage.py doctor`.
    """
    storage = track.original.storage
    folder = str(track.original.field.generate_filename(track, "")).rpartition("/")[0]
    named = {getattr(track, field).name for field in FILE_FIELDS}
    try:
        for name in storage.listdir(folder)[1]:
            if f"{folder}/{name}" not in named:
                storage.delete(f"{folder}/{name}")
    except FileNotFoundError:
        pass
    except Exception:
        logger.exception("Track %s: its folder could not be tidied.", track.pk)


@contextmanager
def local_copy(stored: FieldFile) -> Iterator[Path]:
    """The stored file as a path: itself on local storage, else a temporary download."""
    try:
        path = Path(stored.path)
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="earmark-", dir=settings.FILE_UPLOAD_TEMP_DIR) as copy:
            with stored.open("rb") as content:
                for chunk in content.chunks():
                    copy.write(chunk)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
