"""URLs of the pages of tracks, albums and artists, and of files and covers."""

from __future__ import annotations

import functools
from uuid import UUID

from django.urls import get_script_prefix, reverse

_PLACEHOLDER_ID = UUID(int=0)


def reverse_track(name: str, track_id: UUID) -> str:
    """`reverse(name, args=[track_id])`, but cached per URL pattern: a list has five URLs in each row."""
    return _reversed_placeholder(name, get_script_prefix()).replace(str(_PLACEHOLDER_ID), str(track_id))


def reverse_row(name: str, pk: UUID) -> str:
    """The same for an album or an artist."""
    return reverse_track(name, pk)


@functools.cache
def _reversed_placeholder(name: str, prefix: str) -> str:
    """The URL of a placeholder id. `prefix` is part of it, and therefore of the cache's key."""
    return reverse(name, args=[_PLACEHOLDER_ID])


def reverse_cover(cover_id: UUID, size: str, name: str = "cover") -> str:
    """The URL of one picture of a cover, on pages or in the API (`name`). `size` is a key of `COVER_SIZES`."""
    return _reversed_cover(name, size, get_script_prefix()).replace(str(_PLACEHOLDER_ID), str(cover_id))


@functools.cache
def _reversed_cover(name: str, size: str, prefix: str) -> str:
    return reverse(name, args=[_PLACEHOLDER_ID, size])
