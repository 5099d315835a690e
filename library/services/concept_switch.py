"""The switch of a concept: whether Earmark sets it by itself on the tracks that it is sure of."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from library.errors import DomainError
from library.models import Concept, ConceptTrack, Tagging, Track
from library.selectors.concept_switch import ids_to_set
from library.selectors.concepts import concepts_of
from library.selectors.learning import teaching_state_of
from library.selectors.standing import switch_text
from library.services.concept_pass_requests import concept_pass_request
from library.services.concept_passes import concept_pass_run
from library.services.effective_genres import effective_genres_recompute
from library.text import track_count_text


def concept_switch_on(*, concept: Concept, expected: int | None = None) -> Concept:
    """Have Earmark set a concept by itself from now on. Nothing happens if it does so already.

    The first tracks get it at once, the others in the background; what is heard later gets it then.
    Raises DomainError: `not_found`; `not_sure_enough`; `selection_changed`, if it would set another
    number of tracks now than `expected`, which the owner was shown.
    """
    owner = concept.owner
    current = concepts_of(owner).filter(pk=concept.pk).first()
    if current is None:
        raise DomainError("not_found", "This no longer exists.", 404)
    if current.sets_since:
        return current
    state = teaching_state_of(owner, current)
    if not state.may_set:
        missing = switch_text(state.worth) or "Your answers show no clear border yet."
        raise DomainError("not_sure_enough", f"“{current.name}” cannot be switched on yet. {missing}")
    if expected is not None and (count := len(ids_to_set(owner, current))) != expected:
        was, now = track_count_text(expected), track_count_text(count)
        raise DomainError(
            "selection_changed", f"This was meant for {was}, but it is about {now} now. Nothing was changed."
        )
    with transaction.atomic():
        moment = timezone.now()
        Concept.objects.filter(pk=current.pk, sets_since=None).update(sets_since=moment, switched_at=moment)
        concept_pass_request(owner_id=owner.pk, soon=True)
    concept_pass_run(owner_id=owner.pk, soon=True, batches=1)
    current.refresh_from_db()
    return current


def concept_switch_off(*, concept: Concept) -> Concept:
    """Have Earmark set a concept no longer, and take away what it has set.

    The first tracks lose it at once, the others in the background. What the owner has confirmed stays.
    """
    with transaction.atomic():
        on = Concept.objects.filter(pk=concept.pk, sets_since__isnull=False)
        if on.update(sets_since=None, switched_at=timezone.now()):
            concept_pass_request(owner_id=concept.owner_id, soon=True)
    concept_pass_run(owner_id=concept.owner_id, soon=True, batches=1)
    concept.sets_since = None
    return concept


def concept_unset(*, concept: Concept, track: Track) -> None:
    """Take from one track what a concept has set on it, if it has; the caller has locked the track."""
    if concept.genre:
        if ConceptTrack.objects.filter(concept=concept, track=track).delete()[0]:
            effective_genres_recompute(Track.objects.filter(pk=track.pk))
    elif Tagging.objects.filter(concept=concept, track=track).delete()[0]:
        Track.objects.filter(pk=track.pk).update(updated_at=timezone.now())
