"""The effective genre of a track: which of the opinions on its genre counts.

It is derived from people's verdicts, what was learned from them or is set as they taught it, the model's prediction and
the file's tag, and stored on the track. Whoever changes one of these recomputes it. When the rule itself changes for a
whole library, such as by its owner's trust in the genres of files, `services.genre_recompute` does that in the
background.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from library.genres import BUILTIN_GENRES, known_genre_from_tag
from library.models import (
    ConceptTrack,
    Genre,
    GenreRecompute,
    LearnedModel,
    LearnedRow,
    Prediction,
    Track,
    User,
    Verdict,
)
from library.selectors import own_genres_for_tags
from library.selectors.verdicts import verdict_for_track, verdicts_in_force
from library.services.batches import BATCH_SIZE
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.jobs import job_enqueue

#: Where a pass begins: no track has this id.
FIRST_ID = UUID(int=0)

Source = Track.Source
Trust = User.FileGenreTrust


def effective_genres_recompute(tracks: QuerySet[Track]) -> None:
    """Recompute the effective genre of these tracks, and whether it needs a verdict.

    What counts, in this order: the verdict in force, the file's genre if its owner always trusts it, the own genre that
    a concept sets by itself, what the version in use has learned from the owner, the model's genre when it is sure, the
    file's genre if its owner trusts it then, else none.

    `needs_you`: there is no verdict, and nobody knows the genre, or the model is sure of another one than the file
    names; a learned genre counts like one that the model is sure of. `review_rank`: set for the same reasons, and when
    the owner's verdict is a built-in genre and contradicts the model; None when a reviewer's verdict is in force. Lower
    ranks are reviewed first.
    """
    _recompute(tracks, updated_at=timezone.now())


def effective_genres_refresh(*, owner: User, track_ids: Sequence[UUID]) -> int:
    """Recompute a batch of an owner's tracks, those in the bin too, from what their files say.

    Unlike `effective_genres_recompute`, this counts as a change only of those tracks that it changed. Returns how many
    of the library's tracks have another genre now.
    """
    tracks = Track.all_objects.filter(pk__in=track_ids)
    with transaction.atomic():
        # Locked first, in a fixed order: what follows sees every verdict that was given before.
        before = _derived(tracks.select_for_update().order_by("pk"))
        _file_labels_recompute(owner, tracks)
        _recompute(tracks)
        after = _derived(tracks)
        changed = [pk for pk in before if before[pk] != after[pk]]
        tracks.filter(pk__in=changed).update(updated_at=timezone.now())
        regenred = [pk for pk in changed if before[pk][0] != after[pk][0]]
        return Track.objects.filter(pk__in=regenred).count()


def _ids_with_stale_file_label(owner: User) -> list[UUID]:
    """The owner's tracks of which the file names another known genre than is stored, since own genres have changed."""
    own_genres = own_genres_for_tags(owner)
    tracks = Track.all_objects.filter(owner=owner).order_by()
    said = tracks.exclude(file_genre="").values_list("file_genre", "file_label").distinct()
    stale = {text for text, label in said if known_genre_from_tag(text, own_genres) != label}
    return list(tracks.filter(file_genre__in=stale).values_list("pk", flat=True))


def file_labels_follow(*, owner: User) -> None:
    """Recompute the tracks whose files name an own genre that was created, renamed, retired or brought back.

    Up to a batch of them at once, more in the background.
    """
    stale = _ids_with_stale_file_label(owner)
    if len(stale) > BATCH_SIZE:
        genre_recompute_start(owner=owner)
    elif stale:
        effective_genres_refresh(owner=owner, track_ids=stale)


def genre_recompute_start(*, owner: User) -> None:
    """Begin a pass through an owner's library (`services.genre_recompute`).

    One that is under way begins again, and keeps its count.
    """
    with transaction.atomic():
        row, _ = GenreRecompute.objects.select_for_update().get_or_create(owner=owner)
        if row.finished_at:
            row.changed, row.finished_at = 0, None
        row.after = FIRST_ID
        row.save()
    transaction.on_commit(lambda: job_enqueue("recompute_genres", owner.pk))


def _derived(tracks: QuerySet[Track]) -> dict[UUID, tuple[Any, ...]]:
    rows = tracks.values_list("pk", "genre", "genre_source", "needs_you", "review_rank", "file_label")
    return {pk: derived for pk, *derived in rows}  # type: ignore[misc]


