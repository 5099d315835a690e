"""What concepts that are switched on set by themselves: which tracks they have set, and what is to be changed.

A concept sets the tracks of which it is sure, except those about which the owner has said something. Of several genres
that are sure of a track, the surest counts. `services.concept_passes` makes the changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from library.models import Concept, ConceptTrack, Tagging, Track, User
from library.selectors.bin import binned_ids_of
from library.selectors.concepts import concepts_of, settled_ids
from library.selectors.learning import sure_margins_of, teaching_state_of
from library.selectors.model_cards import learning_space, model_name_of
from library.selectors.tracks import tracks_of
from library.selectors.vectors import learning_vectors_of


@dataclass(frozen=True, slots=True)
class SureGenre:
    """What a track is to get: the genre of a concept, whose threshold its score exceeds by `margin`."""

    concept_id: int
    margin: float


@dataclass(frozen=True, slots=True)
class DueTags:
    """The tracks that are to get the tag of a concept, and those that are to lose it."""

    concept: Concept
    add: list[UUID]
    remove: list[UUID]


def switched_on_concepts_of(owner: User) -> QuerySet[Concept]:
    """What sets itself. Not among them: a genre or tag that was deleted or merged, until that is undone."""
    return concepts_of(owner).exclude(sets_since=None)


def tracks_set_by(owner: User, concept: Concept) -> QuerySet[Track]:
    """The tracks that have a genre or tag because its concept has set it, newest first."""
    if concept.genre:
        return tracks_of(owner).filter(
            concept_track__concept=concept.pk, genre=concept.genre.key, genre_source=Track.Source.LEARNED
        )
    return tracks_of(owner).filter(pk__in=Tagging.objects.filter(concept=concept.pk).values("track"))


def set_counts_of(owner: User) -> dict[int, int]:
    """How many tracks each concept has set, by its id."""
    learned = Track.objects.filter(owner=owner, genre_source=Track.Source.LEARNED).order_by()
    genres = learned.exclude(concept_track=None).values_list("concept_track__concept")
    taggings = Tagging.objects.filter(concept__owner=owner).exclude(track__in=binned_ids_of(owner)).order_by()
    return dict(genres.annotate(n=Count("pk"))) | dict(
        taggings.values_list("concept").annotate(n=Count("pk"))
    )


def concept_setting(owner: User, track: Track) -> Concept | None:
    """The concept that sets the effective genre of a track; None if that comes from elsewhere."""
    if track.genre_source != Track.Source.LEARNED:
        return None
    concepts = switched_on_concepts_of(owner).filter(genre__key=track.genre)
    return concepts.filter(concept_tracks__track=track).first()


def doubtful_concepts_of(owner: User) -> list[Concept]:
    """What sets itself, and is no longer right often enough to be switched on."""
    states = ((concept, teaching_state_of(owner, concept)) for concept in switched_on_concepts_of(owner))
    return [concept for concept, state in states if state.can_tell and not state.may_set]


def ids_to_set(owner: User, concept: Concept) -> list[UUID]:
    """The tracks that a concept would set if it were switched on now, the surest first.

    Not those whose genre would stay another: a reviewer has set it, or the file's always counts.
    """
    if concept.genre is None:
        margins = sure_margins_of(owner, concept) or {}
        return sorted(margins, key=lambda pk: (-margins[pk], pk))
    others = switched_on_concepts_of(owner).filter(tag=None).exclude(pk=concept.pk)
    sure = {
        pk: each.margin
        for pk, each in _surest(_margins(owner, [*others, concept])).items()
        if each.concept_id == concept.pk
    }
    stays = ~Q(owner_genre="")
    if owner.file_genre_trust == User.FileGenreTrust.ALWAYS:
        stays |= ~Q(file_label="")
    staying = set(Track.objects.filter(stays, owner=owner).order_by().values_list("pk", flat=True))
    return sorted(sure.keys() - staying, key=lambda pk: (-sure[pk], pk))


def due_genres_of(owner: User) -> dict[UUID, SureGenre | None]:
    """The tracks of which it is to be changed what concepts set as their genre, each with what it is to get."""
    concepts = list(switched_on_concepts_of(owner).filter(tag=None))
    margins = _margins(owner, concepts)
    wanted = _surest(margins)
    rows = ConceptTrack.objects.filter(concept__owner=owner)
    known = dict(rows.values_list("track", "concept"))
    due: dict[UUID, SureGenre | None] = {
        pk: sure for pk, sure in wanted.items() if known.get(pk) != sure.concept_id
    }
    unwanted = known.keys() - wanted.keys()
    for concept in concepts:
        own = {pk for pk in unwanted if known[pk] == concept.pk}
        settled = settled_among(owner, concept, rows.filter(concept=concept).values("track"))
        unwanted -= _unheard(owner, own, margins[concept.pk]) - settled
    return due | dict.fromkeys(unwanted)


def due_tags_of(owner: User) -> list[DueTags]:
    """What is to be changed of the tags that concepts set."""
    concepts = list(switched_on_concepts_of(owner).filter(genre=None))
    rows = Tagging.objects.filter(concept__owner=owner)
    found = []
    for concept in concepts:
        margins = sure_margins_of(owner, concept)
        own = rows.filter(concept=concept).order_by()
        known = set(own.values_list("track", flat=True))
        unwanted = known - (margins or {}).keys()
        unwanted -= _unheard(owner, unwanted, margins) - settled_among(owner, concept, own.values("track"))
        found.append(DueTags(concept, sorted((margins or {}).keys() - known), sorted(unwanted)))
    off: dict[int, list[UUID]] = {}
    for pk, track_id in rows.exclude(concept__in=concepts).order_by("pk").values_list("concept", "track"):
        off.setdefault(pk or 0, []).append(track_id)
    for concept in Concept.objects.filter(pk__in=off).select_related("owner", "tag"):
        found.append(DueTags(concept, [], off[concept.pk]))
    return found


def settled_among(owner: User, concept: Concept, tracks: Collection[UUID] | QuerySet[Any, Any]) -> set[UUID]:
    """Those of these tracks about which the owner has said what a concept must leave alone."""
    return {
        pk
        for ids in settled_ids(owner, concept)
        for pk in ids.filter(track__in=tracks).values_list("track", flat=True)
    }


def _margins(owner: User, concepts: Iterable[Concept]) -> dict[int, dict[UUID, float] | None]:
    return {concept.pk: sure_margins_of(owner, concept) for concept in concepts}


def _surest(margins: dict[int, dict[UUID, float] | None]) -> dict[UUID, SureGenre]:
    """For each track the concept that is surest of it; of equally sure ones, the older."""
    found: dict[UUID, SureGenre] = {}
    for concept_id in sorted(margins):
        for pk, margin in (margins[concept_id] or {}).items():
            if pk not in found or found[pk].margin < margin:
                found[pk] = SureGenre(concept_id, margin)
    return found


def _unheard(owner: User, tracks: set[UUID], margins: dict[UUID, float] | None) -> set[UUID]:
    """Those of these tracks of which a concept with these margins cannot tell whether it is sure: they stay set.

    They are in the bin, or the current model has not heard them yet; without margins, it cannot tell of any.
    """
    vectors = None if margins is None else learning_vectors_of(owner, learning_space(model_name_of(owner)))
    if vectors is None:
        return tracks
    rows = vectors.rows_of(b"".join(pk.bytes for pk in tracks))
    return tracks - {vectors.track_id_at(row) for row in rows}
