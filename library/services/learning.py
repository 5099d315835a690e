"""Teaching: answers about whether tracks sound like an own genre or a tag. Examples are verdicts and taggings."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from library.errors import DomainError
from library.models import Answer, Concept, Genre, Tag, Tagging, Track, User, Verdict
from library.selectors import own_genres_of, tags_of
from library.selectors.concepts import concept_for, concepts_of, example_ids, refusal_ids
from library.selectors.verdicts import latest_verdicts
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.concept_switch import concept_unset
from library.services.edit_conflicts import locked_row
from library.services.genres import genre_key_get_or_create, genre_set, genre_undo
from library.services.tags import tag_get_or_add, tagging_undo, track_tag


def concept_get_or_create(*, owner: User, taught: Genre | Tag) -> Concept:
    """The concept of one of the owner's genres or tags. Raises DomainError: `not_found`."""
    concept = concept_for(owner, taught)
    if concept.pk:
        return concept
    there = own_genres_of(owner) if isinstance(taught, Genre) else tags_of(owner)
    if not there.filter(pk=taught.pk).exists():
        raise DomainError("not_found", "There is no such genre or tag.", 404)
    return Concept.objects.get_or_create(owner=owner, genre=concept.genre, tag=concept.tag)[0]


def concept_add(*, owner: User, genre: str = "", tag: str = "") -> Concept:
    """The concept of the own genre or the tag of that name; one that does not exist is created.

    Raises DomainError: `bad_name`, `too_many`; `builtin_genre`, which cannot be taught.
    """
    if tag:
        return concept_get_or_create(owner=owner, taught=tag_get_or_add(owner=owner, name=tag))
    own = own_genres_of(owner).filter(key=genre_key_get_or_create(owner=owner, name=genre)).first()
    if own is None:
        raise DomainError(
            "builtin_genre", "Earmark knows this genre already. Teach a genre of your own, or a tag.", 422
        )
    return concept_get_or_create(owner=owner, taught=own)


def concept_answer(*, concept: Concept, track: Track, yes: bool, asked: bool = True) -> Answer:
    """Say whether a track sounds like a concept; a yes also gives it the genre or the tag.

    `asked`: Earmark suggested the track or asked about it. The same answer given twice counts once.
    Raises DomainError: `not_found`; `is_example`, for a no about a track that has the genre or the tag.
    """
    with transaction.atomic():
        concept, track = _locked(concept, track)
        owner = concept.owner
        is_example = example_ids(owner, concept).filter(track=track).exists()
        if is_example and not yes:
            raise DomainError(
                "is_example",
                f"This track has “{concept.name}”. Take that away first, then it can be refused.",
            )
        given = Answer.objects.filter(concept=concept, track=track).first()
        if given and given.yes == yes and is_example == yes:
            return given
        was_refused = any(ids.filter(track=track).exists() for ids in refusal_ids(owner, concept))
        given_id = _give(concept, track) if yes and not is_example else None
        if not yes:
            concept_unset(concept=concept, track=track)
        answer, _ = Answer.objects.update_or_create(
            concept=concept,
            track=track,
            defaults={
                "yes": yes,
                "asked": asked,
                "given_id": given_id,
                "was_no": yes and was_refused,
                "created_at": timezone.now(),
            },
        )
        concept_pass_request_if_on(owner_id=owner.pk)
    return answer


def answer_undo(*, concept: Concept, track: Track) -> None:
    """Take an answer back, and the verdict or tagging that it gave, if that is still the latest.

    A no that it had replaced counts again; otherwise the track can be suggested again.
    Raises DomainError: `not_found`, `nothing_to_undo`.
    """
    with transaction.atomic():
        concept, track = _locked(concept, track)
        answer = Answer.objects.filter(concept=concept, track=track).first()
        if answer is None:
            raise DomainError("nothing_to_undo", "There is no answer about this track to undo.")
        if answer.given_id and concept.genre:
            own = latest_verdicts(Verdict.objects.filter(track=track, person=concept.owner)).first()
            if own and own.pk == answer.given_id:
                genre_undo(track=track, person=concept.owner)
        elif answer.given_id:
            tagging_undo(track=track, tagging_id=answer.given_id)
        if answer.was_no:
            answer.yes, answer.was_no, answer.given_id = False, False, None
            answer.save(update_fields=["yes", "was_no", "given_id"])
        else:
            answer.delete()
        concept_pass_request_if_on(owner_id=concept.owner_id)


def _locked(concept: Concept, track: Track) -> tuple[Concept, Track]:
    """Both as they are now; track and tag are locked until the transaction ends. Raises DomainError: `not_found`."""
    current = concepts_of(concept.owner).filter(pk=concept.pk).first()
    if current and current.tag:
        locked_row(current.tag)  # before the track, as merging and deleting tags do
    own = Track.objects.select_for_update().filter(owner=concept.owner, pk=track.pk).first()
    if current is None or own is None:
        raise DomainError("not_found", "This no longer exists.", 404)
    return current, own


def _give(concept: Concept, track: Track) -> int:
    """Give a track the genre or the tag; returns the id of the verdict or the tagging."""
    if concept.genre:
        return genre_set(track=track, person=concept.owner, genre=concept.genre.key).pk
    assert concept.tag is not None
    tag = track_tag(track=track, name=concept.tag.name)
    return Tagging.objects.get(track=track, tag=tag).pk
