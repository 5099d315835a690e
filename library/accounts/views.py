"""Signing up and in, and the account page: e-mail address, passwords, genres, tokens, sharing, and deletion.

Signing out and resetting a password are Django's own views, configured in `urls`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import login, logout
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages.views import SuccessMessageMixin
from django.core import signing
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.accounts.devices import device_remember
from library.accounts.forms import (
    EMAIL_TAKEN,
    ChoosePasswordForm,
    EmailForm,
    FileGenresForm,
    PasswordChangeForm,
    PasswordConfirmForm,
    PlayerPasswordForm,
    SignInForm,
    SignUpEmailForm,
    SignUpForm,
    TimeZoneForm,
    TokenForm,
)
from library.http.client_address import client_address
from library.http.shortcuts import get_or_gone, referring_page
from library.http.time_zones import chosen_time_zone, time_zone_choose
from library.http.types import AuthenticatedRequest
from library.models import PendingEmail, User
from library.services.people import EmailTakenError

#: Carries the key of a new token from the form to the page that shows it once. A cookie, because the database must
#: never hold a key.
NEW_TOKEN_COOKIE = "new_token"  # noqa: S105 - the name of a cookie
NEW_TOKEN_SECONDS = 60
#: The same for a new player password.
NEW_PLAYER_PASSWORD_COOKIE = "new_player_password"  # noqa: S105 - the name of a cookie


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signup(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("library")
    if not settings.EARMARK_SIGNUP_OPEN:
        return render(request, "accounts/signup_closed.html", status=403)
    if settings.EARMARK_EMAIL_ENABLED:
        return _signup_by_email(request)
    form = SignUpForm(request.POST or None)
    if request.method == "POST":
        _limit_probing(request, form)
        if form.is_valid():
            try:
                user = services.user_add(**form.cleaned_data)
            except EmailTakenError:
                form.add_error("email", EMAIL_TAKEN)
            else:
                _sign_in_new(request, user)
                return redirect("library")
    return render(request, "accounts/signup.html", {"form": form})


def _limit_probing(request: HttpRequest, form: Form) -> None:
    """Limit how often a form may reveal that an e-mail address is taken, so that nobody can enumerate addresses.

    Raises RateLimited.
    """
    attempts = services.sign_in_attempt_add(address=client_address(request))
    if not form.has_error("email", "taken"):
        services.sign_in_attempt_remove(attempts=attempts)


def _signup_by_email(request: HttpRequest) -> HttpResponse:
    """Send a link by e-mail. The response is the same whether or not there is such an account."""
    form = SignUpEmailForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        services.email_request_add(email=email, address=client_address(request))
        services.email_enqueue(
            kind=PendingEmail.Kind.SIGN_UP, email=email, host=request.get_host(), secure=request.is_secure()
        )
        return redirect("signup_sent")
    return render(request, "accounts/signup.html", {"form": form})


@login_not_required
@require_safe
def signup_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/signup_sent.html")


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def signup_finish(request: HttpRequest, key: str) -> HttpResponse:
    """The link in the e-mail, or in an invitation: choose a password, and be signed in."""
    invited = _invited_address(key)
    if not invited and not settings.EARMARK_SIGNUP_OPEN:
        return render(request, "accounts/signup_closed.html", status=403)
    try:
        email = invited or services.sign_up_address(key=key)
    except signing.BadSignature:
        messages.error(request, "This link is invalid or older than three days. Please request a new one.")
        return redirect("signup")
    form = ChoosePasswordForm(request.POST or None, email=email)
    if form.is_valid():
        try:
            user = services.user_add(email=email, password=form.cleaned_data["password"])
        except EmailTakenError:
            # No secret here: only people who read this address's e-mail have the link.
            messages.info(request, EMAIL_TAKEN)
            return redirect("login")
        _sign_in_new(request, user)
        return redirect("library")
    return render(request, "accounts/signup.html", {"form": form, "email": email})


def _invited_address(key: str) -> str:
    """The address that an invitation is for; "" if the key is none, or too old."""
    try:
        return services.invitation_address(key=key)
    except signing.BadSignature:
        return ""


def _sign_in_new(request: HttpRequest, user: User) -> None:
    login(request, user)
    device_remember(request)


class SignInView(auth_views.LoginView):
    """Sign in. `unsent` says that a form led here whose request was not carried out."""

    authentication_form = SignInForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: auth_forms.AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if self.request.POST.get("unsent"):
            messages.warning(
                self.request, "You had been signed out, so nothing was done. Please send it again."
            )
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent = self.request.POST or self.request.GET
        return super().get_context_data(**kwargs) | {"unsent": bool(sent.get("unsent"))}


class AccountPasswordChangeView(SuccessMessageMixin, auth_views.PasswordChangeView):
    form_class = PasswordChangeForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("account")
    success_message = "Your password has been changed."

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}


@login_not_required
@never_cache
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """For a page that has been open for long: who is signed in now, and the session's CSRF token."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "signed_out"}, status=401)
    return JsonResponse({"person": request.user.pk, "csrf": get_token(request)})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Usually the person has signed in again since the page was loaded: says so, and links back to it."""
    return render(request, "403_csrf.html", {"page": referring_page(request)}, status=403)


@never_cache
@require_safe
def account(request: AuthenticatedRequest) -> HttpResponse:
    response = _account_page(request)
    for cookie in (NEW_TOKEN_COOKIE, NEW_PLAYER_PASSWORD_COOKIE):
        response.delete_cookie(cookie, path=reverse("account"))
    return response


@never_cache
@sensitive_post_parameters("current_password")
@require_POST
def email_change(request: AuthenticatedRequest) -> HttpResponse:
    form = EmailForm(request.POST, request=request)
    _limit_probing(request, form)
    if form.is_valid():
        try:
            services.user_change_email(user=request.user, email=form.cleaned_data["email"])
        except EmailTakenError:
            form.add_error("email", EMAIL_TAKEN)
        else:
            messages.success(request, "Your e-mail address has been changed. Use it to sign in from now on.")
            return redirect("account")
    return _account_page(request, email_form=form)


@require_POST
def share(request: AuthenticatedRequest) -> HttpResponse:
    sharing = request.POST.get("share") == "on"
    services.user_share(user=request.user, share=sharing)
    if sharing:
        messages.success(request, "Reviewers can now listen to your tracks and suggest genres.")
    else:
        messages.success(request, "Reviewers can no longer see your tracks.")
    return redirect("account")


@require_POST
def file_genres(request: AuthenticatedRequest) -> HttpResponse:
    """Change when the genres in one's files count."""
    form = FileGenresForm(request.POST)
    if not form.is_valid():
        return _account_page(request, file_genres_form=form)
    trust = User.FileGenreTrust(form.cleaned_data["trust"])
    if services.user_trust_file_genres(user=request.user, trust=trust):
        messages.success(request, "Saved. Earmark now goes through your tracks and updates their genres.")
    else:
        messages.info(request, "That was your setting already, so nothing has changed.")
    return redirect("account")


