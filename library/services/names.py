"""The rule for names that people give to genres, tags and playlists."""

from __future__ import annotations

from typing import cast

from django.db.models import CharField, Model

from library.errors import DomainError


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
