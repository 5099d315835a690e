"""Addresses of a track's pages and files."""

from __future__ import annotations

import functools
from uuid import UUID

from django.urls import get_script_prefix, reverse

_ANY = UUID(int=0)


def reverse_track(name: str, track_id: UUID) -> str:
    """What `reverse` says of a pattern with a track's id: a list asks five times a row, so each is asked once."""
    return _pattern(name, get_script_prefix()).replace(str(_ANY), str(track_id))


@functools.cache
def _pattern(name: str, prefix: str) -> str:
    """An address below a prefix, which `reverse` puts before it, with the id of no track."""
    return reverse(name, args=[_ANY])
