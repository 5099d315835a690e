"""Verdicts on genres, and the genres that people add to the built-in ones.

A `Verdict` is in force until it is undone. `services.effective_genres` says when it counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from library.errors import DomainError
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import BulkAction, BulkActionTrack, Genre, Track, User, Verdict
from library.models.genres import HUES, new_genre_key
from library.selectors import genre_names_of, own_genres_of
from library.selectors.verdicts import latest_verdicts, verdicts_in_force
from library.services.concept_merging import concept_merge
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.edit_conflicts import changed_fields, locked_row, pending_changes
from library.services.effective_genres import effective_genres_recompute, file_labels_follow
from library.services.learned_fits import learned_model_fit_if_due
from library.services.names import clean_name, room_check
from library.services.saved_searches import saved_searches_follow_genre, saved_searches_restore
from library.text import slug_from
from library.text.folding import NameIndex, name_key

#: Where a genre comes from that a person can confirm: what Earmark asserts, and nobody has said yet.
CONFIRMABLE_SOURCES = (Track.Source.LEARNED, Track.Source.MODEL, Track.Source.FILE)


def genre_set(*, track: Track, person: User, genre: str) -> Verdict:
    """Give a verdict on a track: a built-in genre, an own genre of its owner, or "" to take the verdict back.

    Raises DomainError: `unknown_genre`.
    """
    genre_check(track.owner, genre)
    with transaction.atomic():
        current = Track.objects.select_for_update(of=("self",)).select_related("prediction").get(pk=track.pk)
        verdict = Verdict.objects.create(**_verdict_fields(current, person, genre, action=None))
        effective_genres_recompute(Track.objects.filter(pk=track.pk))
        concept_pass_request_if_on(owner_id=track.owner_id)
        transaction.on_commit(lambda: learned_model_fit_if_due(owner=person), robust=True)
    track.refresh_from_db()
    return verdict


def genre_confirm(*, track: Track, person: User) -> Verdict:
    """Confirm the effective genre, as far as it comes from the model or the file, or was learned.

    Raises DomainError: `nothing_heard`, `not_sure`, `has_verdict`.
    """
    with transaction.atomic():
        current = Track.objects.select_for_update().get(pk=track.pk)
        if current.genre_source == Track.Source.OWNER:
            raise DomainError("has_verdict", "Somebody has set this track’s genre already.")
        if not current.genre and current.prediction_id is None:
            raise DomainError(
                "nothing_heard", "This track has not been analysed yet, so there is nothing to confirm."
            )
        if not current.genre:
            raise DomainError(
                "not_sure", "Earmark is not sure of this track’s genre. Choose one instead of confirming."
            )
        verdict = genre_set(track=current, person=person, genre=current.genre)
    track.refresh_from_db()
    return verdict


def genre_undo(*, track: Track, person: User) -> Verdict:
    """Undo the latest verdict in force on a track; a reviewer undoes their own latest.

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
            raise DomainError("nothing_to_undo", "There is no verdict on this track's genre to undo.")
        latest.undone_at = timezone.now()
        latest.save(update_fields=["undone_at"])
        effective_genres_recompute(Track.objects.filter(pk=track.pk))
        concept_pass_request_if_on(owner_id=track.owner_id)
    track.refresh_from_db()
    return latest


def genres_set_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    """Give a batch of tracks an action's verdict: its genre; with `from_file`, the known one that the file names; or,
    without either, what `genre_confirm` confirms.
    """
    genre = action.data["genre"]
    batch = Track.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    verdicts = []
    batch = batch.select_related("prediction").only(
        "owner_genre", "genre", "genre_source", "file_label", "prediction__top", "prediction__label"
    )
    for track in batch:
        asserted = track.genre if track.genre_source in CONFIRMABLE_SOURCES else None
        in_file = track.file_label or None
        verdict = in_file if action.data.get("from_file") else asserted if genre is None else genre
        if verdict is not None and verdict != track.owner_genre:
            verdicts.append(Verdict(**_verdict_fields(track, action.person, verdict, action=action)))
    Verdict.objects.bulk_create(verdicts)
    effective_genres_recompute(Track.objects.filter(pk__in=ids))
    if action.person:
        person = action.person
        concept_pass_request_if_on(owner_id=person.pk)
        transaction.on_commit(lambda: learned_model_fit_if_due(owner=person), robust=True)
    return {verdict.track_id: None for verdict in verdicts}


def genres_set_finish(action: BulkAction) -> None:
    """Retire the own genre that an action takes off its tracks in order to delete it or merge it into another."""
    if genre := Genre.objects.filter(owner=action.person, pk=action.data.get("retires")).first():
        if into := own_genres_of(genre.owner).filter(key=action.data["genre"]).first():
            concept_merge(taught=genre, into=into)
        own_genre_retire(genre)
        if action.data["genre"] and genre.retired_at:
            action.data["searches"] = saved_searches_follow_genre(genre=genre, key=action.data["genre"])
            action.save(update_fields=["data"])


