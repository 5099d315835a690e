"""The rule for names that people give to genres, tags and playlists."""

from __future__ import annotations

from typing import cast

from django.db.models import CharField, Model

from library.errors import DomainError
from library.text import fold


def clean_name(name: str, model: type[Model]) -> str:
    """A name for a row of `model`, without doubled or outer white space.

    Raises DomainError: `bad_name`, unless it has at least 1 and at most as many characters as the field `name` holds,
    all of them printable, and the key that is derived from it is not longer than the field `key`, if there is one.
    """
    name = " ".join(name.split())
    max_length = cast(CharField, model._meta.get_field("name")).max_length or 0
    if not 1 <= len(name) <= max_length or not name.isprintable():
        raise DomainError("bad_name", f"A name has 1 to {max_length} characters.", 422)
    if any(field.name == "key" and len(fold(name)) > (field.max_length or 0) for field in model._meta.fields):
        raise DomainError(
            "bad_name", "This name has letters that stand for several. Choose a shorter one.", 422
        )
    return name
