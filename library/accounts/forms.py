"""Forms for signing up, signing in and the account. They validate; services write."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import authenticate, password_validation
from django.contrib.auth import forms as auth_forms
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from library import selectors, services
from library.http.client_address import client_address
from library.http.forms import validate_email_address
from library.http.time_zones import time_zone_names
from library.http.types import AuthenticatedRequest
from library.models import ApiToken, PendingEmail, PlayerPassword, User

EMAIL_TAKEN = "There is already an account with this e-mail address."
PASSWORD_HELP = "At least 8 characters. Not a common password, and not like your e-mail address."  # noqa: S105 - a sentence


class BootstrapField(forms.BoundField):
    """A field with Bootstrap's classes. Django itself links errors and help texts to it by aria-describedby."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        kinds = {forms.CheckboxSelectMultiple: "form-check-input", forms.Select: "form-select"}
        shown = widget or self.field.widget
        kind = next((name for cls, name in kinds.items() if isinstance(shown, cls)), "form-control")
        attrs["class"] = f"{kind} is-invalid" if self.errors else kind
        return attrs


def password_field(label: str, autocomplete: str, help_text: str = "") -> forms.CharField:
    # Passwords are taken as typed, spaces included. Password managers rely on `autocomplete`.
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
        validators=[validate_email_address],
        help_text=help_text,
        widget=forms.EmailInput(attrs={"autocomplete": autocomplete}),
    )


class ChoosePasswordForm(forms.Form):
    bound_field_class = BootstrapField
    password = password_field("Password", "new-password", PASSWORD_HELP)

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:
        self.known_email = email
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            try:
                password_validation.validate_password(
                    password, User(email=data.get("email", self.known_email))
                )
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class SignUpForm(ChoosePasswordForm):
    email = email_field("username")
    field_order = ("email",)

    def clean_email(self) -> str:
        return _unused_email(self.cleaned_data["email"])


class SignUpEmailForm(forms.Form):
    bound_field_class = BootstrapField
    email = email_field("username", "We’ll send you a link to choose a password.")


class SignInForm(auth_forms.AuthenticationForm):
    bound_field_class = BootstrapField
    username = auth_forms.UsernameField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autofocus": True})
    )
    error_messages = {
        **auth_forms.AuthenticationForm.error_messages,
        "invalid_login": "E-mail address and password do not match. Please try again.",
    }


class PasswordConfirmForm(forms.Form):
    """Asks for the password again, so that an unattended session is not enough to take over or delete the account."""

    bound_field_class = BootstrapField
    current_password = password_field("Current password", "current-password")

    def __init__(self, *args: Any, request: AuthenticatedRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean_current_password(self) -> str:
        return _checked_password(self.request, self.cleaned_data["current_password"])


class EmailForm(PasswordConfirmForm):
    email = email_field()
    field_order = ("email",)

    def __init__(self, *args: Any, request: AuthenticatedRequest, **kwargs: Any) -> None:
        super().__init__(*args, request=request, **kwargs)
        self.initial["email"] = request.user.email

    def clean_email(self) -> str:
        return _unused_email(self.cleaned_data["email"], exclude_user=self.request.user)


class TokenForm(forms.ModelForm):
    bound_field_class = BootstrapField
    access = forms.ChoiceField(
        label="Access",
        choices=[("delete", "Read, write and delete"), ("write", "Read and write"), ("read", "Read only")],
        required=False,
    )
    days = forms.TypedChoiceField(
        label="Expires",
        choices=[("", "Never"), ("7", "In a week"), ("30", "In 30 days"), ("365", "In a year")],
        coerce=int,
        empty_value=None,
        required=False,
    )

    class Meta:
        model = ApiToken
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
        help_texts = {"name": "What will use it, such as “backup script”."}

    def token_options(self) -> dict[str, Any]:
        """The choices as arguments of `token_create`. Without a choice, a token may do everything."""
        access, days = self.cleaned_data["access"], self.cleaned_data["days"]
        return {
            "may_write": access != "read",
            "may_delete": access not in ("read", "write"),
            "expires_at": timezone.now() + timedelta(days=days) if days else None,
        }


class PlayerPasswordForm(forms.ModelForm):
    bound_field_class = BootstrapField

    class Meta:
        model = PlayerPassword
        fields = ["name"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "off"})}
        help_texts = {"name": "What will use it, such as “phone”."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Another form on the page has a field of this name.
        super().__init__(*args, **{"auto_id": "id_player_%s"} | kwargs)


class FileGenresForm(forms.Form):
    """The account setting for the genres in files."""

    bound_field_class = BootstrapField
    trust = forms.ChoiceField(
        label="Trust my files’ genres",
        choices=User.FileGenreTrust.choices,
    )


class TimeZoneForm(forms.Form):
    """The zone in which times are shown; "" for the server's."""

    bound_field_class = BootstrapField
    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        choices=lambda: [
            ("", f"The server’s ({settings.TIME_ZONE})"),
            *((name, name.replace("_", " ")) for name in time_zone_names()),
        ],
    )


