"""The import of an export into an account that has the same files, matched by their SHA-256.

An import adds what is missing and overwrites nothing, so importing twice changes nothing. The whole document is
validated before the first write.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet

from library.errors import DomainError
from library.exchange.import_reader import (
    AlbumEntry,
    ArtistEntry,
    ConceptEntry,
    GenreEntry,
    PlaylistEntry,
    TagEntry,
    TrackEntry,
    read_entries,
)
from library.exchange.json_stream import BadDocumentError
from library.genres import BUILTIN_GENRES
from library.models import Genre, Playlist, PlaylistItem, Tag, Tagging, TagRejection, Track, User, Verdict
from library.models.tracks import EDITABLE_FIELDS, NAME_ROOM
from library.selectors import own_genres_of
from library.services.albums import albums_recompute
from library.services.analysis import derived_names_recompute
from library.services.batches import BATCH_SIZE, in_batches
from library.services.concept_imports import concepts_import
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.edit_conflicts import owner_lock
from library.services.effective_genres import effective_genres_recompute, file_labels_follow
from library.services.file_tags import ids_of_edited, ids_of_fields
from library.services.names import room_check
from library.services.play_imports import plays_import
from library.services.star_imports import album_stars_import, artist_stars_import, track_stars_import
from library.text import file_size
from library.text.folding import NameIndex, key_of_before, name_key, search_text

MAX_MISSING_LISTED = 20
#: A longer key fits no name, and no index.
MAX_REFUSAL_BYTES = 12 * NAME_ROOM


@dataclass
class ImportReport:
    """What an import did: `done` counts added rows by kind, `missing` names some files that are not in the library."""

    matched: int = 0
    unmatched: int = 0
    missing: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.done.total()


def library_import(*, owner: User, file: IO[bytes], size: int) -> ImportReport:
    """Add what an export knows about files in this library.

    Raises DomainError: `too_large`, `bad_export`, `too_many`.
    """
    if size > settings.EARMARK_MAX_UPLOAD_BYTES:
        limit = file_size(settings.EARMARK_MAX_UPLOAD_BYTES)
        raise DomainError("too_large", f"An export may be up to {limit} large.", 413)
    try:
        genres, tags = _validate(file)
    except BadDocumentError as error:
        raise DomainError(
            "bad_export", f"This export cannot be read: {error}. Nothing was changed.", 422
        ) from None
    report = ImportReport()
    with transaction.atomic():
        keys = _genres_add(owner, genres, report)
        _tags_add(owner, tags, report)
    ids = dict(Tag.objects.filter(owner=owner).values_list("key", "pk"))
    tag_ids = NameIndex((tag.name, ids[name_key(tag.name)]) for tag in tags)
    refusals = _keys_by_key_of_before(owner)
    for batch in itertools.batched(
        (entry for entry in read_entries(file) if isinstance(entry, TrackEntry)), BATCH_SIZE
    ):
        with transaction.atomic():
            owner_lock(owner=owner)
            _tracks_add(owner, batch, keys, tag_ids, refusals, report)
    with_plays = (entry for entry in read_entries(file) if isinstance(entry, TrackEntry))
    report.done["plays"] += plays_import(owner=owner, entries=with_plays)
    _playlists_add(owner, (entry for entry in read_entries(file) if isinstance(entry, PlaylistEntry)), report)
    if report.done["genres"]:
        file_labels_follow(owner=owner)
    concepts = (entry for entry in read_entries(file) if isinstance(entry, ConceptEntry))
    report.done += concepts_import(owner=owner, entries=concepts, genre_keys=keys, tag_ids=tag_ids)
    concept_pass_request_if_on(owner_id=owner.pk)
    albums = (entry for entry in read_entries(file) if isinstance(entry, AlbumEntry))
    report.done["stars"] += album_stars_import(owner=owner, entries=albums)
    artists = (entry for entry in read_entries(file) if isinstance(entry, ArtistEntry))
    report.done["stars"] += artist_stars_import(owner=owner, entries=artists)
    return report


def _validate(file: IO[bytes]) -> tuple[list[GenreEntry], list[TagEntry]]:
    """Read the whole document; returns its genres and tags. Raises BadDocumentError if others are named."""
    genres: list[GenreEntry] = []
    tags: list[TagEntry] = []
    verdict_genres: set[str] = set()
    tag_names: set[str] = set()
    taught: set[str] = set()
    for entry in read_entries(file):
        if isinstance(entry, GenreEntry):
            genres.append(entry)
        elif isinstance(entry, TagEntry):
            tags.append(entry)
        elif isinstance(entry, TrackEntry):
            verdict_genres.update(entry_verdict.genre for entry_verdict in entry.verdicts)
            tag_names.update(entry.tags)
        elif isinstance(entry, ConceptEntry):
            taught.update({entry.genre} - {""})
            tag_names.update({entry.tag} - {""})
    if unknown := verdict_genres - {"", *BUILTIN_GENRES, *(genre.key for genre in genres)}:
        raise BadDocumentError(f"a track has the genre “{min(unknown)}”, which it does not define")
    defined = NameIndex((tag.name, tag) for tag in tags)
    if unknown := {name for name in tag_names if defined.get(name) is None}:
        raise BadDocumentError(f"it names the tag “{min(unknown)}”, which it does not define")
    if unknown := taught - {genre.key for genre in genres}:
        raise BadDocumentError(f"it teaches the genre “{min(unknown)}”, which it does not define")
    return genres, tags


def _genres_add(owner: User, genres: list[GenreEntry], report: ImportReport) -> dict[str, str]:
    """Create the own genres that are missing; returns the key here of each key in the document."""
    existing = Genre.objects.filter(owner=owner)
    keys = {genre: genre for genre in (*existing.values_list("key", flat=True), *BUILTIN_GENRES, "")}
    by_name = {name_key(genre.name): genre.key for genre in own_genres_of(owner)}
    room_check(owner=owner, model=Genre, new=sum(entry.key not in keys for entry in genres))
    for entry in genres:
        if entry.key in keys:
            continue
        if entry.retired_at is None and name_key(entry.name) in by_name:
            keys[entry.key] = by_name[name_key(entry.name)]
            continue
        Genre.objects.create(
            owner=owner, key=entry.key, name=entry.name, hue=entry.hue, retired_at=entry.retired_at
        )
        keys[entry.key] = entry.key
        if entry.retired_at is None:
            by_name[name_key(entry.name)] = entry.key
        report.done["genres"] += 1
    return keys


def _tags_add(owner: User, tags: list[TagEntry], report: ImportReport) -> None:
    existing = set(Tag.objects.filter(owner=owner).values_list("key", flat=True))
    new = {key: tag for tag in tags if (key := name_key(tag.name)) not in existing}
    room_check(owner=owner, model=Tag, new=len(new))
    Tag.objects.bulk_create(
        [
            Tag(
                owner=owner,
                key=key,
                name=tag.name,
                search_text=search_text(tag.name),
                hue=tag.hue,
                coloured=tag.coloured,
            )
            for key, tag in new.items()
        ],
        BATCH_SIZE,
    )
    report.done["tags"] += len(new)


def _tracks_add(
    owner: User,
    batch: tuple[TrackEntry, ...],
    keys: dict[str, str],
    tag_ids: NameIndex[int],
    refusals: dict[str, str],
    report: ImportReport,
) -> None:
    hashes = [entry.sha256 for entry in batch]
    found = Track.objects.select_for_update().filter(owner=owner, sha256__in=hashes)
    existing = {track.sha256: track for track in found.defer("audio", "notices")}
    missing = [entry.file_name for entry in batch if entry.sha256 not in existing]
    report.matched += len(batch) - len(missing)
    report.unmatched += len(missing)
    report.missing += missing[: MAX_MISSING_LISTED - len(report.missing)]
    pairs = [(existing[entry.sha256], entry) for entry in batch if entry.sha256 in existing]
    changed = _edits_apply(pairs, report)
    changed |= _verdicts_add(owner, pairs, keys, report)
    changed |= _taggings_add(pairs, tag_ids, report)
    changed |= _rejections_add(pairs, refusals, report)
    report.done += track_stars_import(pairs=pairs)
    effective_genres_recompute(Track.objects.filter(pk__in=changed))


Pairs = list[tuple[Track, TrackEntry]]


def _edits_apply(pairs: Pairs, report: ImportReport) -> set[UUID]:
    """Edits of fields that were not edited here, and the earlier one of the two dates of adding."""
    changed = {}
    for track, entry in pairs:
        edits = {name: value for name, value in entry.edits.items() if name not in track.edited}
        for name, value in (edits | _ids_of_edits(track, entry, edits)).items():
            setattr(track, name, value)
        if edits:
            track.edited = sorted({*track.edited, *edits})
            report.done["edits"] += 1
        if edits or entry.added < track.created_at:
            track.created_at = min(entry.added, track.created_at)
            derived = derived_names_recompute(track)
            changed[track.pk] = track
    if changed:
        fields = [*EDITABLE_FIELDS, "artist_names", "musicbrainz", "edited", "created_at", *derived]
        Track.objects.bulk_update(changed.values(), fields, BATCH_SIZE)
        albums_recompute(owner=pairs[0][0].owner, track_ids=changed)
    return set(changed)


def _ids_of_edits(track: Track, entry: TrackEntry, edits: Collection[str]) -> dict[str, Any]:
    """What comes with edited fields: the artists and the MusicBrainz ids that they have in the document."""
    values = ids_of_edited(track, edits)
    for name in ids_of_fields(edits) & {*entry.musicbrainz}:
        values["musicbrainz"] |= {name: entry.musicbrainz[name]}
    return values | ({"artist_names": entry.artist_names} if "artist" in edits else {})


def _verdicts_add(owner: User, pairs: Pairs, keys: dict[str, str], report: ImportReport) -> set[UUID]:
    """Verdicts with their dates. Two verdicts on a track are the same if they have the same date and genre."""
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
    Verdict.objects.bulk_create(new, BATCH_SIZE)
    for verdict, date in zip(new, dates, strict=True):
        verdict.created_at = date  # creating a row sets it to now
    Verdict.objects.bulk_update(new, ["created_at"], BATCH_SIZE)
    report.done["verdicts"] += len(new)
    return {verdict.track_id for verdict in new}


def _taggings_add(pairs: Pairs, tag_ids: NameIndex[int], report: ImportReport) -> set[UUID]:
    existing = _existing(Tagging.objects.filter(concept=None), pairs, "tag")
    wanted = {(track.pk, tag_ids[name]) for track, entry in pairs for name in entry.tags}
    new = [Tagging(track_id=track_id, tag_id=tag_id) for track_id, tag_id in wanted - existing]
    set_by_earmark = Tagging.objects.filter(track__in={tagging.track_id for tagging in new})
    made_theirs = [
        pk
        for pk, *where in set_by_earmark.exclude(concept=None).values_list("pk", "track", "tag")
        if tuple(where) in wanted
    ]
    Tagging.objects.filter(pk__in=made_theirs).update(concept=None)
    Tagging.objects.bulk_create(new, BATCH_SIZE, ignore_conflicts=True)
    report.done["taggings"] += len(new)
    return {tagging.track_id for tagging in new}


def _keys_by_key_of_before(owner: User) -> dict[str, str]:
    """The keys of tags by those that they had in exports of the first version, unless these are another tag's now."""
    tags = list(Tag.objects.filter(owner=owner).values_list("name", "key"))
    taken = {key for _, key in tags}
    return {before: key for name, key in tags if (before := key_of_before(name)) not in taken}


