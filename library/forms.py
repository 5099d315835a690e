"""What people type in, checked."""

from __future__ import annotations

from django import forms

from library.models import Track
from library.models.tracks import EDITABLE


class TrackForm(forms.ModelForm):
    """What its owner may put right about a track."""

    year = forms.IntegerField(min_value=1, max_value=9999, required=False)

    class Meta:
        model = Track
        fields = EDITABLE
