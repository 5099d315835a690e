"""Forms about oneself. They check; services write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth import forms as auth_forms
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from library import services
from library.accounts.backends import address_of
from library.http.types import Request
from library.models import ApiToken, User
from library.tasks import send_password_reset_email

EMAIL_TAKEN = "There is an account under this e-mail address already."
PASSWORD_HELP = "At least 8 characters; nothing common, and not your e-mail address."  # noqa: S105 - a sentence


class BootstrapField(forms.BoundField):
    """A field with Bootstrap's classes; Django itself ties errors and help to it by aria-describedby."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        kind = "form-select" if isinstance(widget or self.field.widget, forms.Select) else "form-control"
        attrs["class"] = f"{kind} is-invalid" if self.errors else kind
        return attrs


def password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    # A password is taken as typed, spaces included; password managers go by `autocomplete`.
    return forms.CharField(
        label=label,
        strip=False,
        help_text=help_text,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


def email_field(autocomplete: str = "email", help_text: str = "") -> forms.EmailField:
    return forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": autocomplete}),
    )


class ChoosePasswordForm(forms.Form):
    bound_field_class = BootstrapField
    password = password_field("Password", "new-password", PASSWORD_HELP)

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        self.address = email
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            try:
                password_validation.validate_password(password, User(email=data.get("email", self.address)))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class SignUpForm(ChoosePasswordForm):
    email = email_field("username")
    field_order = ("email",)

    def clean_email(self) -> str:
        return _free_email(self.cleaned_data["email"])


class SignUpEmailForm(forms.Form):
    bound_field_class = BootstrapField
    email = email_field("username", "You get a link there, to choose a password.")


class SignInForm(auth_forms.AuthenticationForm):
    bound_field_class = BootstrapField
    username = auth_forms.UsernameField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autofocus": True})
    )
    error_messages = {
        **auth_forms.AuthenticationForm.error_messages,
        "invalid_login": "E-mail address and password do not match. Please try again.",
    }


class PasswordNeeded(forms.Form):
    """Whoever finds an open session must not be able to take the account over, or end it: hence the password."""

    bound_field_class = BootstrapField
    current_password = password_field("Current password", "current-password")

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean_current_password(self) -> str:
        return _own_password(self.request, self.cleaned_data["current_password"])


class EmailForm(PasswordNeeded):
    email = email_field()
    field_order = ("email",)

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.initial["email"] = request.user.email

    def clean_email(self) -> str:
        return _free_email(self.cleaned_data["email"], but_not=self.request.user)


class TokenForm(forms.ModelForm):
    bound_field_class = BootstrapField
    access = forms.ChoiceField(
        label="It may",
        choices=[("delete", "read, write and delete"), ("write", "read and write"), ("read", "only read")],
        required=False,
    )
    days = forms.TypedChoiceField(
        label="It lasts",
        choices=[("", "until you revoke it"), ("7", "a week"), ("30", "30 days"), ("365", "a year")],
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = ApiToken
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
        help_texts = {"name": "What will use it, so that you know it later: “backup script”."}

    def limits(self) -> dict[str, Any]:
        """What was chosen, as `token_create` takes it. Without a choice a token may do everything."""
        access, days = self.cleaned_data["access"], self.cleaned_data["days"]
        return {
            "may_write": access != "read",
            "may_delete": access not in ("read", "write"),
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
        }


class PasswordChangeForm(auth_forms.PasswordChangeForm):
    bound_field_class = BootstrapField
    old_password = password_field("Current password", "current-password")
    new_password1 = password_field("New password", "new-password", PASSWORD_HELP)
    new_password2 = password_field("New password again", "new-password")

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean_old_password(self) -> str:
        return _own_password(self.request, self.cleaned_data["old_password"])


class PasswordResetForm(auth_forms.PasswordResetForm):
    bound_field_class = BootstrapField
    email = email_field()

    def save(self, *args: Any, **options: Any) -> None:
        # In the background: how long the answer takes must not tell whether there is such an account.
        request = options["request"]
        services.email_request_add(email=self.cleaned_data["email"], address=address_of(request))
        send_password_reset_email.enqueue(
            email=self.cleaned_data["email"], host=request.get_host(), secure=request.is_secure()
        )


class SetPasswordForm(auth_forms.SetPasswordForm):
    bound_field_class = BootstrapField
    new_password1 = password_field("New password", "new-password", PASSWORD_HELP)
    new_password2 = password_field("New password again", "new-password")


@sensitive_variables("password")
def _own_password(request: Request, password: str) -> str:
    """The password, if it is the signed-in person's. Raises RateLimited after too many wrong ones."""
    if authenticate(request, username=request.user.email, password=password) != request.user:
        raise forms.ValidationError("This is not your current password.")
    return password


def _free_email(email: str, *, but_not: User | None = None) -> str:
    """The address in the form in which it is kept; refused when it is somebody's already."""
    email = email.strip().lower()
    others = User.objects.filter(email__iexact=email)
    if but_not:
        others = others.exclude(pk=but_not.pk)
    if others.exists():
        raise forms.ValidationError(EMAIL_TAKEN, code="taken")
    return email