@require_POST
def time_zone(request: AuthenticatedRequest) -> HttpResponse:
    form = TimeZoneForm(request.POST)
    if not form.is_valid():
        return _account_page(request, time_zone_form=form)
    response = redirect("account")
    time_zone_choose(response, form.cleaned_data["time_zone"])
    messages.success(request, "Saved. Times are shown in this time zone, in this browser.")
    return response


@require_POST
def allow_training(request: AuthenticatedRequest) -> HttpResponse:
    allow = request.POST.get("allow") == "on"
    services.user_allow_training(user=request.user, allow=allow)
    if allow:
        messages.success(request, "Models for everyone here may now be trained on your tracks.")
    else:
        messages.success(request, "No further model will be trained on your tracks.")
    return redirect("account")


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: AuthenticatedRequest) -> HttpResponse:
    form = PasswordConfirmForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        is_gone = services.user_delete(user=request.user)
        logout(request)
        if is_gone:
            messages.success(request, "Your account and everything in it have been deleted.")
        else:
            text = "Your account is closed. Everything in it is now being deleted, which takes some minutes."
            messages.success(request, text)
        return redirect("login")
    context = {"form": form, "belongings": selectors.account_contents_of(request.user)}
    return render(request, "accounts/account_delete.html", context)


@never_cache
@require_POST
def token_create(request: AuthenticatedRequest) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account_page(request, token_form=form)
    _, key = services.token_create(owner=request.user, name=form.cleaned_data["name"], **form.token_options())
    return _redirect_and_show_once(request, NEW_TOKEN_COOKIE, key)


