"""Signing up, and the account page: address, limits, tokens, sharing, and the way out.

Signing in and out and passwords are Django's own views, wired in `urls`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from library import selectors, services
from library.accounts.backends import address_of
from library.accounts.forms import (
    EMAIL_TAKEN,
    ChoosePasswordForm,
    EmailForm,
    PasswordNeeded,
    SignUpEmailForm,
    SignUpForm,
    TokenForm,
)
from library.http.shortcuts import get_or_gone, referring_page
from library.http.types import Request
from library.services.people import EmailTakenError
from library.tasks import send_sign_up_email

#: Carries a new token's key from the form to the page that shows it, once. In the browser, because the
#: database must never hold a key.
KEY_COOKIE = "new_token"
KEY_SECONDS = 60


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
        return _signup_by_letter(request)
    form = SignUpForm(request.POST or None)
    if request.method == "POST":
        # It says when an address is taken, so nobody may ask that for a list of addresses.
        noted = services.sign_in_attempt_add(address=address_of(request))
        if not form.has_error("email", "taken"):
            services.sign_in_attempt_remove(noted=noted)
        if form.is_valid():
            try:
                user = services.user_add(**form.cleaned_data)
            except EmailTakenError:
                form.add_error("email", EMAIL_TAKEN)
            else:
                login(request, user)
                return redirect("library")
    return render(request, "accounts/signup.html", {"form": form})


def _signup_by_letter(request: HttpRequest) -> HttpResponse:
    """The answer is the same whether or not there is such an account; which letter goes out is decided later."""
    form = SignUpEmailForm(request.POST or None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        services.email_request_add(email=email, address=address_of(request))
        send_sign_up_email.enqueue(email=email, host=request.get_host(), secure=request.is_secure())
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
    """Where the letter leads: choose a password, and in."""
    if not settings.EARMARK_SIGNUP_OPEN:
        return render(request, "accounts/signup_closed.html", status=403)
    try:
        email = services.sign_up_address(key=key)
    except signing.BadSignature:
        messages.error(request, "This link is not valid, or older than three days. Please ask for another.")
        return redirect("signup")
    form = ChoosePasswordForm(request.POST or None, email=email)
    if form.is_valid():
        try:
            user = services.user_add(email=email, password=form.cleaned_data["password"])
        except EmailTakenError:
            # Only who reads this address's mail gets here.
            messages.info(request, EMAIL_TAKEN)
            return redirect("login")
        login(request, user)
        return redirect("library")
    return render(request, "accounts/signup.html", {"form": form, "email": email})


@login_not_required
@never_cache
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """For a page that was open for long: who is signed in now, and the CSRF token of this session."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "signed_out"}, status=401)
    return JsonResponse({"person": request.user.pk, "csrf": get_token(request)})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Most often somebody has signed in again since the page was loaded: it says so, and leads back there."""
    return render(request, "403_csrf.html", {"page": referring_page(request)}, status=403)


@never_cache
@require_safe
def account(request: Request) -> HttpResponse:
    response = _account_page(request)
    response.delete_cookie(KEY_COOKIE, path=reverse("account"))
    return response


@never_cache
@sensitive_post_parameters("current_password")
@require_POST
def email_change(request: Request) -> HttpResponse:
    form = EmailForm(request.POST, request=request)
    # As in signing up, it says when an address is taken, and must not be asked for lists of them.
    noted = services.sign_in_attempt_add(address=address_of(request))
    if not form.has_error("email", "taken"):
        services.sign_in_attempt_remove(noted=noted)
    if form.is_valid():
        try:
            services.user_change_email(user=request.user, email=form.cleaned_data["email"])
        except EmailTakenError:
            form.add_error("email", EMAIL_TAKEN)
        else:
            messages.success(request, "Your e-mail address is changed. Use it to sign in from now on.")
            return redirect("account")
    return _account_page(request, email_form=form)


@require_POST
def share(request: Request) -> HttpResponse:
    wanted = request.POST.get("share") == "on"
    services.user_share(user=request.user, share=wanted)
    if wanted:
        messages.success(request, "Reviewers can now hear your tracks and say what they are.")
    else:
        messages.success(request, "Reviewers can no longer see anything of yours.")
    return redirect("account")


@never_cache
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: Request) -> HttpResponse:
    form = PasswordNeeded(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        services.user_delete(user=request.user)
        logout(request)
        messages.success(request, "Your account is deleted, with everything that was in it.")
        return redirect("login")
    goes = selectors.belongings_of(request.user)
    return render(request, "accounts/account_delete.html", {"form": form, "goes": goes})


@never_cache
@require_POST
def token_create(request: Request) -> HttpResponse:
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account_page(request, token_form=form)
    _, key = services.token_create(owner=request.user, name=form.cleaned_data["name"], **form.limits())
    response = redirect("account")
    response.set_signed_cookie(
        KEY_COOKIE,
        key,
        salt=_key_salt(request),
        max_age=KEY_SECONDS,
        path=reverse("account"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


@require_POST
def token_revoke(request: Request, token_id: int) -> HttpResponse:
    mine = selectors.tokens_of(request.user)
    token = get_or_gone(request, mine, "That token was revoked already.", "account", pk=token_id)
    services.token_revoke(token=token)
    messages.success(request, f"The token “{token}” is revoked. What used it cannot get in any more.")
    return redirect("account")


def _account_page(
    request: Request, *, email_form: EmailForm | None = None, token_form: TokenForm | None = None
) -> HttpResponse:
    usage = selectors.usage_of(request.user) | selectors.bin_usage_of(request.user)
    context = {
        "email_form": email_form or EmailForm(request=request),
        "token_form": token_form or TokenForm(),
        "tokens": selectors.tokens_of(request.user),
        "new_key": _new_key(request),
        "usage": usage | {"all_bytes": usage["bytes"] + usage["bin_bytes"]},
        "quota": settings.EARMARK_QUOTA_BYTES,
        "largest": settings.EARMARK_MAX_UPLOAD_BYTES,
        "longest": settings.EARMARK_MAX_TRACK_SECONDS,
    }
    return render(request, "accounts/account.html", context)


def _new_key(request: Request) -> str | None:
    try:
        return request.get_signed_cookie(KEY_COOKIE, salt=_key_salt(request), max_age=KEY_SECONDS)
    except (KeyError, signing.BadSignature):
        return None


def _key_salt(request: Request) -> str:
    # For one person only: whoever signs in next in this browser does not get to see it.
    return f"new-token-{request.user.pk}"
