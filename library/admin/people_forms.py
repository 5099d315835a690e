"""Forms of the admin's pages about people."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from library.http.forms import validate_email_address
from library.models import User
from library.text import exact_size, file_size, size_from_text

#: More than any disk holds, and a number that every database can store.
MAX_QUOTA = 2**60


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        validate_email_address(self.cleaned_data["email"])
        return str(self.cleaned_data["email"]).lower()


class SizeField(forms.Field):
    """A number of bytes, written with a unit: "10 GB". Empty is None."""

    def prepare_value(self, value: Any) -> Any:
        return exact_size(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if not (text := str(value or "").strip()):
            return None
        size = size_from_text(text)
        if size is None:
            raise forms.ValidationError("Write a number and a unit, such as “10 GB” or “500 MB”.")
        if size > MAX_QUOTA:
            raise forms.ValidationError(f"That is more than {file_size(MAX_QUOTA)}.")
        return size


class UserEditForm(UserChangeForm):
    quota_bytes = SizeField(label="Quota", required=False, widget=AdminTextInputWidget)

    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}
        labels: ClassVar[dict[str, str]] = {"is_active": "May sign in"}
        help_texts: ClassVar[dict[str, str]] = {
            "is_active": "Without it, the account is disabled: signed out at once, and its tokens give no access. "
            "Everything in it stays."
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if quota := self.fields.get("quota_bytes"):
            of_the_site = file_size(settings.EARMARK_QUOTA_BYTES)
            quota.help_text = (
                f"The size of the largest library, such as “10 GB”. Empty: as for everybody, {of_the_site}. "
                "With 0, nothing can be uploaded. Nothing is deleted that is there already."
            )

    def clean_email(self) -> str:
        validate_email_address(self.cleaned_data["email"])
        return str(self.cleaned_data["email"]).lower()


class InvitationForm(forms.Form):
    """Whom to invite. Who has an account needs no invitation."""

    email = forms.EmailField(label="Email address")

    def clean_email(self) -> str:
        validate_email_address(self.cleaned_data["email"])
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError("There is already an account with this email address.")
        return email
