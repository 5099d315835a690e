"""What stands for a track, album or artist where there is no cover."""

from __future__ import annotations

import re

from library.models import Album, Artist, Track

Pictured = Album | Artist | Track


def initials(name: str) -> str:
    """The first letters of the first two words of a name: "The Gravel Kings" as "TG"; "" if it has no letters."""
    return "".join(word[0] for word in re.findall(r"\w+", name)[:2]).upper()


def initials_of(thing: Pictured) -> str:
    """The initials of an album's title or an artist's name; for a track, of its artist or, without one, its title."""
    if isinstance(thing, Track):
        return initials(thing.artist) or initials(thing.title)
    return initials(thing.title if isinstance(thing, Album) else thing.name)
