"""Back up everything into one folder.

    database.sqlite3 or database.dump    all rows, as of one moment; the site may run meanwhile
    database.sha256                      its checksum
    files/…                              every file that these rows name, except those of tracks in the bin
    files.sha256                         their checksums, for `sha256sum --check`
    files.gone                           names of files that were deleted while the backup was made

A name always stands for the same bytes, so a second backup into the same folder copies only what is new or has changed
there. `services.restore` reads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.storage import default_storage

from classifier.cover_process import COVER_SIZES
from library.models import Cover, FileCheck, Track
from library.services.database_copies import copy_name, database_copy
from library.services.file_checks import original_check_record, sha256_of_file
from library.services.file_repair import CHECKSUMS, read_checksums
from library.services.track_files import FILE_FIELDS, stored_size

CHUNK_BYTES = 2**20
DATABASE_CHECKSUM = "database.sha256"
GONE = "files.gone"
_ROWS = (
    f"SELECT id, size, sha256, {', '.join(FILE_FIELDS)} FROM library_track WHERE deleted_at IS NULL"  # noqa: S608
    f" UNION ALL SELECT id, NULL, '', '', {', '.join(COVER_SIZES)} FROM library_cover"
)


@dataclass
class BackupReport:
    """How many files are in a backup; names of those that are missing, and of originals that are not as uploaded."""

    files: int = 0
    copied: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


class _Wanted(NamedTuple):
    """A file that a track or cover names. `size` and `sha256` are those of an upload; others are not known."""

    name: str
    row_id: str
    size: int | None = None
    sha256: str = ""


def library_backup(*, folder: Path) -> BackupReport:
    """Write a backup, and compare each original with its row on the way.

    A good copy from an earlier backup is never replaced by a damaged original.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy, rows = folder / f"{copy_name()}.new", folder / "rows.new"

    def write_rows(found: Iterator[Any]) -> None:
        with rows.open("w") as out:
            out.writelines(json.dumps([str(row[0]), *row[1:]]) + "\n" for row in found)

    database_copy(copy, _ROWS, write_rows)
    report = BackupReport()
    gone: list[str] = []
    earlier = (
        {name: digest for digest, name in read_checksums(folder)} if (folder / CHECKSUMS).exists() else {}
    )
    with (folder / f"{CHECKSUMS}.new").open("w") as sums:
        for wanted in _wanted(rows):
            path = f"files/{wanted.name}"
            try:
                digest = _keep(wanted, folder / path, earlier.get(path, ""), report)
            except FileNotFoundError:
                # Rows first, so a file may have been deleted since, with its track or by another analysis.
                (report.missing if _is_named(wanted) else gone).append(wanted.name)
                continue
            sums.write(f"{digest}  {path}\n")
            report.files += 1
    (folder / f"{GONE}.new").write_text("".join(f"{name}\n" for name in gone))
    (folder / f"{DATABASE_CHECKSUM}.new").write_text(f"{sha256_of_file(copy)}  {copy_name()}\n")
    for name in (copy_name(), DATABASE_CHECKSUM, GONE, CHECKSUMS):
        (folder / f"{name}.new").replace(folder / name)
    rows.unlink()
    return report


def _wanted(rows: Path) -> Iterator[_Wanted]:
    with rows.open() as lines:
        for line in lines:
            row_id, size, sha256, *names = json.loads(line)
            for column, name in zip(FILE_FIELDS, names, strict=True):
                if name and column == "original":
                    yield _Wanted(name, row_id, size, sha256)
                elif name:
                    yield _Wanted(name, row_id)


def _keep(wanted: _Wanted, copy: Path, earlier: str, report: BackupReport) -> str:
    """Make sure that the backup has a file; returns its SHA-256 there. Raises FileNotFoundError.

    A copy from an earlier backup is kept if it has the size of the stored file and its checksum is known, or is that
    of the upload.
    """
    stored = stored_size(wanted.name)
    has = copy.stat().st_size if copy.exists() else None
    if wanted.size is None:
        if earlier and has is not None and has == stored:
            return earlier
        report.copied += 1
        return _copy_out(wanted.name, copy)
    if has == wanted.size and (earlier or sha256_of_file(copy)) == wanted.sha256:
        if stored is None:
            report.missing.append(wanted.name)
        elif stored != wanted.size:
            _report_damage(wanted, FileCheck.Damage.SIZE, report)
        return wanted.sha256
    digest = _copy_out(wanted.name, copy)
    report.copied += 1
    if digest != wanted.sha256:
        _report_damage(
            wanted, FileCheck.Damage.CONTENT if stored == wanted.size else FileCheck.Damage.SIZE, report
        )
    return digest


def _report_damage(wanted: _Wanted, damage: str, report: BackupReport) -> None:
    report.damaged.append(wanted.name)
    if track := Track.all_objects.filter(pk=wanted.row_id, original=wanted.name).first():
        original_check_record(track=track, damage=damage, read=False)


def _is_named(wanted: _Wanted) -> bool:
    """Whether the row of the track or cover still names this file."""
    track = Track.all_objects.filter(pk=wanted.row_id).values_list(*FILE_FIELDS).first()
    cover = Cover.objects.filter(pk=wanted.row_id).values_list(*COVER_SIZES).first()
    return wanted.name in (track or cover or ())


def _copy_out(name: str, copy: Path) -> str:
    """Copy one file out of storage; returns its SHA-256. An incomplete copy is named `….part`."""
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        copy.parent.mkdir(parents=True, exist_ok=True)
        part = copy.with_name(copy.name + ".part")
        with part.open("wb") as out:
            while chunk := stored.read(CHUNK_BYTES):
                digest.update(chunk)
                out.write(chunk)
    part.replace(copy)
    return digest.hexdigest()
