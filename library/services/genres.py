"""Truth about a genre: people's words, and what counts in the end.

Three layers, and none overwrites another: the file's tag, what a model heard, what people said. A word is
a `Verdict`. Those that were not undone stand, and the latest counts before the model's; but a reviewer's
never counts before the owner's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from library.errors import DomainError
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import BulkAction, BulkActionTrack, Genre, Prediction, Track, User, Verdict
from library.models.genres import HUES
from library.selectors.verdicts import latest_verdicts, verdict_for_track, verdicts_in_force
from library.services.edit_conflicts import changed_fields, locked_row, pending_changes
from library.text import fold, key_from


def genre_set(*, track: Track, person: User, genre: str) -> Verdict:
    """Say what a track is: one of the ten, or an own genre of its owner; "" takes one's word back.

    Raises DomainError: `unknown_genre`.
    """
    genre_check(track.owner, genre)
    with transaction.atomic():
        current = Track.objects.select_for_update(of=("self",)).select_related("prediction").get(pk=track.pk)
        verdict = Verdict.objects.create(**_verdict_fields(current, person, genre, action=None))
        effective_genres_recompute(Track.objects.filter(pk=track.pk))
    track.refresh_from_db()
    return verdict


def genre_confirm(*, track: Track, person: User) -> Verdict:
    """Agree with what the model thinks most probable. Raises DomainError: `nothing_heard`."""
    if track.prediction is None:
        raise DomainError(
            "nothing_heard", "Nothing has been heard in this track yet, so there is nothing to confirm."
        )
    return genre_set(track=track, person=person, genre=track.prediction.top)


def genre_undo(*, track: Track, person: User) -> Verdict:
    """Undo the verdict that counts for a track; a reviewer undoes their own latest.

    Raises DomainError: `nothing_to_undo`.
    """
    with transaction.atomic():
        Track.objects.select_for_update().get(pk=track.pk)
        verdicts = Verdict.objects.filter(track=track)
        latest = own = latest_verdicts(verdicts.filter(person=person)).first()
        if person.pk == track.owner_id and not (own and own.genre):
            others = verdicts_in_force(verdicts.exclude(person=person)).first()
            latest = max(filter(None, (own, others)), key=lambda verdict: verdict.created_at, default=None)
        if latest is None:
            raise DomainError("nothing_to_undo", "Nobody has said anything about this track's genre yet.")
        latest.undone_at = timezone.now()
        latest.save(update_fields=["undone_at"])
        effective_genres_recompute(Track.objects.filter(pk=track.pk))
    track.refresh_from_db()
    return latest


def genres_set_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    """Say of some tracks what a bulk action says of all: a genre, or what was heard in each."""
    genre = action.data["genre"]
    batch = Track.objects.filter(pk__in=ids).select_related("prediction")
    said = []
    for track in batch.defer("prediction__segments", "prediction__probabilities"):
        verdict = genre if genre is not None else (track.prediction.top if track.prediction else None)
        if verdict is not None and verdict != track.owner_genre:
            said.append(Verdict(**_verdict_fields(track, action.person, verdict, action=action)))
    Verdict.objects.bulk_create(said)
    effective_genres_recompute(Track.objects.filter(pk__in=ids))
    return {verdict.track_id: None for verdict in said}


def genres_set_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Take back what a bulk action said of some tracks; returns of how many it still was what counts."""
    said = Verdict.objects.filter(
        bulk_action=action, undone_at=None, track__in=[target.track_id for target in targets]
    )
    ids = list(said.values_list("track_id", flat=True))
    count = latest_verdicts(said.filter(track__deleted_at=None)).count()
    said.update(undone_at=timezone.now())
    effective_genres_recompute(Track.all_objects.filter(pk__in=ids))
    return count


def effective_genres_recompute(tracks: QuerySet[Track]) -> None:
    """Derive from the layers what counts: people's word, else the model's when it is sure, else nothing.

    A track asks for its owner's word when the model is unsure, or sure of something else than the file's tag. It
    should be reviewed for the same reasons as long as its owner has said nothing, and when its owner, in a genre that
    the model knows, said something else than the model; but not once a reviewer's word stands.
    """
    heard = Prediction.objects.filter(pk=OuterRef("prediction"))
    now = timezone.now()
    tracks = tracks.order_by()
    verdict = verdict_for_track(OuterRef("pk"))
    tracks.update(owner_genre=Coalesce(Subquery(verdict.values("genre")[:1]), Value("")), updated_at=now)
    unsure = Q(label=None)
    against_file = ~Q(track__file_label="") & ~Q(top=F("track__file_label"))
    against_owner = Q(track__owner_genre__in=BUILTIN_GENRES) & ~Q(top=F("track__owner_genre"))
    reviewed = verdicts_in_force(Verdict.objects.filter(track=OuterRef("pk"))).exclude(
        person=OuterRef("owner")
    )
    disputed = heard.filter(Q(track__owner_genre="") & (unsure | against_file) | against_owner)
    # Each reason brings a track forward by a whole 1, more than any confidence.
    reasons = sum(Case(When(why, then=1.0), default=0.0) for why in (unsure, against_file, against_owner))
    tracks.update(
        genre=Case(
            When(~Q(owner_genre=""), then=F("owner_genre")),
            default=Coalesce(Subquery(heard.values("label")[:1]), Value("")),
        ),
        genre_source=Case(
            When(~Q(owner_genre=""), then=Value(Track.Source.OWNER)),
            When(Exists(heard.filter(label__isnull=False)), then=Value(Track.Source.MODEL)),
            default=Value(Track.Source.NONE),
        ),
        confidence=Subquery(heard.values("confidence")[:1]),
        needs_you=Case(
            When(
                Q(owner_genre="", status=Track.Status.READY) & Exists(heard.filter(unsure | against_file)),
                then=Value(True),
            ),
            default=Value(False),
        ),
        review_rank=Case(
            When(Exists(reviewed), then=Value(None)),
            default=Subquery(disputed.values(rank=F("confidence") - reasons)[:1]),
        ),
    )
    _unretire_used_genres(tracks)


