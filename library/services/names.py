"""The rules for names that people give to genres, tags and playlists, and for how many there may be."""

from __future__ import annotations

from typing import cast

from django.db.models import CharField, Model

from library.errors import DomainError
from library.models import Genre, Tag, User
from library.models.genres import MAX_OWN_GENRES, MAX_TAGS


def room_check(*, owner: User, model: type[Genre] | type[Tag], new: int = 1) -> None:
    """Raises DomainError: `too_many`, unless a person may have this many genres or tags more."""
    most, what = (MAX_OWN_GENRES, "genres of your own") if model is Genre else (MAX_TAGS, "tags")
    if new and model._default_manager.filter(owner=owner).count() + new > most:
        raise DomainError("too_many", f"You can have up to {most:,} {what}. Delete some first.")


def clean_name(name: str, model: type[Model]) -> str:
    """A name for a row of `model`, without doubled or outer white space.

    Raises DomainError: `bad_name`, unless it has at least 1 and at most as many characters as the field `name` holds,
    all of them printable.
    """
    name = " ".join(name.split())
    max_length = cast(CharField, model._meta.get_field("name")).max_length or 0
    if not 1 <= len(name) <= max_length or not name.isprintable():
        raise DomainError("bad_name", f"A name has 1 to {max_length} characters.", 422)
    return name
