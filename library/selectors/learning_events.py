"""What happens to what people teach and what was learned from them, for programs that follow events.

Derived from rows that say when they were changed, so that it does not matter which process has changed them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q
from django.db.models.functions import Coalesce, Greatest

from library.models import Answer, Concept, GenreRecompute, LearnedModel


@dataclass(frozen=True, slots=True)
class LearningEvent:
    """Something that has changed: its kind, its id among those of its kind, when, and what to say of it."""

    owner_id: int
    name: str
    key: int
    when: datetime
    data: dict[str, Any]


def learning_events_of(owner_ids: Collection[int], since: datetime) -> list[LearningEvent]:
    """What has changed since then, one event for everything that has: its latest change.

    `version`: a version was learned, put to use or aside, or its tracks follow. `concept`: somebody began to teach it,
    answered, or switched it on or off. `genres`: a pass through a library has given tracks another genre.
    """
    return [
        *_versions(owner_ids, since),
        *_concepts(owner_ids, since),
        *_finished_passes(owner_ids, since),
    ]


def _versions(owner_ids: Collection[int], since: datetime) -> list[LearningEvent]:
    changed = LearnedModel.objects.filter(owner__in=owner_ids, updated_at__gt=since)
    rows = changed.exclude(status=LearnedModel.Status.FITTING).order_by()
    return [
        LearningEvent(owner, "version", pk, when, {"id": pk, "number": number, "status": status})
        for owner, pk, when, number, status in rows.values_list(
            "owner", "pk", "updated_at", "number", "status"
        )
    ]


def _concepts(owner_ids: Collection[int], since: datetime) -> list[LearningEvent]:
    there = Q(genre__isnull=False, genre__retired_at=None) | Q(tag__name__isnull=False)
    answered = Max("answers__created_at", filter=Q(answers__track__deleted_at=None))
    # Only these are counted: nearly always there are none, and to count all answers of many people takes long.
    recent = Answer.objects.filter(created_at__gt=since).order_by().values_list("concept", flat=True)
    changed = Q(created_at__gt=since) | Q(switched_at__gt=since) | Q(pk__in=set(recent.distinct()))
    concepts = (
        Concept.objects.filter(there, changed, owner__in=owner_ids)
        .annotate(
            when=Greatest(
                "created_at", Coalesce("switched_at", "created_at"), Coalesce(answered, "created_at")
            )
        )
        .filter(when__gt=since)
        .select_related("genre", "tag")
        .order_by()
    )
    return [
        LearningEvent(
            concept.owner_id,
            "concept",
            concept.pk,
            concept.when,
            {
                "id": concept.pk,
                "kind": "genre" if concept.genre else "tag",
                "name": concept.name,
                "sets_itself": concept.sets_since is not None,
            },
        )
        for concept in concepts
    ]


def _finished_passes(owner_ids: Collection[int], since: datetime) -> list[LearningEvent]:
    finished = GenreRecompute.objects.filter(owner__in=owner_ids, finished_at__gt=since).order_by()
    return [
        LearningEvent(owner, "genres", owner, when, {"changed": changed})
        for owner, when, changed in finished.values_list("owner", "finished_at", "changed")
        if when
    ]
