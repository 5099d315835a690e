"""Validation of a search's parameters."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from classifier.visible import has_invisible
from library import selectors
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import User
from library.models.tags import KEY_LENGTH
from library.text import uuid_or_nil
from library.text.folding import NameIndex, name_key, search_text

#: Each value is a condition in the query, and databases limit their number.
MAX_VALUES_PER_FILTER = 100
#: The value of a filter for tracks that have nothing of what it asks for.
NONE = "none"
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
        return len(value) <= KEY_LENGTH and not has_invisible(value)


class IdListField(TextListField):
    """Ids in their usual form, or `none`, one for each time the parameter is given."""

    default_error_messages = {"invalid_choice": "“%(value)s” is not an id."}

    def to_python(self, value: Any) -> list[str]:
        return [_plain_id(text) for text in super().to_python(value)]

    def valid_value(self, value: str) -> bool:
        return value == NONE or value == str(uuid_or_nil(value))


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

    #: Parameters whose values are keys of genres, tags or moods, or ids.
    KEYED = frozenset({"genre", "not_genre", "tag", "not_tag", "mood", "not_mood", "artist", "album"})

    owner: User

    def clean_q(self) -> str:
        return self._with_letters("q")

    def clean_search(self) -> str:
        return self._with_letters("search")

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

    def _with_letters(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        if text and not search_text(text):
            raise ValidationError("Enter at least one letter.")
        return text

    def _tag_keys(self, name: str) -> list[str]:
        given: list[str] = self.cleaned_data[name]
        if not given:
            return given
        tags = selectors.tag_index_of(self.owner, given)
        # A name that no tag has stays, and finds nothing: an empty value would be no filter.
        keys = (found.key if (found := tags.get(tag)) else name_key(tag) or tag for tag in given)
        return list(dict.fromkeys(keys))

    def _mood_names(self, name: str) -> list[str]:
        return list(dict.fromkeys(mood.lower() for mood in self.cleaned_data[name]))

    def _genre_keys(self, name: str) -> list[str]:
        """The keys of genres that are given by key or by name, in any case."""
        given: list[str] = self.cleaned_data[name]
        if {UNSURE, *BUILTIN_GENRES}.issuperset(given):
            return given
        choices = list(selectors.genre_names_of(self.owner))
        names = NameIndex((choice.name, choice.key) for choice in choices)
        own = {name_key(key): key for key in (*(choice.key for choice in choices), UNSURE)}
        keys = {genre: own.get(name_key(genre)) or names.get(genre) for genre in given}
        if None in keys.values():
            # A custom model may predict other genres.
            others = {name_key(key): key for key in selectors.track_count_by_genre(self.owner) if key}
            keys = {genre: key or others.get(name_key(genre)) for genre, key in keys.items()}
        if unknown := [genre for genre in given if not keys[genre]]:
            # Not in the message itself: django-filter formats it, and a genre may have a per cent sign.
            raise ValidationError(
                [
                    ValidationError("There is no genre “%(genre)s”.", params={"genre": genre})
                    for genre in unknown
                ]
            )
        return [key for genre in given if (key := keys[genre])]


def _plain_id(text: str) -> str:
    """An id as it is written in addresses; any other text as it is."""
    found = uuid_or_nil(text)
    return str(found) if found.int else text
