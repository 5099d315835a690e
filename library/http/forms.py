"""What people type in, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from library.models import Track
from library.models.tracks import EDITABLE


class ConflictDetectingForm(forms.Form):
    """Changes something that others may be changing, too: it carries what it showed, in fields `initial-…`.

    A form without them (a script's) claims to have shown nothing, and is taken at its word.
    """

    @property
    def submitted(self) -> dict[str, Any]:
        """The valid fields that are in the request at all."""
        return {
            name: value for name, value in self.cleaned_data.items() if self.add_prefix(name) in self.data
        }

    @property
    def shown(self) -> dict[str, Any]:
        """What the fields showed when the form was opened."""
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
        """The hidden fields by which the form will say what it showed."""
        hidden_initial_fields = {}
        for name, field in self.fields.items():
            hidden = self.add_initial_prefix(name)
            value = self.data.get(hidden, self.get_initial_for_field(field, name))
            hidden_initial_fields[hidden] = "" if value is None else str(value)
        return hidden_initial_fields

    def add_conflict_errors(self, current: Mapping[str, Any]) -> None:
        """Say what fields have become meanwhile. Whoever saves again then replaces that."""
        for name, value in current.items():
            was = f"changed meanwhile to “{value}”" if value else "emptied meanwhile"
            self.add_error(name, f"It was {was}. Save again to put yours in its place.")
        self._update_data({self.add_initial_prefix(name): value for name, value in current.items()})

    def set_value(self, name: str, value: Any) -> None:
        """Put a field's new value in the place of what was typed there."""
        self._update_data({self.add_prefix(name): value, self.add_initial_prefix(name): value})

    def _update_data(self, values: Mapping[str, Any]) -> None:
        sent = {name: self.data[name] for name in self.data}
        self.data = sent | {name: "" if value is None else str(value) for name, value in values.items()}


class TrackForm(ConflictDetectingForm, forms.ModelForm):
    """What its owner may put right about a track."""

    year = forms.IntegerField(min_value=1, max_value=9999, required=False)

    class Meta:
        model = Track
        fields = EDITABLE


class NameForm(ConflictDetectingForm):
    """Another name. Whether it will do is for the service to say."""

    name = forms.Field(required=False)


class TagForm(NameForm):
    hue = forms.IntegerField(min_value=0, required=False)
