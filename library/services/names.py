"""The rules for names that people give to genres, tags and playlists, and for how many there may be."""

from __future__ import annotations

from django.db.models import Model

from classifier.visible import character_count, has_invisible
from library.errors import DomainError
from library.models import Genre, Playlist, Tag, User
from library.models.genres import MAX_OWN_GENRES, MAX_TAGS
from library.models.playlists import PLAYLIST_NAME_LENGTH, PLAYLIST_NAME_ROOM
from library.models.tracks import NAME_LENGTH, NAME_ROOM


def room_check(*, owner: User, model: type[Genre] | type[Tag], new: int = 1) -> None:
    """Raises DomainError: `too_many`, unless a person may have this many genres or tags more."""
    most, what = (MAX_OWN_GENRES, "genres of your own") if model is Genre else (MAX_TAGS, "tags")
    if new and model._default_manager.filter(owner=owner).count() + new > most:
        raise DomainError("too_many", f"You can have up to {most:,} {what}. Delete some first.")


#: How many characters a name may have: as people count them, and as Unicode does.
_LIMITS: dict[type[Model], tuple[int, int]] = {
    Genre: (NAME_LENGTH, NAME_ROOM),
    Tag: (NAME_LENGTH, NAME_ROOM),
    Playlist: (PLAYLIST_NAME_LENGTH, PLAYLIST_NAME_ROOM),
}


def clean_name(name: str, model: type[Genre] | type[Tag] | type[Playlist]) -> str:
    """A name for a row of `model`, without doubled or outer white space.

    Raises DomainError: `bad_name`, when it is empty, too long, or has something that nobody sees.
    """
    name = " ".join(name.split())
    most, room = _LIMITS[model]
    start = name[: room + 1]  # enough to see what is wrong
    if not 1 <= character_count(start) <= most:
        raise DomainError("bad_name", f"A name has 1 to {most} characters.", 422)
    if has_invisible(start):
        raise DomainError("bad_name", "This name has characters that nobody sees. Please type it in.", 422)
    if len(name) > room:
        raise DomainError(
            "bad_name",
            f"This name is too long: its characters are made of {len(name)} letters and marks, of at most {room}.",
            422,
        )
    return name
