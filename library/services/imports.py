"""An export comes back: into an account that has the same files, told by their SHA-256.

An import adds what is not there, and overwrites nothing that was said here. So a second one changes nothing.
The whole document is checked before the first write.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet
from django.template.defaultfilters import filesizeformat

from library.errors import DomainError
from library.exchange.reading import GenreEntry, PlaylistEntry, TagEntry, TrackEntry, entries
from library.exchange.stream import BadDocumentError
from library.genres import BUILTIN_GENRES
from library.models import Genre, Playlist, PlaylistItem, Tag, Tagging, TagRejection, Track, User, Verdict
from library.models.tracks import EDITABLE
from library.services.analysis import derived_names_recompute
from library.services.genres import effective_genres_recompute
from library.text import fold

MAX_BYTES = 256 * 2**20
BATCH = 500
MAX_MISSING_LISTED = 20


@dataclass
class ImportReport:
    """What an import did. `missing` names some of the files that are not here."""

    matched: int = 0
    unmatched: int = 0
    missing: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.done.total()


def library_import(*, owner: User, file: IO[bytes], size: int) -> ImportReport:
    """Take over what an export knows about files that are here. Raises DomainError: `too_large`, `bad_export`."""
    if size > MAX_BYTES:
        raise DomainError("too_large", f"An export may have up to {filesizeformat(MAX_BYTES)}.", 413)
    try:
        genres, tags = _validate(file)
    except BadDocumentError as error:
        raise DomainError(
            "bad_export", f"This is no export that can be read: {error}. Nothing was changed.", 422
        ) from None
    report = ImportReport()
    with transaction.atomic():
        keys = _genres_add(owner, genres, report)
        _tags_add(owner, tags, report)
    tag_ids = dict(Tag.objects.filter(owner=owner).values_list("key", "pk"))
    for some in _batches(entry for entry in entries(file) if isinstance(entry, TrackEntry)):
        with transaction.atomic():
            _tracks_add(owner, some, keys, tag_ids, report)
    _playlists_add(owner, (entry for entry in entries(file) if isinstance(entry, PlaylistEntry)), report)
    return report


def _validate(file: IO[bytes]) -> tuple[list[GenreEntry], list[TagEntry]]:
    """Read all of it; the genres and tags, which every track's entries must be among."""
    genres: list[GenreEntry] = []
    tags: list[TagEntry] = []
    verdict_genres: set[str] = set()
    tag_names: set[str] = set()
    for entry in entries(file):
        if isinstance(entry, GenreEntry):
            genres.append(entry)
        elif isinstance(entry, TagEntry):
            tags.append(entry)
        elif isinstance(entry, TrackEntry):
            verdict_genres.update(entry_verdict.genre for entry_verdict in entry.verdicts)
            tag_names.update(fold(name) for name in entry.tags)
    if unknown := verdict_genres - {"", *BUILTIN_GENRES, *(genre.key for genre in genres)}:
        raise BadDocumentError(f"it has no genre “{min(unknown)}”, which a track names")
    if unknown := tag_names - {fold(tag.name) for tag in tags}:
        raise BadDocumentError(f"it has no tag “{min(unknown)}”, which a track names")
    return genres, tags


def _genres_add(owner: User, genres: list[GenreEntry], report: ImportReport) -> dict[str, str]:
    """Make the own genres that are missing; the key here of each key in the document."""
    existing = Genre.objects.filter(owner=owner)
    keys = {genre: genre for genre in (*existing.values_list("key", flat=True), *BUILTIN_GENRES, "")}
    by_name = {fold(genre.name): genre.key for genre in existing.filter(retired_at=None)}
    for entry in genres:
        if entry.key in keys:
            continue
        if entry.retired_at is None and fold(entry.name) in by_name:
            keys[entry.key] = by_name[fold(entry.name)]
            continue
        Genre.objects.create(
            owner=owner, key=entry.key, name=entry.name, hue=entry.hue, retired_at=entry.retired_at
        )
        keys[entry.key] = entry.key
        if entry.retired_at is None:
            by_name[fold(entry.name)] = entry.key
        report.done["genres"] += 1
    return keys


def _tags_add(owner: User, tags: list[TagEntry], report: ImportReport) -> None:
    existing = set(Tag.objects.filter(owner=owner).values_list("key", flat=True))
    new = {fold(tag.name): tag for tag in tags if fold(tag.name) not in existing}
    Tag.objects.bulk_create(
        [Tag(owner=owner, key=key, name=tag.name, hue=tag.hue) for key, tag in new.items()], BATCH
    )
    report.done["tags"] += len(new)


def _tracks_add(
    owner: User,
    some: tuple[TrackEntry, ...],
    keys: dict[str, str],
    tag_ids: dict[str, int],
    report: ImportReport,
) -> None:
    hashes = [entry.sha256 for entry in some]
    found = Track.objects.select_for_update().filter(owner=owner, sha256__in=hashes)
    existing = {track.sha256: track for track in found.defer("audio", "notices")}
    missing = [entry.file_name for entry in some if entry.sha256 not in existing]
    report.matched += len(some) - len(missing)
    report.unmatched += len(missing)
    report.missing += missing[: MAX_MISSING_LISTED - len(report.missing)]
    pairs = [(existing[entry.sha256], entry) for entry in some if entry.sha256 in existing]
    changed = _edits_apply(pairs, report)
    changed |= _verdicts_add(owner, pairs, keys, report)
    changed |= _taggings_add(pairs, tag_ids, report)
    changed |= _rejections_add(pairs, report)
    effective_genres_recompute(Track.objects.filter(pk__in=changed))


