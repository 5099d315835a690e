"""What all views share: who asks, how much they may, and how a track is found."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library import selectors, services
from library.api.idempotency import Answered, record_begin, record_end
from library.api.throttling import Limited
from library.errors import InvalidSearchError
from library.models import IdempotencyRecord, Track, User
from library.search.query import params_from, shown

FIELDS = OpenApiParameter(
    "fields", str, description="Tell only these fields of a track, by name, joined by commas."
)


class OwnersView(Limited):
    """A view on one's own things. A POST with an `Idempotency-Key` is done once, however often it is sent."""

    record: IdempotencyRecord | None = None
    #: Headers that say what is to be done, where the body has no fields.
    headers_that_count: tuple[str, ...] = ()
    #: The parameters that an address may have: by action in a set of views, else by method. All others are refused:
    #: a mistyped filter would list everything, and a mistyped `into` would delete what was to be merged.
    parameters: dict[str, Collection[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.check_parameters(request)
        if request.method == "POST":
            self.record = record_begin(owner=self.owner, request=request, headers=self.headers_that_count)

    def check_parameters(self, request: Request) -> None:
        """Raises ParseError when the address is garbled, and ValidationError for parameters that it may not have."""
        try:
            given = params_from(request.META.get("QUERY_STRING", "").encode("latin-1").decode())
        except (UnicodeError, InvalidSearchError) as error:
            raise exceptions.ParseError("The address has parameters that cannot be read.") from error
        method = "get" if request.method == "HEAD" else str(request.method).lower()
        known = self.parameters.get(getattr(self, "action", None) or method, ())
        if unknown := [name for name in given if name not in known]:
            raise exceptions.ValidationError(
                {name: [f"“{shown(name)}” is no parameter of this address."] for name in unknown}
            )

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Answered):
            return exc.response
        try:
            return super().handle_exception(exc)
        except Exception:  # raised again for Django's debug page: there will be no answer to keep
            if self.record:
                services.idempotency_forget(record=self.record)
            raise

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        if self.record:
            record_end(self.record, response)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def owner(self) -> User:
        return cast(User, self.request.user)

    def track(self, track_id: UUID) -> Track:
        """The owner's track; unknown and foreign ids are the same 404."""
        return get_object_or_404(selectors.tracks_of(self.owner), pk=track_id)


class NowhereView(APIView):
    """All other addresses below /api/: an error in the API's form, not a page."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound("There is nothing at this address. Addresses of the API end with a slash.")