class TokenChoiceField(forms.ModelMultipleChoiceField):
    """Tokens or player passwords to revoke, each with when it was last used."""

    def label_from_instance(self, row: ApiToken | PlayerPassword) -> str:
        used = f"last used {row.last_used_at:%-d %B %Y}" if row.last_used_at else "never used"
        return f"{row.name} ({row.hint}…), {used}" if isinstance(row, ApiToken) else f"{row.name}, {used}"


class NewPasswordForm(auth_forms.SetPasswordForm):
    """A new password ends all other sessions, but no token and no player password.

    The form lists them, and revokes those that are chosen.
    """

    bound_field_class = BootstrapField
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tokens = selectors.api_tokens_of(self.user)
        if tokens.exists():
            self.fields["revoke"] = TokenChoiceField(
                label="Also revoke these tokens",
                queryset=tokens,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text="A new password ends your other sessions. Programs keep their access unless you revoke it.",
            )

        passwords = selectors.player_passwords_of(self.user)
        if passwords.exists():
            self.fields["revoke_players"] = TokenChoiceField(
                label="Also revoke these player passwords",
                queryset=passwords,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text="Players keep their access, too, unless you revoke it.",
            )

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        for token in self.cleaned_data.get("revoke", []):
            services.token_revoke(token=token)
        for player_password in self.cleaned_data.get("revoke_players", []):
            services.player_password_revoke(player_password=player_password)
        return user


class PasswordChangeForm(NewPasswordForm, auth_forms.PasswordChangeForm):
    old_password = password_field("Current password", "current-password")
    new_password1 = password_field("New password", "new-password", PASSWORD_HELP)
    new_password2 = password_field("New password again", "new-password")

    def __init__(self, *args: Any, request: AuthenticatedRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    @sensitive_variables("password")
    def clean_old_password(self) -> str:
        return _checked_password(self.request, self.cleaned_data["old_password"])


class PasswordResetForm(auth_forms.PasswordResetForm):
    bound_field_class = BootstrapField
    email = email_field()

    def save(self, *args: Any, **options: Any) -> None:
        # In the background, so that the response time does not reveal whether there is such an account.
        request = options["request"]
        services.email_request_add(email=self.cleaned_data["email"], address=client_address(request))
        services.email_enqueue(
            kind=PendingEmail.Kind.PASSWORD_RESET,
            email=self.cleaned_data["email"],
            host=request.get_host(),
            secure=request.is_secure(),
        )


class SetPasswordForm(NewPasswordForm):
    new_password1 = password_field("New password", "new-password", PASSWORD_HELP)
    new_password2 = password_field("New password again", "new-password")


@sensitive_variables("password")
def _checked_password(request: AuthenticatedRequest, password: str) -> str:
    """The password, once found to be the signed-in person's. Raises ValidationError, and RateLimited after too many."""
    if authenticate(request, username=request.user.email, password=password) != request.user:
        raise forms.ValidationError("This is not your current password.")
    return password


def _unused_email(email: str, *, exclude_user: User | None = None) -> str:
    """The address as it is stored. Raises ValidationError when somebody other than `exclude_user` has it."""
    email = email.strip().lower()
    others = User.objects.filter(email__iexact=email)
    if exclude_user:
        others = others.exclude(pk=exclude_user.pk)
    if others.exists():
        raise forms.ValidationError(EMAIL_TAKEN, code="taken")
    return email