@require_POST
def token_revoke(request: AuthenticatedRequest, token_id: int) -> HttpResponse:
    tokens = selectors.api_tokens_of(request.user)
    token = get_or_gone(request, tokens, "That token has been revoked already.", "account", pk=token_id)
    services.token_revoke(token=token)
    messages.success(request, f"Revoked the token “{token}”. Programs that use it no longer have access.")
    return redirect("account")


@never_cache
@require_POST
def player_password_create(request: AuthenticatedRequest) -> HttpResponse:
    form = PlayerPasswordForm(request.POST)
    if not form.is_valid():
        return _account_page(request, player_password_form=form)
    _, password = services.player_password_create(owner=request.user, name=form.cleaned_data["name"])
    return _redirect_and_show_once(request, NEW_PLAYER_PASSWORD_COOKIE, password)


@require_POST
def player_password_revoke(request: AuthenticatedRequest, password_id: int) -> HttpResponse:
    passwords = selectors.player_passwords_of(request.user)
    gone = "That player password has been revoked already."
    row = get_or_gone(request, passwords, gone, "account", pk=password_id)
    services.player_password_revoke(player_password=row)
    messages.success(
        request, f"Revoked the player password “{row}”. The player that uses it no longer has access."
    )
    return redirect("account")


def _account_page(
    request: AuthenticatedRequest,
    *,
    email_form: EmailForm | None = None,
    token_form: TokenForm | None = None,
    file_genres_form: FileGenresForm | None = None,
    time_zone_form: TimeZoneForm | None = None,
    player_password_form: PlayerPasswordForm | None = None,
) -> HttpResponse:
    usage = selectors.usage_of(request.user) | selectors.bin_usage_of(request.user)
    context = {
        "email_form": email_form or EmailForm(request=request),
        "token_form": token_form or TokenForm(),
        "file_genres_form": file_genres_form
        or FileGenresForm(initial={"trust": request.user.file_genre_trust}),
        "time_zone_form": time_zone_form or TimeZoneForm(initial={"time_zone": chosen_time_zone(request)}),
        "tokens": selectors.api_tokens_of(request.user),
        "new_key": _shown_once(request, NEW_TOKEN_COOKIE),
        "player_password_form": player_password_form or PlayerPasswordForm(),
        "player_passwords": [
            (row, services.player_password_reveal(player_password=row) is not None)
            for row in selectors.player_passwords_of(request.user)
        ],
        "new_player_password": _shown_once(request, NEW_PLAYER_PASSWORD_COOKIE),
        "site_address": request.build_absolute_uri("/").rstrip("/"),
        "usage": usage | {"all_bytes": usage["bytes"] + usage["bin_bytes"]},
        "quota": selectors.quota_of(request.user),
        "largest": settings.EARMARK_MAX_UPLOAD_BYTES,
        "longest": settings.EARMARK_MAX_TRACK_SECONDS,
    }
    return render(request, "accounts/account.html", context)


def _redirect_and_show_once(request: AuthenticatedRequest, cookie: str, secret: str) -> HttpResponse:
    """Redirect to the account page, which shows a new secret once."""
    response = redirect("account")
    response.set_signed_cookie(
        cookie,
        secret,
        salt=_secret_salt(request, cookie),
        max_age=NEW_TOKEN_SECONDS,
        path=reverse("account"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def _shown_once(request: AuthenticatedRequest, cookie: str) -> str | None:
    try:
        return request.get_signed_cookie(
            cookie, salt=_secret_salt(request, cookie), max_age=NEW_TOKEN_SECONDS
        )
    except (KeyError, signing.BadSignature):
        return None


def _secret_salt(request: AuthenticatedRequest, cookie: str) -> str:
    # Tied to the person, so that whoever signs in next in this browser cannot see the secret.
    return f"{cookie}-{request.user.pk}"