def _file_labels_recompute(owner: User, tracks: QuerySet[Track]) -> None:
    own_genres = own_genres_for_tags(owner)
    stale = []
    for track in tracks.only("pk", "file_genre", "file_label"):
        label = known_genre_from_tag(track.file_genre, own_genres)
        if label != track.file_label:
            track.file_label = label
            stale.append(track)
    Track.all_objects.bulk_update(stale, ["file_label"], BATCH_SIZE)


def _recompute(tracks: QuerySet[Track], **also: Any) -> None:
    """`also`: more fields to set. One statement after the other, each using what the one before has set."""
    tracks = tracks.order_by()
    current = Prediction.objects.filter(pk=OuterRef("prediction"))
    set_by = ConceptTrack.objects.filter(
        track=OuterRef("pk"), concept__sets_since__isnull=False, concept__genre__retired_at=None
    )
    in_use = LearnedRow.objects.filter(track=OuterRef("pk"), model__status=LearnedModel.Status.ACTIVE)
    learned = in_use.exclude(counts="")
    verdict = verdict_for_track(OuterRef("pk"))
    tracks.update(owner_genre=Coalesce(Subquery(verdict.values("genre")[:1]), Value("")), **also)

    file_names_one = ~Q(file_label="")
    in_order = [
        (~Q(owner_genre=""), Source.OWNER, F("owner_genre")),
        (file_names_one & _owner_trusts(Trust.ALWAYS), Source.FILE, F("file_label")),
        (Exists(set_by), Source.LEARNED, Subquery(set_by.values("concept__genre__key")[:1])),
        (Exists(learned), Source.LEARNED, Subquery(learned.values("counts")[:1])),
        (Exists(current.filter(label__isnull=False)), Source.MODEL, Subquery(current.values("label")[:1])),
        (file_names_one & _owner_trusts(Trust.UNSURE), Source.FILE, F("file_label")),
    ]
    tracks.update(
        genre=Case(*(When(counts, then=genre) for counts, _, genre in in_order), default=Value("")),
        genre_source=Case(
            *(When(counts, then=Value(source)) for counts, source, _ in in_order), default=Value(Source.NONE)
        ),
        confidence=Subquery(current.values("confidence")[:1]),
    )

    unsure = Q(label=None)
    against_file = ~Q(track__file_label="") & ~Q(top=F("track__file_label"))
    against_owner = Q(track__owner_genre__in=BUILTIN_GENRES) & ~Q(top=F("track__owner_genre"))
    heard = Q(track__genre_source__in=[Source.LEARNED, Source.MODEL])
    not_as_in_file = ~Q(track__file_label="") & ~Q(track__genre=F("track__file_label"))
    asks = Q(track__genre_source=Source.NONE) | heard & not_as_in_file
    # Each reason weighs 1, which is at least as much as any confidence.
    reasons = sum(Case(When(why, then=1.0), default=0.0) for why in (unsure, against_file, against_owner))
    rank = Subquery(current.filter(asks | against_owner).values(rank=F("confidence") - reasons)[:1])
    verdicts = verdicts_in_force(Verdict.objects.filter(track=OuterRef("pk")))
    tracks.update(
        needs_you=Case(
            When(Q(status=Track.Status.READY) & Exists(current.filter(asks)), then=Value(True)),
            default=Value(False),
        ),
        review_rank=Case(
            When(Exists(verdicts.exclude(person=OuterRef("owner"))), then=Value(None)), default=rank
        ),
    )
    _revive_used_genres(tracks)


def _owner_trusts(trust: User.FileGenreTrust) -> Exists:
    return Exists(User.objects.filter(pk=OuterRef("owner"), file_genre_trust=trust))


def _revive_used_genres(tracks: QuerySet[Track]) -> None:
    """Bring back retired genres that a verdict on these tracks names, such as after an undo."""
    used = tracks.filter(owner=OuterRef("owner"), owner_genre=OuterRef("key"))
    revived = list(Genre.objects.exclude(retired_at=None).filter(Exists(used)).select_related("owner"))
    if revived:
        Genre.objects.filter(pk__in=[genre.pk for genre in revived]).update(retired_at=None)
        for owner in {genre.owner for genre in revived}:
            file_labels_follow(owner=owner)
            concept_pass_request_if_on(owner_id=owner.pk)
