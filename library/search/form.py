"""Validation of a search's parameters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from library import selectors
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import User
from library.text import fold

#: Each value is a condition in the query, and databases limit their number.
MAX_VALUES_PER_FILTER = 100
EMPTY_VALUES: tuple[Any, ...] = (None, "", [])


class TextListField(forms.MultipleChoiceField):
    """Texts, one for each time the parameter is given."""

    def to_python(self, value: Any) -> list[str]:
        return [word for word in super().to_python(value) if word.strip()]

    def validate(self, value: list[str]) -> None:
        if len(value) > MAX_VALUES_PER_FILTER:
            raise ValidationError(f"Enter at most {MAX_VALUES_PER_FILTER} values.")
        super().validate(value)

    def valid_value(self, value: str) -> bool:
        return len(value) <= 80 and value.isprintable()


class StrictBooleanField(forms.Field):
    """`true` or `false`. Django's own field takes anything else for no value."""

    def to_python(self, value: str | None) -> bool | None:
        if not value:
            return None
        try:
            return {"true": True, "1": True, "false": False, "0": False}[value.lower()]
        except KeyError:
            raise ValidationError("Enter true or false.") from None


class SearchForm(forms.Form):
    """Checks that need the owner or several forms of a text, and brings values into the form that is stored."""

    #: Parameters whose values are keys of genres, tags or moods.
    KEYED = frozenset({"genre", "not_genre", "tag", "not_tag", "mood", "not_mood"})

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

    def clean_tag(self) -> list[str]:
        return self._tag_keys("tag")

    def clean_not_tag(self) -> list[str]:
        return self._tag_keys("not_tag")

    def clean_mood(self) -> list[str]:
        return self._mood_names("mood")

    def clean_not_mood(self) -> list[str]:
        return self._mood_names("not_mood")

    def _tag_keys(self, name: str) -> list[str]:
        # A text of accents alone has no key. It stays, and finds nothing: an empty value would be no filter.
        return list(dict.fromkeys(fold(tag) or tag for tag in self.cleaned_data[name]))

    def _mood_names(self, name: str) -> list[str]:
        return list(dict.fromkeys(mood.lower() for mood in self.cleaned_data[name]))

    def _genre_keys(self, name: str) -> list[str]:
        """The keys of genres that are given by key or by name, in any case."""
        given: list[str] = self.cleaned_data[name]
        if {UNSURE, *BUILTIN_GENRES}.issuperset(given):
            return given
        choices = list(selectors.genre_names_of(self.owner))
        keys = {fold(choice.name): choice.key for choice in choices}
        keys |= {fold(key): key for key in (*(choice.key for choice in choices), UNSURE)}
        if any(fold(genre) not in keys for genre in given):
            # A custom model may predict other genres.
            keys |= {fold(key): key for key in selectors.track_count_by_genre(self.owner) if key}
        if unknown := [genre for genre in given if fold(genre) not in keys]:
            # Not in the message itself: django-filter formats it, and a genre may have a per cent sign.
            raise ValidationError(
                [
                    ValidationError("There is no genre “%(genre)s”.", params={"genre": genre})
                    for genre in unknown
                ]
            )
        return [keys[fold(genre)] for genre in given]
