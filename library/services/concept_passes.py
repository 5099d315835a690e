"""Passes that set what an owner's concepts set by themselves, and take away what they set no longer.

What is to be changed is computed each time from what holds then (`selectors.concept_switch`), and changed in batches,
so that a pass can be killed anywhere. A lease makes sure that there is one at a time for each owner.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from library.models import Concept, ConceptPass, ConceptTrack, Tag, Tagging, Track, User
from library.selectors.concept_switch import SureGenre, due_genres_of, due_tags_of, settled_among
from library.services.batches import BATCH_SIZE
from library.services.concept_pass_requests import PASS_LEASE, concept_pass_enqueue
from library.services.effective_genres import effective_genres_refresh

logger = logging.getLogger(__name__)

#: Batches that one task does. That takes about a second, for which a new upload may have to wait.
BATCHES_PER_TASK = 4


class LeaseLostError(Exception):
    """Another process does what this one was doing."""


def concept_pass_run(*, owner_id: int, soon: bool = False, batches: int = BATCHES_PER_TASK) -> None:
    """Do the next batches of an owner's pass, if one was requested and no other process does it.

    A task does the rest, if there is any, or if there was another request meanwhile.
    """
    lease = uuid.uuid4()
    free = Q(lease=None) | Q(leased_until__lt=Now())
    if not ConceptPass.objects.filter(free, owner=owner_id).update(
        lease=lease, leased_until=Now() + PASS_LEASE
    ):
        return
    held = ConceptPass.objects.filter(owner=owner_id, lease=lease)
    try:
        requested = held.select_related("owner").get()
        if _batches_run(requested.owner, lease, batches):
            is_finished = held.filter(requests=requested.requests).delete()[0]
        else:
            is_finished = 0
    except (LeaseLostError, ConceptPass.DoesNotExist):
        logger.info("Another process sets what account %s has taught", owner_id)
        return
    except OperationalError as error:
        # People come first: where they hold the same rows or the whole database, the pass waits for the sweep.
        logger.info("What account %s has taught is set later: %s", owner_id, error)
        return
    except Exception:
        held.delete()  # it would fail again
        raise
    if not is_finished and held.update(lease=None):
        concept_pass_enqueue(owner_id=owner_id, soon=soon)


def concept_passes_resume() -> int:
    """Enqueue again the passes whose process died, and those that nobody took; returns how many."""
    lapsed = ConceptPass.objects.filter(leased_until__lt=Now())
    owners = list(lapsed.values_list("owner", flat=True))
    lapsed.filter(owner__in=owners).update(lease=None, leased_until=Now() + PASS_LEASE)
    for owner_id in owners:
        concept_pass_enqueue(owner_id=owner_id)
    return len(owners)


def _batches_run(owner: User, lease: UUID, most: int) -> bool:
    """Change at most so many batches; returns whether these were all."""
    for number, batch in enumerate(_due_batches(owner)):
        if number == most:
            return False
        with transaction.atomic():
            batch()
            # Last, since others lock tracks before they ask for a pass.
            if not ConceptPass.objects.filter(owner=owner, lease=lease).update(
                leased_until=Now() + PASS_LEASE
            ):
                raise LeaseLostError
    return True


def _due_batches(owner: User) -> Iterator[Callable[[], None]]:
    for some in itertools.batched(due_genres_of(owner).items(), BATCH_SIZE):
        yield partial(_genres_apply, owner, dict(some))
    for due in due_tags_of(owner):
        for ids in itertools.batched(due.remove, BATCH_SIZE):
            yield partial(_tag_remove, due.concept, ids)
        for ids in itertools.batched(due.add, BATCH_SIZE):
            yield partial(_tag_add, owner, due.concept, ids)


def _genres_apply(owner: User, due: Mapping[UUID, SureGenre | None]) -> None:
    """Set what some tracks are to get as their genre, where the owner has not said anything meanwhile."""
    concepts = _locked_concepts({sure.concept_id for sure in due.values() if sure})
    ids = _locked_tracks(owner, due)
    new = [
        ConceptTrack(track_id=pk, concept_id=sure.concept_id, margin=sure.margin)
        for pk in ids
        if (sure := due[pk]) and sure.concept_id in concepts
    ]
    for concept in concepts.values():
        settled = settled_among(owner, concept, [row.track_id for row in new])
        new = [row for row in new if row.concept_id != concept.pk or row.track_id not in settled]
    ConceptTrack.objects.filter(track__in=ids).delete()
    ConceptTrack.objects.bulk_create(new)
    effective_genres_refresh(owner=owner, track_ids=ids)


def _tag_add(owner: User, concept: Concept, track_ids: tuple[UUID, ...]) -> None:
    """Set a concept's tag on tracks, where the owner has not said anything meanwhile."""
    # Before the tracks, as merging and deleting tags do.
    tag = Tag.objects.select_for_update().filter(pk=concept.tag_id or 0).first()
    if tag is None or not _locked_concepts({concept.pk}):
        return
    ids = set(_locked_tracks(owner, track_ids)) - settled_among(owner, concept, track_ids)
    Tagging.objects.bulk_create(
        [Tagging(tag=tag, track_id=pk, concept=concept) for pk in sorted(ids)], ignore_conflicts=True
    )
    Track.all_objects.filter(pk__in=ids).update(updated_at=timezone.now())


def _tag_remove(concept: Concept, track_ids: tuple[UUID, ...]) -> None:
    """Take a tag that a concept has set from tracks; it stays where the owner has made it theirs."""
    ids = _locked_tracks(concept.owner, track_ids)
    taggings = Tagging.objects.filter(concept=concept, track__in=ids)
    had = list(taggings.values_list("track", flat=True))
    taggings.delete()
    Track.all_objects.filter(pk__in=had).update(updated_at=timezone.now())


def _locked_concepts(ids: set[int]) -> dict[int, Concept]:
    """Those of these concepts that are switched on; they stay so until the transaction ends."""
    concepts = Concept.objects.select_for_update(of=("self",), no_key=True).filter(
        pk__in=ids, sets_since__isnull=False
    )
    return {concept.pk: concept for concept in concepts.select_related("genre", "tag").order_by("pk")}


def _locked_tracks(owner: User, ids: Mapping[UUID, object] | tuple[UUID, ...]) -> list[UUID]:
    """Those of these tracks that are still there, those in the bin, too, locked in one order."""
    tracks = Track.all_objects.select_for_update().filter(owner=owner, pk__in=list(ids))
    return list(tracks.order_by("pk").values_list("pk", flat=True))
