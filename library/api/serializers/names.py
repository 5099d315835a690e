"""Names, whose length is counted as people count it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from classifier.visible import character_count
from library.models.tracks import NAME_LENGTH, NAME_ROOM


class NameField(serializers.CharField):
    """A name of up to `characters` as people count them; the schema has a `maxLength` of `max_length`."""

    def __init__(self, *, characters: int = NAME_LENGTH, max_length: int = NAME_ROOM, **kwargs: Any) -> None:
        self.characters = characters
        kwargs.setdefault("help_text", f"Up to {characters} characters, as people count them.")
        super().__init__(max_length=max_length, **kwargs)

    def run_validators(self, value: str) -> None:
        super().run_validators(value)
        if character_count(value) > self.characters:
            message = f"Ensure this field has no more than {self.characters} characters."
            raise serializers.ValidationError([ErrorDetail(message, "max_length")])
