"""Other base models that have listened to an owner's library: what each would change, or has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from library.models import BaseModelChange, BaseModelRow, LearnedModel, LearnedRow, Track, User
from library.selectors.concept_switch import switched_on_concepts_of

Status, Source, Trust = BaseModelChange.Status, Track.Source, User.FileGenreTrust


@dataclass(frozen=True, slots=True)
class GenreChange:
    """How many tracks a base model changes from one genre ("" for none) to another."""

    before: str
    genre: str
    tracks: int


@dataclass(frozen=True, slots=True)
class BaseModelCounts:
    """An owner's tracks in the library: those that the new model has `heard`, and those that still `lack` it.

    `failed` are those that it could not hear, which stay as they are.
    """

    tracks: int
    heard: int
    lacking: int
    failed: int
    with_verdict: int


def base_model_changes_of(owner: User) -> QuerySet[BaseModelChange]:
    """The base models that have listened to the owner's library, latest first."""
    return BaseModelChange.objects.filter(owner=owner).select_related("owner", "learned")


def waiting_base_model_of(owner: User) -> BaseModelChange | None:
    """The base model that waits for its owner, having listened to the whole library; None if none waits."""
    waiting = base_model_changes_of(owner).filter(status=Status.PENDING)
    return waiting.exclude(completed_at=None).first()


def base_model_in_use_of(owner: User) -> BaseModelChange | None:
    """The change that was last put to use, from which its owner can go back."""
    return base_model_changes_of(owner).filter(status=Status.ACTIVE).order_by("-activated_at", "-id").first()


def tracks_without_model(
    tracks: QuerySet[Track], name: str, version: str, rows: QuerySet[BaseModelRow]
) -> QuerySet[Track]:
    """Those of these analysed tracks that this version of a model has not heard, neither by these rows.

    Tracks that it could not hear count as heard.
    """
    by_model = Q(prediction__model_name=name, prediction__model_version=version)
    heard = rows.filter(by_model | ~Q(error_code=""), track=OuterRef("pk"), is_swapped=False)
    analysed = tracks.filter(status=Track.Status.READY).order_by()
    return analysed.filter(~by_model | Q(prediction=None)).exclude(Exists(heard))


def tracks_lacking_base_model(owner: User, change: BaseModelChange) -> QuerySet[Track]:
    """The owner's analysed tracks that the model of a change has not heard yet."""
    tracks = Track.objects.filter(owner=owner)
    return tracks_without_model(tracks, change.model_name, change.model_version, change.rows.all())


def base_model_counts_of(owner: User, change: BaseModelChange) -> BaseModelCounts:
    """How far the model of a change is with the owner's library."""
    tracks = Track.objects.filter(owner=owner).order_by()
    counts = tracks.aggregate(
        tracks=Count("pk"),
        ready=Count("pk", Q(status=Track.Status.READY)),
        verdict=Count("pk", ~Q(owner_genre="")),
    )
    lacking = tracks_lacking_base_model(owner, change).count()
    failed = change.rows.filter(track__owner=owner, track__deleted_at=None).exclude(error_code="").count()
    return BaseModelCounts(
        counts["tracks"], counts["ready"] - lacking - failed, lacking, failed, counts["verdict"]
    )


def tracks_to_follow(owner: User, change: BaseModelChange) -> int:
    """How many of the owner's tracks still have what they had before the owner's last decision about a change."""
    rows = rows_to_swap(BaseModelChange.objects.filter(owner=owner, pk=change.pk))
    return rows.filter(track__deleted_at=None).count()


def rows_to_swap(changes: QuerySet[BaseModelChange]) -> QuerySet[BaseModelRow]:
    """The rows of these changes whose tracks have not followed them yet. Those in the bin follow, too."""
    to_new = Q(change__status=Status.ACTIVE, is_swapped=False, error_code="")
    back = ~Q(change__status=Status.ACTIVE) & Q(is_swapped=True)
    return BaseModelRow.objects.filter(to_new | back, change__in=changes)


def with_genres(owner: User, rows: QuerySet[BaseModelRow], learned: LearnedModel | None) -> QuerySet[Any]:
    """Rows that are not swapped, with the effective genre `genre_before` and `genre_after` of their tracks.

    `learned` is the version that is put to use together with the model. What people say stays, and what a concept sets.
    """
    then = LearnedRow.objects.filter(model=learned, track=OuterRef("track")).exclude(counts="")
    stays = Q(track__genre_source=Source.OWNER)
    set_by = switched_on_concepts_of(owner).filter(concept_tracks__track=OuterRef("track"))
    stays |= Q(Exists(set_by.filter(genre__key=OuterRef("track__genre"))), track__genre_source=Source.LEARNED)
    after = []
    if owner.file_genre_trust == Trust.ALWAYS:
        stays |= Q(track__genre_source=Source.FILE)
    if learned:
        after.append(When(Exists(then), then=Subquery(then.values("counts")[:1])))
    after.append(When(prediction__label__isnull=False, then=F("prediction__label")))
    if owner.file_genre_trust == Trust.UNSURE:
        after.append(When(~Q(track__file_label=""), then=F("track__file_label")))
    return rows.filter(is_swapped=False, error_code="").annotate(
        genre_before=F("track__genre"),
        genre_after=Case(When(stays, then=F("track__genre")), *after, default=Value("")),
    )


def changed_rows_of(owner: User, change: BaseModelChange) -> QuerySet[Any]:
    """The rows of tracks in the library that a change gives another genre, from `genre_before` to `genre_after`.

    Of the one in use: to which it has given another, as these are now.
    """
    rows: QuerySet[Any] = change.rows.filter(change__owner=owner, track__deleted_at=None)
    if change.status == Status.ACTIVE:
        rows = rows.filter(is_swapped=True).annotate(genre_before=F("before"), genre_after=F("track__genre"))
    else:
        rows = with_genres(owner, rows, change.learned)
    return rows.exclude(genre_before=F("genre_after")).order_by("id")


def genre_changes_of(owner: User, change: BaseModelChange) -> list[GenreChange]:
    """What a change does to the owner's tracks, by the genre before and after; the most frequent first."""
    rows = changed_rows_of(owner, change).order_by("genre_before", "genre_after")
    counts = rows.values_list("genre_before", "genre_after").annotate(tracks=Count("pk"))
    return sorted((GenreChange(*row) for row in counts), key=lambda each: -each.tracks)


def changed_rows_in_order(
    owner: User, change: BaseModelChange, changes: Sequence[GenreChange]
) -> QuerySet[Any]:
    """The rows that a change gives another genre, in the order of these changes, which are all that there are."""
    rows = changed_rows_of(owner, change)
    if not changes:
        return rows.none()
    places = [
        When(genre_before=each.before, genre_after=each.genre, then=place)
        for place, each in enumerate(changes)
    ]
    return rows.order_by(Case(*places, default=len(places)), "id")
