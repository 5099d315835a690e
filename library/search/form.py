"""How the values in a search's address are checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from library import selectors
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import User
from library.text import fold

#: Each word is a condition of its own, and databases take only so many.
MAX_VALUES_PER_FILTER = 100
#: What is no value.
EMPTY_VALUES: tuple[Any, ...] = (None, "", [])


class TextListField(forms.MultipleChoiceField):
    """Any words, one for each time the parameter is there."""

    def to_python(self, value: Any) -> list[str]:
        return [word for word in super().to_python(value) if word.strip()]

    def validate(self, value: list[str]) -> None:
        if len(value) > MAX_VALUES_PER_FILTER:
            raise ValidationError(f"Enter at most {MAX_VALUES_PER_FILTER} values.")
        super().validate(value)

    def valid_value(self, value: str) -> bool:
        return len(value) <= 80 and value.isprintable()


class StrictBooleanField(forms.Field):
    """`true` or `false`; Django's own takes any other word for no answer."""

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        try:
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        except KeyError:
            raise ValidationError("Enter true or false.") from None


class SearchForm(forms.Form):
    """Checks what cannot be checked without knowing whose library is searched, or what searching makes of a text."""

    owner: User

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        if text and not fold(text):
            raise ValidationError("Enter at least one letter.")
        return text

    def clean_genre(self) -> list[str]:
        return self._genre_keys("genre")

    def clean_not_genre(self) -> list[str]:
        return self._genre_keys("not_genre")

    def _genre_keys(self, name: str) -> list[str]:
        """Genres may be named by key or by name, in any case."""
        asked: list[str] = self.cleaned_data[name]
        if {UNSURE, *BUILTIN_GENRES}.issuperset(asked):
            return asked
        choices = list(selectors.genre_names_of(self.owner))
        keys = {fold(choice.name): choice.key for choice in choices}
        keys |= {fold(key): key for key in (*(choice.key for choice in choices), UNSURE)}
        if any(fold(genre) not in keys for genre in asked):
            # A model of the site's own may hear others.
            keys |= {fold(key): key for key in selectors.track_count_by_genre(self.owner) if key}
        if unknown := [genre for genre in asked if fold(genre) not in keys]:
            raise ValidationError([f"There is no genre “{genre}”." for genre in unknown])
        return [keys[fold(genre)] for genre in asked]
