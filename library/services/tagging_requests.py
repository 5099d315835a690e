"""Tagging many tracks: bulk actions that people and programs ask for, and that can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet

from library.errors import DomainError
from library.models import BulkAction, Tag, Track, User
from library.selectors import tag_named
from library.services.bulk_actions import DEFAULT_OPTIONS, BulkActionOptions, bulk_action_start
from library.services.bulk_tagging import tags_data
from library.services.tags import tag_get_or_add
from library.text.folding import name_key

#: Of more tags than these, a summary names the first but one, and counts the others.
MOST_NAMED = 4


def tracks_tag(
    *,
    tracks: QuerySet[Track],
    person: User,
    names: Sequence[str],
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Put the tags of these names on many tracks of one person; skips tracks that have all of them.

    Tags are created if need be, but none if one is refused.
    Raises DomainError: `bad_name`, `too_many`, `selection_changed`.
    """
    with transaction.atomic():
        # In one order, so that two requests do not wait for each other's tags.
        tags = _distinct(tag_get_or_add(owner=person, name=name) for name in sorted(names, key=name_key))
    summary = f"Tagged {tags_text(tags)}"
    return bulk_action_start(BulkAction.Kind.TAG, tracks, person, summary, tags_data(tags), options)


def tracks_untag(
    *,
    tracks: QuerySet[Track],
    person: User,
    names: Sequence[str],
    options: BulkActionOptions = DEFAULT_OPTIONS,
) -> BulkAction:
    """Remove the tags of these names from many tracks of one person; skips tracks that have none of them.

    Raises DomainError: `unknown_tag`, `selection_changed`.
    """
    found = [tag_named(person, name) for name in sorted(names, key=name_key)]
    tags = _distinct(tag for tag in found if tag)
    if None in found:
        raise DomainError(
            "unknown_tag", "You have no such tag." if not tags else "You have not all of these tags.", 422
        )
    summary = f"Removed the tag{'' if len(tags) == 1 else 's'} {tags_text(tags)}"
    return bulk_action_start(BulkAction.Kind.UNTAG, tracks, person, summary, tags_data(tags), options)


def tags_text(tags: Sequence[Tag]) -> str:
    """Names of tags in a sentence: "“jazz”, “late” and “live”", or "“a”, “b”, “c” and 9 more"."""
    names = [f"“{tag.name}”" for tag in tags]
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _distinct(tags: Iterable[Tag]) -> list[Tag]:
    return list({tag.pk: tag for tag in tags}.values())