def genres_set_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Undo an action's verdicts on some tracks; returns for how many it was still the latest in force."""
    verdicts = Verdict.objects.filter(
        bulk_action=action, undone_at=None, track__in=[target.track_id for target in targets]
    )
    ids = list(verdicts.values_list("track_id", flat=True))
    count = latest_verdicts(verdicts.filter(track__deleted_at=None)).count()
    verdicts.update(undone_at=timezone.now())
    effective_genres_recompute(Track.all_objects.filter(pk__in=ids))
    if action.person:
        saved_searches_restore(owner=action.person, followed=action.data.get("searches", ()))
        concept_pass_request_if_on(owner_id=action.person.pk)
    return count


def own_genre_add(*, owner: User, name: str) -> Genre:
    """Create an own genre, or bring back the retired one of that name.

    Raises DomainError: `bad_name`, `taken`, `too_many`.
    """
    name = _clean_name(name)
    with transaction.atomic():
        # Only one at a time: no constraint keeps names apart, since a retired genre may have any.
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        _check_name_free(owner, name)
        genre = _retired_genre_named(owner, name)
        if genre:
            genre.name, genre.retired_at = name, None
            genre.save(update_fields=["name", "retired_at"])
        else:
            room_check(owner=owner, model=Genre)
            hue = Genre.objects.filter(owner=owner).count() % HUES
            genre = Genre.objects.create(owner=owner, key=new_genre_key(), name=name, hue=hue)
    file_labels_follow(owner=owner)
    concept_pass_request_if_on(owner_id=owner.pk)
    return genre


def _clean_name(name: str) -> str:
    """Raises DomainError: `bad_name`."""
    name = clean_name(name, Genre)
    if name_key(name) == UNSURE or not slug_from(name):
        raise DomainError("bad_name", "A genre’s name needs a letter or digit, and may not be “unsure”.", 422)
    return name


def _retired_genre_named(owner: User, name: str) -> Genre | None:
    """The retired genre of exactly that name, the latest if there are several."""
    retired = Genre.objects.filter(owner=owner, retired_at__isnull=False).order_by("-retired_at", "-pk")
    return next((genre for genre in retired if name_key(genre.name) == name_key(name)), None)


def genre_key_get_or_create(*, owner: User, name: str) -> str:
    """The key of the genre of that name, built-in or own; creates an own genre when there is none.

    Raises DomainError: `bad_name`, `too_many`.
    """
    named = NameIndex((choice.name, choice.key) for choice in genre_names_of(owner))
    for key in BUILTIN_GENRES:
        named.add(key, key)
    return named.get(name) or own_genre_add(owner=owner, name=name).key


def own_genre_retire(genre: Genre) -> None:
    """Retire an own genre, unless a track has it by a verdict."""
    used = Track.objects.filter(owner=genre.owner, owner_genre=genre.key)
    unused = Genre.objects.filter(~Exists(used), pk=genre.pk)
    if unused.update(retired_at=timezone.now()):
        file_labels_follow(owner=genre.owner)
        concept_pass_request_if_on(owner_id=genre.owner_id, soon=True)
    genre.refresh_from_db()


def own_genre_rename(*, genre: Genre, name: str, shown: Mapping[str, str] | None = None) -> None:
    """Rename an own genre. Its tracks refer to it by its key, so they do not change.

    Raises DomainError: `bad_name`, `taken`, `not_found`; ConflictError, when its name is no longer what was `shown`.
    """
    changes = {field: _clean_name(value) for field, value in changed_fields({"name": name}, shown).items()}
    with transaction.atomic():
        current = locked_row(genre)
        if due := pending_changes(current, changes, shown):
            _check_name_free(current.owner, due["name"], but=current)
            current.name = due["name"]
            current.save(update_fields=["name"])
    file_labels_follow(owner=current.owner)
    genre.refresh_from_db()


def _verdict_fields(track: Track, person: User, genre: str, action: BulkAction | None) -> dict[str, object]:
    prediction = track.prediction
    return {
        "track": track,
        "person": person,
        "before": track.genre,
        "genre": genre,
        "heard": prediction.top if prediction else "",
        "sure": bool(prediction and prediction.label),
        "bulk_action": action,
    }


def genre_check(owner: User, genre: str) -> None:
    """Raises DomainError: `unknown_genre`, unless the key is "" or one of a built-in or own genre of the owner."""
    if not genre or genre in BUILTIN_GENRES:
        return
    if not own_genres_of(owner).filter(key=genre).exists():
        raise DomainError(
            "unknown_genre", "There is no such genre. Choose one from the list, or create your own.", 422
        )


def _check_name_free(owner: User, name: str, but: Genre | None = None) -> None:
    others = own_genres_of(owner)
    if but:
        others = others.exclude(pk=but.pk)
    taken = others.values_list("name", flat=True)
    if name_key(name) in {name_key(other) for other in (*taken, *BUILTIN_GENRES.values(), *BUILTIN_GENRES)}:
        raise DomainError("taken", f"There is a genre “{name}” already.")