Pairs = list[tuple[Track, TrackEntry]]


def _edits_apply(pairs: Pairs, report: ImportReport) -> set[UUID]:
    """Fields that were set by hand there and not here; and the earlier date of the two."""
    changed = {}
    for track, entry in pairs:
        edits = {name: value for name, value in entry.edits.items() if name not in track.edited}
        for name, value in edits.items():
            setattr(track, name, value)
        if edits:
            track.edited = sorted({*track.edited, *edits})
            report.done["edits"] += 1
        if edits or entry.added < track.created_at:
            track.created_at = min(entry.added, track.created_at)
            derived = derived_names_recompute(track)
            changed[track.pk] = track
    if changed:
        fields = [*EDITABLE, "edited", "created_at", *derived]
        Track.objects.bulk_update(changed.values(), fields, BATCH)
    return set(changed)


def _verdicts_add(owner: User, pairs: Pairs, keys: dict[str, str], report: ImportReport) -> set[UUID]:
    """Words on genres, with their dates. They are told apart by date and genre."""
    existing = _existing(Verdict.objects.all(), pairs, "created_at", "genre")
    new, dates = [], []
    for track, entry in pairs:
        for entry_verdict in entry.verdicts:
            genre = keys[entry_verdict.genre]
            if (track.pk, entry_verdict.at, genre) in existing:
                continue
            existing.add((track.pk, entry_verdict.at, genre))
            dates.append(entry_verdict.at)
            new.append(
                Verdict(
                    track=track,
                    person=owner if entry_verdict.by_owner else None,
                    before=keys.get(entry_verdict.before, entry_verdict.before),
                    genre=genre,
                    heard=entry_verdict.heard,
                    sure=entry_verdict.sure,
                    undone_at=entry_verdict.undone_at,
                )
            )
    Verdict.objects.bulk_create(new, BATCH)
    for verdict, date in zip(new, dates, strict=True):
        verdict.created_at = date  # which is set to now when a row is made
    Verdict.objects.bulk_update(new, ["created_at"], BATCH)
    report.done["verdicts"] += len(new)
    return {verdict.track_id for verdict in new}


def _taggings_add(pairs: Pairs, tag_ids: dict[str, int], report: ImportReport) -> set[UUID]:
    existing = _existing(Tagging.objects.all(), pairs, "tag")
    wanted = {(track.pk, tag_ids[fold(name)]) for track, entry in pairs for name in entry.tags}
    new = [Tagging(track_id=track_id, tag_id=tag_id) for track_id, tag_id in wanted - existing]
    Tagging.objects.bulk_create(new, BATCH)
    report.done["taggings"] += len(new)
    return {tagging.track_id for tagging in new}


def _rejections_add(pairs: Pairs, report: ImportReport) -> set[UUID]:
    existing = _existing(TagRejection.objects.all(), pairs, "key")
    wanted = {(track.pk, fold(key)) for track, entry in pairs for key in entry.rejected}
    new = [TagRejection(track_id=track_id, key=key) for track_id, key in wanted - existing]
    TagRejection.objects.bulk_create(new, BATCH)
    report.done["rejections"] += len(new)
    return {rejection.track_id for rejection in new}


def _existing(rows: QuerySet, pairs: Pairs, *columns: str) -> set:
    return set(rows.filter(track__in=[track.pk for track, _ in pairs]).values_list("track", *columns))


def _playlists_add(owner: User, playlists: Iterable[PlaylistEntry], report: ImportReport) -> None:
    """Make what is missing. The second playlist of a name there is the second of that name here."""
    existing: dict[tuple[str, bool, str], list[Playlist]] = defaultdict(list)
    for playlist in Playlist.objects.filter(owner=owner).order_by("created_at", "id"):
        existing[playlist.name, playlist.smart, playlist.query].append(playlist)
    seen: Counter[tuple[str, bool, str]] = Counter()
    for entry in playlists:
        same = (entry.name, entry.smart, entry.query)
        with transaction.atomic():
            if seen[same] == len(existing[same]):
                made = Playlist.objects.create(
                    owner=owner, name=entry.name, smart=entry.smart, query=entry.query
                )
                existing[same].append(made)
                report.done["playlists"] += 1
            _items_add(owner, existing[same][seen[same]], entry.tracks)
        seen[same] += 1


def _items_add(owner: User, playlist: Playlist, hashes: list[str]) -> None:
    """Append the tracks that the playlist lacks, each as often as it lacks it."""
    ids: dict[str, UUID] = {}
    for some in itertools.batched(set(hashes), BATCH):
        ids |= Track.objects.filter(owner=owner, sha256__in=some).values_list("sha256", "pk")
    has = Counter(playlist.items.values_list("track_id", flat=True))
    position: int = (playlist.items.aggregate(last=Max("position"))["last"] or 0) + 1
    new: list[PlaylistItem] = []
    for track_id in (ids[digest] for digest in hashes if digest in ids):
        if has[track_id]:
            has[track_id] -= 1
        else:
            new.append(PlaylistItem(playlist=playlist, track_id=track_id, position=position + len(new)))
    PlaylistItem.objects.bulk_create(new, BATCH)


def _batches(rows: Iterable[TrackEntry]) -> Iterable[tuple[TrackEntry, ...]]:
    return itertools.batched(rows, BATCH)