def own_genre_add(*, owner: User, name: str) -> Genre:
    """Make an own genre, or bring back the retired one of that name. Raises DomainError: `bad_name`, `taken`."""
    name, key = _clean(name), key_from(name)[: Genre._meta.get_field("key").max_length]
    _check_name_free(owner, name)
    if key in {*BUILTIN_GENRES, UNSURE, ""}:
        raise DomainError("bad_name", "A genre's name has a letter or digit, and is none of the ten.", 422)
    found, created = Genre.objects.get_or_create(
        owner=owner, key=key, defaults={"name": name, "hue": Genre.objects.filter(owner=owner).count() % HUES}
    )
    if not created:
        if found.retired_at is None:
            raise DomainError("taken", f"You have a genre “{found.name}” already.")
        found.name, found.retired_at = name, None
        found.save(update_fields=["name", "retired_at"])
    return found


def genre_key_get_or_create(*, owner: User, name: str) -> str:
    """The key of the genre of that name, built-in or own; an own one is made when there is none.

    Raises DomainError: `bad_name`.
    """
    named = {fold(text): key for key, text in BUILTIN_GENRES.items()} | {key: key for key in BUILTIN_GENRES}
    own = Genre.objects.filter(owner=owner, retired_at=None)
    named |= {fold(genre.name): genre.key for genre in own}
    return named.get(fold(name)) or own_genre_add(owner=owner, name=name).key


def own_genre_rename(*, genre: Genre, name: str, shown: Mapping[str, str] | None = None) -> None:
    """Give an own genre another name. Its tracks name it by its key, so they do not change.

    Raises DomainError: `bad_name`, `taken`, `not_found`; ConflictError, when it is no longer what was `shown`.
    """
    changes = {field: _clean(value) for field, value in changed_fields({"name": name}, shown).items()}
    with transaction.atomic():
        current = locked_row(genre)
        if due := pending_changes(current, changes, shown):
            _check_name_free(current.owner, due["name"], but=current)
            current.name = due["name"]
            current.save(update_fields=["name"])
    genre.refresh_from_db()


def _verdict_fields(track: Track, person: User, genre: str, action: BulkAction | None) -> dict[str, object]:
    heard = track.prediction
    return {
        "track": track,
        "person": person,
        "before": track.genre,
        "genre": genre,
        "heard": heard.top if heard else "",
        "sure": bool(heard and heard.label),
        "bulk_action": action,
    }


def genre_check(owner: User, genre: str) -> None:
    """Whether somebody has a genre of that key; "" takes one's verdict back. Raises DomainError: `unknown_genre`."""
    if not genre or genre in BUILTIN_GENRES:
        return
    if not Genre.objects.filter(owner=owner, key=genre, retired_at=None).exists():
        raise DomainError(
            "unknown_genre", "There is no such genre. Choose from the list, or make your own.", 422
        )


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 40 or not name.isprintable():
        raise DomainError("bad_name", "A name has 1 to 40 characters.", 422)
    return name


def _check_name_free(owner: User, name: str, but: Genre | None = None) -> None:
    others = Genre.objects.filter(owner=owner, retired_at=None)
    if but:
        others = others.exclude(pk=but.pk)
    taken = others.values_list("name", flat=True)
    if fold(name) in {fold(other) for other in (*taken, *BUILTIN_GENRES.values(), *BUILTIN_GENRES)}:
        raise DomainError("taken", f"There is a genre “{name}” already.")


def _unretire_used_genres(tracks: QuerySet[Track]) -> None:
    """A retired genre that an undo brought back to a track is a genre again."""
    retired = Genre.objects.exclude(retired_at=None)
    used = tracks.filter(owner=OuterRef("owner"), owner_genre=OuterRef("key"))
    retired.filter(Exists(used)).update(retired_at=None)
