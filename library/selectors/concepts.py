"""What people teach: the examples and refusals of an own genre or a tag, by what holds now.

An example of a genre is a track whose verdict in force by its owner is that genre; a reviewer's never counts. An
example of a tag is a track that has it; one on which Earmark has set the tag is none. A refusal is a track that is no
example now, and that the owner refused: by answering no, by removing or rejecting the tag, or by giving another genre
after answering yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from library.models import Answer, Concept, Genre, Tag, Tagging, TagRejection, Track, User, Verdict
from library.selectors.bin import binned_ids_of
from library.selectors.genres import own_genres_of
from library.selectors.tags import refusal_keys_of, tags_of
from library.selectors.tracks import tracks_of
from library.selectors.verdicts import verdicts_in_force


@dataclass(frozen=True, slots=True)
class ExampleCounts:
    """How many examples there are, by the key of the own genre and by the id of the tag."""

    genres: dict[str, int]
    tags: dict[int, int]

    def of(self, concept: Concept) -> int:
        found = self.genres.get(concept.genre.key) if concept.genre else self.tags.get(concept.tag_id or 0)
        return found or 0


def concepts_of(owner: User) -> QuerySet[Concept]:
    """What the owner teaches, without genres and tags that were deleted or merged."""
    there = Q(genre__in=own_genres_of(owner)) | Q(tag__in=tags_of(owner))
    return Concept.objects.filter(there, owner=owner).select_related("owner", "genre", "tag")


def concept_for(owner: User, taught: Genre | Tag) -> Concept:
    """The concept of one of the owner's genres or tags; an unsaved one, without answers, if there is none yet."""
    column = {"genre": taught} if isinstance(taught, Genre) else {"tag": taught}
    return concepts_of(owner).filter(**column).first() or Concept(owner=owner, **column)


def example_counts_of(owner: User, among: Iterable[Concept] | None = None) -> ExampleCounts:
    """The number of examples of everything that the owner could teach, or only of some concepts.

    To count those of every tag reads every tag on every track.
    """
    genres = _own_verdicts(owner).filter(genre__in=own_genres_of(owner).values("key")).order_by()
    taggings = Tagging.objects.filter(tag__owner=owner, concept=None).exclude(track__in=binned_ids_of(owner))
    if among is not None:
        some = list(among)
        genres = genres.filter(genre__in=[concept.genre.key for concept in some if concept.genre])
        taggings = taggings.filter(tag__in=[concept.tag_id for concept in some if concept.tag_id])
    return ExampleCounts(
        genres=dict(
            genres.exclude(track__in=binned_ids_of(owner)).values_list("genre").annotate(Count("track"))
        ),
        tags=dict(taggings.order_by().values_list("tag").annotate(Count("track"))),
    )


def examples_of(owner: User, concept: Concept) -> QuerySet[Track]:
    """The tracks that a concept is taught by, newest first."""
    return tracks_of(owner).filter(pk__in=example_ids(owner, concept))


def refusals_of(owner: User, concept: Concept) -> QuerySet[Track]:
    """The tracks that the owner refused, newest first."""
    refused = Q()
    for ids in refusal_ids(owner, concept):
        refused |= Q(pk__in=ids)
    return tracks_of(owner).filter(refused)


def answers_of(owner: User, concept: Concept) -> QuerySet[Answer]:
    """The owner's answers about a concept, latest first."""
    answers = Answer.objects.filter(concept__owner=owner, concept_id=concept.pk, track__deleted_at=None)
    return answers.select_related("track").defer("track__audio", "track__notices")


def example_ids(owner: User, concept: Concept) -> QuerySet[Any, Any]:
    """The ids of the examples as `track`, those in the bin included, for a subquery."""
    if concept.genre:
        return _own_verdicts(owner).filter(genre=concept.genre.key).order_by().values("track")
    own = Tagging.objects.filter(tag__owner=owner, tag=concept.tag_id, concept=None)
    return own.order_by().values("track")


def refusal_ids(owner: User, concept: Concept) -> list[QuerySet[Any, Any]]:
    """The ids of the refusals as `track`, those in the bin included: together they are the rows of these subqueries."""
    examples = example_ids(owner, concept)
    answers = Answer.objects.filter(concept__owner=owner, concept__in=_counted_concepts(owner, concept))
    answers = answers.exclude(track__in=examples)
    if concept.genre:
        refused = answers.filter(Q(yes=False) | Q(track__in=other_genre_ids(owner, concept)))
        return [refused.order_by().values("track")]
    keys = refusal_keys_of(concept.tag) if concept.tag else set()
    rejections = TagRejection.objects.filter(key__in=keys, track__owner=owner).exclude(track__in=examples)
    return [answers.filter(yes=False).order_by().values("track"), rejections.order_by().values("track")]


def other_genre_ids(owner: User, concept: Concept) -> QuerySet[Any, Any]:
    """The ids of the tracks to which the owner gave another genre, as `track`; none for a tag."""
    if concept.genre is None:
        return Verdict.objects.none().values("track")
    return _own_verdicts(owner).exclude(genre=concept.genre.key).order_by().values("track")


def reviewed_ids(owner: User, concept: Concept) -> QuerySet[Any, Any]:
    """The ids of the tracks to which a reviewer gave the genre, as `track`; none for a tag.

    They are suggestions, as long as the owner says nothing about them.
    """
    if concept.genre is None:
        return Verdict.objects.none().values("track")
    by_reviewers = Verdict.objects.filter(track__owner=owner).exclude(person=owner)
    return verdicts_in_force(by_reviewers).filter(genre=concept.genre.key).order_by().values("track")


def settled_ids(owner: User, concept: Concept) -> list[QuerySet[Any, Any]]:
    """The ids of the tracks about which the owner has said what a concept must leave alone, as `track`.

    Examples, refusals and, for a genre, tracks to which the owner gave another: together, the rows of these subqueries.
    """
    said = [example_ids(owner, concept), *refusal_ids(owner, concept)]
    return [*said, other_genre_ids(owner, concept)] if concept.genre else said


def _counted_concepts(owner: User, concept: Concept) -> list[int]:
    """The concept, and those whose genre or tag was merged into its own and has not come back."""
    merged = Concept.objects.filter(owner=owner, merged_into__isnull=False).order_by()
    into = dict(merged.exclude(pk__in=concepts_of(owner).values("pk")).values_list("pk", "merged_into"))
    found = [concept.pk] if concept.pk else []
    for pk in found:
        found += [other for other in into if into[other] == pk and other not in found]
    return found


def _own_verdicts(owner: User) -> QuerySet[Verdict]:
    return verdicts_in_force(Verdict.objects.filter(person=owner, track__owner=owner))
