"""Forms that detect conflicting edits, and a rule for email addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from library.models import Track, User
from library.models.tracks import EDITABLE_FIELDS, MAX_NUMBER
from library.services.edit_conflicts import changed_fields
from library.text import has_invisible_letter


def validate_email_address(address: str) -> None:
    """Raises ValidationError for an address that can look like another, or that gets too long in lower case."""
    if has_invisible_letter(address):
        raise forms.ValidationError("This address has letters that cannot be seen. Please type it in.")
    if len(address.lower()) > cast(int, User._meta.get_field("email").max_length):
        raise forms.ValidationError("This address is too long.")


class ConflictDetectingForm(forms.Form):
    """A form for something that others may change at the same time. Hidden fields `initial-…` hold what it showed.

    Requests without these fields, such as a script's, are taken as having shown nothing.
    """

    @property
    def submitted(self) -> dict[str, Any]:
        """The cleaned values of fields that are in the request."""
        return {
            name: value for name, value in self.cleaned_data.items() if self.add_prefix(name) in self.data
        }

    @property
    def shown(self) -> dict[str, Any]:
        """The values that the fields had when the form was opened."""
        shown = {}
        for name, field in self.fields.items():
            if (text := self.data.get(self.add_initial_prefix(name))) is not None:
                try:
                    shown[name] = field.to_python(text)
                except forms.ValidationError:
                    continue
        return shown

    @property
    def hidden_initial_fields(self) -> dict[str, str]:
        """Names and values of the hidden fields that hold what the form shows."""
        hidden_initial_fields = {}
        for name, field in self.fields.items():
            hidden = self.add_initial_prefix(name)
            value = self.data.get(hidden, self.get_initial_for_field(field, name))
            hidden_initial_fields[hidden] = "" if value is None else str(value)
        return hidden_initial_fields

    def add_conflict_errors(self, current: Mapping[str, Any]) -> None:
        """Show the values that fields have by now; saving again overwrites them. `current`: values by field."""
        for name, value in current.items():
            shown = "Yes" if value is True else value
            was = f"changed meanwhile to “{shown}”" if value else "cleared meanwhile"
            self.add_error(name, f"It was {was}. Save again to overwrite it.")
        self._update_data({self.add_initial_prefix(name): value for name, value in current.items()})

    def set_value(self, name: str, value: Any) -> None:
        """Show a value in a field instead of the submitted one."""
        self._update_data({self.add_prefix(name): value, self.add_initial_prefix(name): value})

    def _update_data(self, values: Mapping[str, Any]) -> None:
        sent = {name: self.data[name] for name in self.data}
        self.data = sent | {name: "" if value is None else str(value) for name, value in values.items()}


def _number(label: str, most: int = MAX_NUMBER) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, required=False)


class TrackForm(ConflictDetectingForm, forms.ModelForm):
    """The editable fields of a track."""

    disc_number, disc_total = _number("Disc"), _number("Number of discs")
    track_number, track_total = _number("Track"), _number("Number of tracks")
    year, original_year = _number("Year", 9999), _number("First released", 9999)
    # A checkbox that is not checked would not be in the request.
    compilation = forms.BooleanField(
        label="On an album of various artists",
        required=False,
        widget=forms.Select(choices=[("False", "No"), ("True", "Yes")]),
    )

    class Meta:
        model = Track
        fields = EDITABLE_FIELDS


def _text(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=255, required=False)


class TracksForm(ConflictDetectingForm):
    """The editable fields of several tracks: a field on which they differ is empty, and kept while it stays so.

    A field named in `clear` is emptied on all of them.
    """

    title, artist, album, album_artist = map(_text, ("Title", "Artist", "Album", "Album artist"))
    disc_number, disc_total = _number("Disc"), _number("Number of discs")
    track_number, track_total = _number("Track"), _number("Number of tracks")
    year, original_year = _number("Year", 9999), _number("First released", 9999)
    compilation = forms.NullBooleanField(
        label="On an album of various artists",
        widget=forms.Select(choices=[("", "Keep as it is"), ("False", "No"), ("True", "Yes")]),
    )

    def __init__(self, data: QueryDict | None, *, common: Mapping[str, Any]) -> None:
        """`common`: the values of the fields on which all tracks agree."""
        super().__init__(data, initial={**common})
        self.several = [name for name in self.fields if name not in common]

    @property
    def cleared(self) -> list[str]:
        """The fields to empty. Every track has a title, and is on a compilation or not."""
        asked = self.data.getlist("clear") if isinstance(self.data, QueryDict) else []
        return [name for name in self.fields if name in asked and name not in ("title", "compilation")]

    @property
    def changes(self) -> dict[str, Any]:
        """What was entered, without fields that are still as they were shown."""
        empty = {
            name: "" if isinstance(field, forms.CharField) else None for name, field in self.fields.items()
        }
        changes = changed_fields(self.submitted, empty | self.shown)
        if "compilation" in changes and changes["compilation"] is None:
            del changes["compilation"]
        return changes | {name: empty[name] for name in self.cleared}


class NameForm(ConflictDetectingForm):
    """A new name, validated by the service."""

    # As it was typed; a form without it has an empty name, which is refused.
    name = forms.CharField(required=False, strip=False)


class AlbumForm(ConflictDetectingForm):
    """What an album's tracks say about the album; validated by the service."""

    title = forms.CharField(max_length=255)
    artist = forms.CharField(
        label="Album artist",
        required=False,
        max_length=255,
        help_text="Empty for an album of various artists.",
    )
    year = _number("Year of first release", 9999)


class TagForm(NameForm):
    hue = forms.IntegerField(min_value=0, required=False)
    coloured = forms.NullBooleanField(required=False)
