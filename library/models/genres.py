"""Genres that people add to the built-in ones, and passes that recompute the genres of a library."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import models

from library.models.people import User
from library.models.tracks import GENRE_LENGTH, NAME_ROOM

#: How many colours own genres and tags share; `static/css/common.css` has one class for each.
HUES = 12
#: The most own genres that a person can have, retired ones included, and the most tags. As many as an export may hold.
MAX_OWN_GENRES = 1000
MAX_TAGS = 10_000


def new_genre_key() -> str:
    """A key that says nothing of the genre's name, so that a renamed genre leaves its name to another."""
    return f"g-{secrets.token_hex(6)}"


class Genre(models.Model):
    """A person's own genre, beside the built-in ones.

    Tracks and verdicts refer to it by its key, which never changes: a genre can be renamed without touching them.
    A genre that was deleted or merged is only retired, so that history still shows its name and an undo revives it.
    """

    # The constraint below serves the key, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="genres", db_index=False)
    key = models.CharField(max_length=GENRE_LENGTH, editable=False)
    name = models.CharField(max_length=NAME_ROOM)
    hue = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_genre_per_key")]

    def __str__(self) -> str:
        return self.name

    @property
    def css(self) -> str:
        """The class of its colour."""
        return f"hue-{self.hue}"


class GenreRecompute(models.Model):
    """A pass through one library that recomputes the effective genres, because the rule has changed.

    Once it has finished, the row stays until its owner has seen how many genres have changed.
    """

    owner = models.OneToOneField(
        User, on_delete=models.CASCADE, primary_key=True, related_name="genre_recompute"
    )
    #: The tracks up to this id are done.
    after = models.UUIDField(default=UUID(int=0))
    changed = models.PositiveIntegerField("tracks that have another genre now", default=0)
    updated_at = models.DateTimeField("last progress", auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.owner}: {self.changed} changed"
