"""Tags as people type them into a field of a page: commas separate them."""

from __future__ import annotations

from django.db import transaction

from library.errors import DomainError
from library.models import Tag, Track, User
from library.models.tracks import NAME_ROOM
from library.selectors import tag_named
from library.services.tags import tag_add, track_tag
from library.text import is_storable
from library.text.folding import name_key

MOST_AT_ONCE = 20


def tag_names_in(owner: User, text: str) -> list[str]:
    """The names in a text, or the text itself if the owner has a tag of that name, commas included.

    In one order whatever was typed, so that two requests do not wait for each other's tags.
    """
    if "," not in text or (is_storable(text, NAME_ROOM) and tag_named(owner, text)):
        return [text]
    if text.count(",") >= MOST_AT_ONCE:
        raise DomainError("bad_name", f"These are more than {MOST_AT_ONCE} tags at once.", 422)
    names = [name for name in text.split(",") if name.strip()]
    return sorted(names, key=name_key) or [""]


def track_tag_typed(*, track: Track, text: str) -> list[Tag]:
    """Put the tags of a text on one track. Raises DomainError as `track_tag` does: then none of them is put there."""
    with transaction.atomic():
        return [track_tag(track=track, name=name) for name in tag_names_in(track.owner, text)]


def tags_add_typed(*, owner: User, text: str) -> list[Tag]:
    """The owner's tags of a text, created if need be. Raises DomainError as `tag_add` does: then none is created."""
    with transaction.atomic():
        return [tag_add(owner=owner, name=name) for name in tag_names_in(owner, text)]
