"""Errors of services as messages on pages, sign-in, compression, and security headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse

from library import services
from library.errors import DomainError, RateLimited
from library.http.shortcuts import ObjectGoneError, redirect_back, referring_page
from library.http.types import AuthenticatedRequest

#: Browser features that no page needs, disabled in case of an injected script.
DISABLED_FEATURES = (
    "camera",
    "display-capture",
    "geolocation",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)

COMPRESSED_TYPES = "text/html", "application/json", "application/xml"


class SecurityHeadersMiddleware:
    """Adds security headers that Django has no settings for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = ", ".join(f"{name}=()" for name in DISABLED_FEATURES)
        # Other sites may not embed anything of this one, not even pictures or audio. What players get says otherwise.
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Nobody finds a page of somebody's library in the cache of a shared computer. Files say how long they keep.
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
        return response


class CompressionMiddleware(GZipMiddleware):
    """Compresses pages and responses of the API to about a tenth.

    Not files, which are compressed already and read in ranges; not streams, whose events would wait in the compressor.
    (Django's middleware adds random length against the BREACH attack.)
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in COMPRESSED_TYPES or response.status_code == 206:
            return response
        return super().process_response(request, response)


class DiskReserveMiddleware:
    """Gives up the reserve when the disk is about to be full, before anything asks the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        services.reserve_give_up_if_full()
        return self.get_response(request)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Requires sign-in, except for views marked with `login_not_required`.

    At the site's own address, a stranger reads what this is. Who asks for more, such as a search, is sent to sign in,
    and from there to what they asked for.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        # A script would insert the sign-in page into its own page.
        if "HX-Request" in request.headers or "X-Requested-With" in request.headers:
            return HttpResponse("You are signed out.", content_type="text/plain", status=401)
        if is_first_page(request):
            context = {"sign_up_is_open": settings.EARMARK_SIGNUP_OPEN}
            return render(request, "accounts/welcome.html", context)
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        # After sign-in the browser sends GET, which the form's own address may not support: back to the form's page.
        after = {"next": referring_page(request) or reverse("library"), "unsent": "1"}
        return redirect(f"{reverse('login')}?{urlencode(after)}")


def is_first_page(request: HttpRequest) -> bool:
    """Whether this asks for the site's own address, and for nothing more."""
    return request.method in ("GET", "HEAD") and request.path == reverse("library") and not request.GET


class DomainErrorMiddleware:
    """Shows a DomainError as a message on the page that the form was on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if isinstance(exception, RateLimited):
            response = render(request, "429.html", {"refused": exception}, status=exception.status)
            response["Retry-After"] = str(int(exception.retry_after.total_seconds()))
            return response
        messages.error(request, exception.message)
        if not isinstance(exception, ObjectGoneError):
            return redirect_back(cast(AuthenticatedRequest, request))
        if exception.key in urlsplit(referring_page(request) or "").path.split("/"):
            return redirect(exception.page)
        return redirect_back(cast(AuthenticatedRequest, request), exception.page)
