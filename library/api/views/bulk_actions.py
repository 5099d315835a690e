"""Acts on many tracks at once, and their undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from library import selectors, services
from library.api.auth import TokenScope
from library.api.pagination import PARAMETERS
from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.serializers import verdicts as truth
from library.api.views.base import OwnersView
from library.models import ApiToken, BulkAction, Track, User
from library.outgoing.archives import archive_response
from library.search.query import search_from
from library.services.bulk_actions import BulkActionOptions


class BulkActionsView(OwnersView, generics.GenericAPIView):
    """Several tracks in one request."""

    parameters = {"get": PARAMETERS}
    serializer_class = truth.DoneActSerializer

    @extend_schema(
        operation_id="acts",
        tags=["Many tracks at once"],
        summary="See what you did, and what can be undone",
        description=(
            "Acts on many tracks, deleted playlists and tags, and merged tags, on the site as by programs; the latest "
            "first, in pages: follow `next` until it is null. What was already undone has an `undone_at`."
        ),
        responses=answers({200: truth.DoneActSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.bulk_actions_of(self.owner))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="act",
        tags=["Many tracks at once"],
        summary="Do something to many tracks",
        description=(
            "To those named by `ids`, or to all that `query` finds, which is written as in the address of the list; "
            "one that has an unknown filter or a wrong value is refused, and the empty one finds everything. "
            "`confirm` agrees with the model, `genre` sets the genre `value` (a key), `tag` and `untag` put the tag "
            "`value` on and take it off, `playlist` puts them at the end of the playlist `value` (an id), in the order "
            "of `ids` or of the search, `analyse` hears again, `delete` puts into the bin, or deletes for good with "
            "`permanently` (by `ids` also from the bin), and needs the scope `delete`.\n\n"
            "With `expected`, nothing is done and the answer is 409 (`selection_changed`) if it would be another "
            "number of tracks. Which tracks are meant is fixed at once. The answer comes when all is done, or, with "
            "the header `Prefer: respond-async`, at once as 202: see “See how far an act is”. What has an `id` in the "
            "answer can be undone as one."
        ),
        request=truth.ActRequestSerializer,
        parameters=[OpenApiParameter("Prefer", str, "header", description="`respond-async`: do not wait.")],
        responses=answers({200: truth.ActSerializer, 202: truth.DoneActSerializer}, 400, 409, 415, 422),
    )
    def post(self, request: Request) -> Response:
        asked = truth.ActRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        tracks = chosen(self.owner, asked.validated_data)
        name = asked.validated_data["act"]
        if name == "delete":
            if isinstance(request.auth, ApiToken) and not request.auth.may_delete:
                raise PermissionDenied(TokenScope.message, code=TokenScope.code)
            if asked.validated_data["permanently"]:
                name = "delete_permanently"
                if "ids" in asked.validated_data:
                    tracks = selectors.tracks_anywhere(self.owner, asked.validated_data["ids"])
        action = services.bulk_action_request(
            person=self.owner,
            name=name,
            value=asked.validated_data.get("value", ""),
            tracks=tracks,
            options=BulkActionOptions(
                expected=asked.validated_data.get("expected"), in_background=prefers_async(request)
            ),
        )
        if not action.is_finished:
            location = reverse("v1:act-detail", args=[action.pk], request=request)
            headers = {"Location": location, "Preference-Applied": "respond-async"}
            return Response(truth.DoneActSerializer(action).data, status=202, headers=headers)
        return done_answer(action)


class BulkActionView(OwnersView):
    @extend_schema(
        operation_id="act_status",
        tags=["Many tracks at once"],
        summary="See how far an act is",
        responses=answers({200: truth.DoneActSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        return Response(truth.DoneActSerializer(action).data)


class BulkActionCancelView(OwnersView):
    @extend_schema(
        operation_id="act_cancel",
        tags=["Many tracks at once"],
        summary="Cancel an act that is still being done",
        description="What it has done so far stays, and can be undone.",
        request=None,
        responses=answers({200: truth.DoneActSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        return Response(truth.DoneActSerializer(services.bulk_action_cancel(action=action)).data)


class BulkActionUndoView(OwnersView):
    @extend_schema(
        operation_id="act_undo",
        tags=["Many tracks at once"],
        summary="Undo an act where it still stands",
        description="`done`: on how many tracks something was taken back; `skipped`: where nothing was left to undo.",
        request=None,
        responses=answers({200: truth.ActSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        done = services.bulk_action_undo(action=action)
        return Response({"id": None, "done": done, "skipped": action.done - done})


class ArchiveView(OwnersView):
    """Many files in one."""

    renderer_classes = [AnythingRenderer]
    scopes = {"post": "read"}

    @extend_schema(
        operation_id="archive",
        tags=["Many tracks at once"],
        summary="Download many tracks as a ZIP archive",
        description=(
            "Sent while it is made, as `Artist/Album/Title`, in the order of `ids` or of the search. With `tagged`, "
            "`Please note.txt` in it names the files that take no tags."
        ),
        request=truth.ArchiveRequestSerializer,
        responses=answers({(200, "application/zip"): OpenApiTypes.BINARY}, 400, 415),
    )
    def post(self, request: Request) -> HttpResponseBase:
        asked = truth.ArchiveRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        ids = list(chosen(self.owner, asked.validated_data).values_list("pk", flat=True))
        return archive_response(self.owner, ids, with_tags=asked.validated_data["tagged"])


def chosen(owner: User, asked: dict[str, Any]) -> QuerySet[Track]:
    """The owner's tracks that a request names, in the order in which it does. Raises InvalidSearchError."""
    if "ids" in asked:
        return selectors.tracks_named(owner, asked["ids"])
    found: QuerySet[Track] = search_from(owner, asked["query"]).qs
    return found


def prefers_async(request: Request) -> bool:
    """Whether the client would rather not wait (RFC 7240)."""
    preferences = request.headers.get("Prefer", "").lower().split(",")
    return any(preference.partition(";")[0].strip() == "respond-async" for preference in preferences)


def done_answer(action: BulkAction) -> Response:
    """What was done; the id only where it can be undone by it."""
    known = action.pk if action.can_be_undone else None
    return Response({"id": known, "done": action.done, "skipped": action.skipped})
