"""Fields of tracks and their values, as the page for editing many of them shows them."""

from __future__ import annotations

from django import template

from library.services.track_edit_requests import FIELD_NAMES

register = template.Library()


@register.filter
def field_name(field: str) -> str:
    """What an editable field is called: "Album artist"."""
    name = FIELD_NAMES[field]
    return name[0].upper() + name[1:]


@register.filter
def field_value(value: str | int | bool | None) -> str:
    """A value of an editable field as a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in ("", None) else str(value)