def _rejections_add(pairs: Pairs, refusals: dict[str, str], report: ImportReport) -> set[UUID]:
    existing = _existing(TagRejection.objects.all(), pairs, "key")
    wanted = {
        (track.pk, refusals.get(key, key))
        for track, entry in pairs
        for key in entry.rejected
        if len(key.encode()) <= MAX_REFUSAL_BYTES
    }
    new = [TagRejection(track_id=track_id, key=key) for track_id, key in wanted - existing]
    TagRejection.objects.bulk_create(new, BATCH_SIZE)
    report.done["rejections"] += len(new)
    return {rejection.track_id for rejection in new}


def _existing(rows: QuerySet, pairs: Pairs, *columns: str) -> set:
    return set(rows.filter(track__in=[track.pk for track, _ in pairs]).values_list("track", *columns))


def _playlists_add(owner: User, playlists: Iterable[PlaylistEntry], report: ImportReport) -> None:
    """Create missing playlists. Those with the same name and search are matched in their order."""
    existing: dict[tuple[str, bool, str], list[Playlist]] = defaultdict(list)
    for playlist in Playlist.objects.filter(owner=owner).order_by("created_at", "id"):
        existing[playlist.name, playlist.smart, playlist.query].append(playlist)
    seen: Counter[tuple[str, bool, str]] = Counter()
    for entry in playlists:
        same = (entry.name, entry.smart, entry.query)
        with transaction.atomic():
            if seen[same] == len(existing[same]):
                playlist = Playlist.objects.create(
                    owner=owner, name=entry.name, smart=entry.smart, query=entry.query
                )
                existing[same].append(playlist)
                report.done["playlists"] += 1
            _items_add(owner, existing[same][seen[same]], entry.tracks)
        seen[same] += 1


def _items_add(owner: User, playlist: Playlist, hashes: list[str]) -> None:
    """Append the tracks that are missing from the playlist, each as often as it is missing."""
    ids: dict[str, UUID] = {}
    for batch in in_batches(hashes):
        ids |= Track.objects.filter(owner=owner, sha256__in=batch).values_list("sha256", "pk")
    has = Counter(playlist.items.values_list("track_id", flat=True))
    position: int = (playlist.items.aggregate(last=Max("position"))["last"] or 0) + 1
    new: list[PlaylistItem] = []
    for track_id in (ids[digest] for digest in hashes if digest in ids):
        if has[track_id]:
            has[track_id] -= 1
        else:
            new.append(PlaylistItem(playlist=playlist, track_id=track_id, position=position + len(new)))
    PlaylistItem.objects.bulk_create(new, BATCH_SIZE)
