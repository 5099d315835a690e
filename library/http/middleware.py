"""What a service refuses is told on the page one was on; who is signed out comes back there; browsers' limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse

from library.errors import DomainError, RateLimited
from library.http.shortcuts import ObjectGoneError, back, page_before
from library.http.types import Request

#: What no page of ours needs, no page may use, whatever gets into it.
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

COMPRESSED_TYPES = "text/html", "application/json"


class SecurityHeadersMiddleware:
    """The two headers that Django has no setting for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = ", ".join(f"{name}=()" for name in DISABLED_FEATURES)
        # No other site may show, play or read what is here, not even as a picture.
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response


class CompressionMiddleware(GZipMiddleware):
    """Pages and the API's answers, a tenth as long. Not files: they are compressed music already, and read in parts.
    Not streams, whose events would wait in the compressor. (Against BREACH, Django's adds a random length.)
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in COMPRESSED_TYPES or response.status_code == 206:
            return response
        return super().process_response(request, response)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Everything needs somebody who is signed in, except views that say otherwise."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        # A script would take the sign-in page for what it asked for, and put it into its own.
        if "HX-Request" in request.headers or "X-Requested-With" in request.headers:
            return HttpResponse("You are signed out.", content_type="text/plain", status=401)
        if request.method != "POST":
            return super().handle_no_permission(request, view_func)
        # Afterwards the browser goes on by GET: to the page with the form, for the form's own address may know none.
        after = {"next": page_before(request) or reverse("library"), "unsent": "1"}
        return redirect(f"{reverse('login')}?{urlencode(after)}")


class DomainErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if isinstance(exception, RateLimited):
            response = render(request, "429.html", {"refused": exception}, status=exception.status)
            response["Retry-After"] = str(int(exception.wait.total_seconds()))
            return response
        messages.error(request, exception.message)
        if not isinstance(exception, ObjectGoneError):
            return back(cast(Request, request))
        if exception.key in urlsplit(page_before(request) or "").path.split("/"):
            return redirect(exception.page)
        return back(cast(Request, request), exception.page)
