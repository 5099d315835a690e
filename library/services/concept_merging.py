"""What becomes of what was taught when its genre or tag is merged into another."""

from __future__ import annotations

from library.models import Concept, Genre, Tag
from library.selectors.concepts import concept_for


def concept_merge(*, taught: Genre | Tag, into: Genre | Tag) -> None:
    """Have what was refused for one genre or tag be refused for the other, into which it is being merged.

    That ends when the first one comes back, as after an undo.
    """
    concept = concept_for(taught.owner, taught)
    if not concept.pk:
        return
    other = concept_for(taught.owner, into)
    if not other.pk:
        other, _ = Concept.objects.get_or_create(owner=other.owner, genre=other.genre, tag=other.tag)
    concept.merged_into = other
    concept.save(update_fields=["merged_into"])
