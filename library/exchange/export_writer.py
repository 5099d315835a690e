"""Writing an export in pieces, so that memory does not grow with the library."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q
from django.utils import timezone

from library import selectors
from library.exchange import FORMAT, VERSION
from library.models import (
    Answer,
    Concept,
    Genre,
    Play,
    Playlist,
    PlaylistItem,
    Prediction,
    Tag,
    Tagging,
    TagRejection,
    Track,
    User,
    Verdict,
)

EXPORT_BATCH = 200
CSV_COLUMNS = [
    "sha256", "file_name", "kind", "size", "duration", "added", "title", "artist", "album", "year", "album_artist",
    "disc_number", "disc_total", "track_number", "track_total", "original_year", "compilation", "edited",
    "genre", "genre_source", "genre_in_file", "genre_heard", "genre_said", "confidence", "model", "moods",
    "tags", "rejected", "history", "starred", "rating", "plays", "last_played",
]  # fmt: skip
#: Characters that begin a formula in spreadsheets, and those that some programs skip before one.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")


def export_as_json(owner: User) -> Iterator[str]:
    """The whole library as a JSON document, in pieces."""
    head = {"format": FORMAT, "version": VERSION, "exported_at": _isoformat(timezone.now())}
    yield json.dumps(head, ensure_ascii=False)[:-1]
    lists = {"genres": _genres(owner), "tags": _tags(owner), "tracks": _tracks(owner)}
    lists |= {"playlists": _playlists(owner), "concepts": _concepts(owner)}
    lists |= {"albums": _albums(owner), "artists": _artists(owner)}
    for name, rows in lists.items():
        yield f',\n"{name}": ['
        for number, row in enumerate(rows):
            yield (",\n" if number else "\n") + json.dumps(row, ensure_ascii=False)
        yield "]"
    yield "}\n"


def export_as_csv(owner: User) -> Iterator[str]:
    """The tracks as a CSV table, line by line."""
    names = selectors.genre_names_of(owner)
    line = csv.writer(_Echo())
    # Without a byte order mark, Excel takes the text for another encoding.
    yield "\ufeff" + line.writerow(CSV_COLUMNS)
    for row in _tracks(owner):
        layers, current = row["layers"], row["layers"]["model"] or {}
        history = [
            f"{word['at']} {word['before'] or 'nothing'} → {word['genre'] or 'nothing'}"
            + (" (undone)" if word["undone_at"] else "")
            for word in row["verdicts"]
        ]
        moods = [f"{name} {score:.2f}" for name, score in sorted(current.get("moods", {}).items())]
        cells = row | {
            "edited": " ".join(row["edited"]),
            "genre": names.by_key(row["genre"]).name if row["genre"] else "",
            "genre_in_file": layers["file"],
            "genre_heard": current.get("label") or "",
            "genre_said": names.by_key(layers["owner"]).name if layers["owner"] else "",
            "confidence": current.get("confidence"),
            "model": f"{current['model']} {current['version']}" if current else "",
            "moods": "; ".join(moods),
            "tags": "; ".join(row["tags"]),
            "rejected": "; ".join(row["rejected"]),
            "history": "; ".join(history),
            "starred": row["starred_at"],
            "plays": len(row["plays"]),
            "last_played": row["plays"][-1] if row["plays"] else None,
        }
        yield line.writerow([_csv_safe(cells[column]) for column in CSV_COLUMNS])


def _genres(owner: User) -> Iterator[dict[str, Any]]:
    for genre in Genre.objects.filter(owner=owner).order_by("key"):
        retired = _isoformat(genre.retired_at) if genre.retired_at else None
        yield {"key": genre.key, "name": genre.name, "hue": genre.hue, "retired_at": retired}


def _tags(owner: User) -> Iterator[dict[str, Any]]:
    for tag in Tag.objects.filter(owner=owner).order_by("search_text", "key"):
        yield {"name": tag.name, "hue": tag.hue, "coloured": tag.coloured}


def _tracks(owner: User) -> Iterator[dict[str, Any]]:
    ids = list(Track.objects.filter(owner=owner).order_by("sha256").values_list("pk", flat=True))
    known = [
        # Not those that Earmark has set: it sets them again.
        Prefetch("taggings", Tagging.objects.filter(concept=None).select_related("tag")),
        Prefetch("rejections", TagRejection.objects.order_by("key")),
        Prefetch("verdicts", Verdict.objects.order_by("created_at", "id")),
        Prefetch("predictions", Prediction.objects.defer("segments", "probabilities").order_by("pk")),
    ]
    for some in itertools.batched(ids, EXPORT_BATCH):
        there = Track.objects.filter(owner=owner).prefetch_related(*known).in_bulk(some)
        plays: dict[UUID, list[str]] = {pk: [] for pk in there}
        moments = Play.objects.filter(owner=owner, track__in=there).order_by("track", "played_at")
        for pk, moment in moments.values_list("track", "played_at").iterator():
            plays[pk].append(_isoformat(moment))
        yield from (_track(there[pk], plays[pk]) for pk in some if pk in there)


def _track(track: Track, plays: list[str]) -> dict[str, Any]:
    heard = {prediction.pk: _prediction(prediction) for prediction in track.predictions.all()}
    return {
        "sha256": track.sha256,
        "file_name": track.original_name,
        "kind": track.kind,
        "size": track.size,
        "duration": track.duration,
        "added": _isoformat(track.created_at),
        "title": track.title,
        "artist": track.artist,
        "album": track.album,
        "year": track.year,
        "album_artist": track.album_artist,
        "disc_number": track.disc_number,
        "disc_total": track.disc_total,
        "track_number": track.track_number,
        "track_total": track.track_total,
        "original_year": track.original_year,
        "compilation": track.compilation,
        "artist_names": track.artist_names,
        "musicbrainz": track.musicbrainz,
        "edited": track.edited,
        "starred_at": _isoformat(track.starred_at) if track.starred_at else None,
        "rating": track.rating,
        "plays": plays,
        "genre": track.genre,
        "genre_source": track.genre_source,
        "layers": {
            "file": track.file_genre,
            "model": heard.get(track.prediction_id or 0),
            "owner": track.owner_genre,
        },
        "predictions": list(heard.values()),
        "tags": [tagging.tag.name for tagging in track.taggings.all()],
        "rejected": [rejection.key for rejection in track.rejections.all()],
        "verdicts": [_verdict(track, verdict) for verdict in track.verdicts.all()],
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "model": prediction.model_name,
        "version": prediction.model_version,
        "label": prediction.label,
        "top": prediction.top,
        "confidence": round(prediction.confidence, 4),
        "moods": dict(sorted(prediction.moods.items())),
    }


def _verdict(track: Track, verdict: Verdict) -> dict[str, Any]:
    return {
        "at": _isoformat(verdict.created_at),
        "by": "owner" if verdict.person_id == track.owner_id else "reviewer",
        "before": verdict.before,
        "genre": verdict.genre,
        "heard": verdict.heard,
        "sure": verdict.sure,
        "undone_at": _isoformat(verdict.undone_at) if verdict.undone_at else None,
    }


def _playlists(owner: User) -> Iterator[dict[str, Any]]:
    playlists = Playlist.objects.filter(owner=owner).order_by("name", "created_at", "id")
    for some in itertools.batched(playlists, EXPORT_BATCH):
        tracks: dict[UUID, list[str]] = {playlist.pk: [] for playlist in some}
        items = PlaylistItem.objects.filter(playlist__in=some).order_by("position", "id")
        items = items.exclude(track__in=selectors.binned_ids_of(owner))
        for playlist_id, sha256 in items.values_list("playlist_id", "track__sha256").iterator():
            tracks[playlist_id].append(sha256)
        for playlist in some:
            yield {
                "name": playlist.name,
                "smart": playlist.smart,
                "query": playlist.query,
                "tracks": tracks[playlist.pk],
            }


def _concepts(owner: User) -> Iterator[dict[str, Any]]:
    """Also of deleted genres, which can be brought back; a deleted tag is gone with its name."""
    there = Q(genre__isnull=False) | Q(tag__in=Tag.objects.filter(owner=owner))
    concepts = Concept.objects.filter(there, owner=owner).order_by("genre__key", "tag__key")
    for some in itertools.batched(concepts.select_related("genre", "tag"), EXPORT_BATCH):
        said: dict[int, list[dict[str, Any]]] = {concept.pk: [] for concept in some}
        answers = Answer.objects.filter(concept__in=some, track__deleted_at=None)
        answers = answers.order_by("created_at", "track__sha256")
        columns = answers.values_list("concept_id", "track__sha256", "yes", "asked", "created_at")
        for concept_id, sha256, yes, asked, at in columns.iterator():
            said[concept_id].append({"sha256": sha256, "yes": yes, "asked": asked, "at": _isoformat(at)})
        for concept in some:
            genre, tag = concept.genre and concept.genre.key, concept.tag and concept.tag.name
            since = _isoformat(concept.sets_since) if concept.sets_since else None
            yield {"genre": genre, "tag": tag, "sets_since": since, "answers": said[concept.pk]}


def _albums(owner: User) -> Iterator[dict[str, Any]]:
    """Those with a star, by what an import recognises them by."""
    for album in selectors.albums_of(owner).filter(starred_at__isnull=False).order_by("key", "pk"):
        assert album.starred_at
        yield {
            "title": album.title,
            "artist": album.artist.name if album.artist else None,
            "mbid": album.mbid,
            "starred_at": _isoformat(album.starred_at),
        }


def _artists(owner: User) -> Iterator[dict[str, Any]]:
    """Those with a star."""
    for artist in selectors.artists_of(owner).filter(starred_at__isnull=False).order_by("key"):
        assert artist.starred_at
        yield {"name": artist.name, "starred_at": _isoformat(artist.starred_at)}


def _isoformat(moment: datetime) -> str:
    return moment.isoformat()


def _csv_safe(value: Any) -> Any:
    """A value of which no spreadsheet makes a formula: such texts get a leading apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_PREFIXES) else value


class _Echo:
    """A file whose `write` returns the text, as `csv.writer` passes it on."""

    def write(self, text: str) -> str:
        return text
