"""A request to an endpoint, once it is known who asks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from library import selectors
from library.models import User
from library.selectors import GenreNames
from library.subsonic.parameters import Parameters

#: What an endpoint returns: what it says in the envelope, or a file.
Answer = dict[str, Any] | HttpResponseBase
CLIENT_NAME_LENGTH = 60


@dataclass(frozen=True)
class Call:
    request: HttpRequest
    params: Parameters
    person: User
    scopes: tuple[str, ...]

    @cached_property
    def genres(self) -> GenreNames:
        return selectors.genre_names_of(self.person)

    @property
    def client(self) -> str:
        """What the player calls itself."""
        return self.params.text("c").strip()[:CLIENT_NAME_LENGTH] or "player"
