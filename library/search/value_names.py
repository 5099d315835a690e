"""The names of what facets and chips show by a key or an id."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from library.models import Album, Artist, Tag, User
from library.search.form import NONE
from library.selectors import GenreNames, tags_of


@dataclass(frozen=True, slots=True)
class ValueNames:
    """The names of a person's genres, tags, artists and albums, for labels."""

    genres: GenreNames
    tags: Mapping[str, Tag] = field(default_factory=dict)
    """By key."""
    artists: Mapping[str, str] = field(default_factory=dict)
    """By id, in their order."""
    albums: Mapping[str, str] = field(default_factory=dict)
    """By id, in their order."""


def value_names(owner: User, genres: GenreNames, used: Mapping[str, Collection[str]]) -> ValueNames:
    """The names of these values, by the name of their facet. Looks up only what is there."""
    tags, artists, albums = (set(used.get(name, ())) - {NONE} for name in ("tag", "artist", "album"))
    return ValueNames(
        genres,
        {tag.key: tag for tag in tags_of(owner).filter(key__in=tags)},
        {str(one.pk): str(one) for one in Artist.objects.filter(owner=owner, pk__in=artists)},
        {
            str(one.pk): str(one)
            for one in Album.objects.filter(owner=owner, pk__in=albums).select_related("artist")
        },
    )
