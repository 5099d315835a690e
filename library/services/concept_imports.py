"""The import of what was taught: concepts and their answers. Examples come with verdicts and tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from django.db import transaction

from library.exchange.import_reader import AnswerEntry, ConceptEntry
from library.models import Answer, Concept, Genre, Track, User
from library.services.batches import in_batches
from library.text.folding import NameIndex


def concepts_import(
    *, owner: User, entries: Iterable[ConceptEntry], genre_keys: Mapping[str, str], tag_ids: NameIndex[int]
) -> Counter[str]:
    """Add missing concepts and answers; returns how many of each kind. One that is here already stays on or off.

    `genre_keys` has the key here of each genre in the document, `tag_ids` the id of each tag by its name.
    """
    done: Counter[str] = Counter()
    for entry in entries:
        switch = {"sets_since": entry.sets_since}
        if entry.genre:
            genre = Genre.objects.get(owner=owner, key=genre_keys[entry.genre])
            concept, is_new = Concept.objects.get_or_create(owner=owner, genre=genre, defaults=switch)
        else:
            concept, is_new = Concept.objects.get_or_create(
                owner=owner, tag_id=tag_ids[entry.tag], defaults=switch
            )
        done["concepts"] += is_new
        for batch in in_batches(entry.answers):
            done["answers"] += _answers_add(concept, batch)
    return done


def _answers_add(concept: Concept, batch: tuple[AnswerEntry, ...]) -> int:
    """Add the answers about tracks that are here and have none yet; returns how many."""
    with transaction.atomic():
        tracks = Track.objects.filter(owner=concept.owner_id, sha256__in=[entry.sha256 for entry in batch])
        ids = dict(tracks.order_by().values_list("sha256", "pk"))
        answered = set(concept.answers.filter(track__in=ids.values()).values_list("track_id", flat=True))
        new = {
            ids[entry.sha256]: Answer(
                concept=concept,
                track_id=ids[entry.sha256],
                yes=entry.yes,
                asked=entry.asked,
                created_at=entry.at,
            )
            for entry in batch
            if entry.sha256 in ids and ids[entry.sha256] not in answered
        }
        return len(Answer.objects.bulk_create(new.values()))
