"""Bulk actions and their undo, and archives of many tracks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.auth import TokenScope
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import with_errors
from library.api.serializers import bulk_actions as serializers
from library.api.views.accepted import PREFER_PARAMETER, accepted_response, prefers_async
from library.api.views.base import OwnersView
from library.models import ApiToken, BulkAction, Track, User
from library.outgoing.archives import archive_response
from library.outgoing.tagged_copies import CopyGenre
from library.search.query import parse_search
from library.services.bulk_action_requests import REQUESTABLE_ACTIONS
from library.services.bulk_actions import BulkActionOptions


class BulkActionsView(OwnersView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS}
    serializer_class = serializers.BulkActionSerializer

    @extend_schema(
        operation_id="acts",
        tags=["Many tracks at once"],
        summary="List your bulk actions",
        description=(
            "What you did to many tracks, and deleted playlists, deleted tags and merged tags, on the site or by "
            "programs, latest first. In pages: follow `next` until it is null. Actions that have been undone have an "
            "`undone_at`."
        ),
        responses=with_errors({200: serializers.BulkActionSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.bulk_actions_of(self.owner))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="act",
        tags=["Many tracks at once"],
        summary="Start a bulk action",
        description=(
            "Does something to the tracks with the given `ids`, or to all that `query` finds. A query is written as "
            "in the URL of the list of tracks; one with an unknown filter or a wrong value is refused, and an empty "
            "one finds all tracks.\n\n"
            "`confirm` confirms the genres that come from the model or the file, or were learned, and skips tracks "
            "that somebody has given a verdict on and those of which nobody is sure. `genre` sets the genre `value` "
            "(a key), `file_genre` gives each track the genre that its file names, if that is a known one, and skips "
            "the others, `tag` and `untag` add and remove the tag `value` (a name) or several, `names`, `playlist` "
            "adds the tracks to the end of the playlist `value` (an id), in the order of `ids` or of the search, "
            "`analyse` analyses them again. "
            "`star` and `unstar` give and take a star, `rate` gives the rating `value`, 1 to 5, or removes it with 0. "
            "`edit` sets the fields in `changes` and leaves the others, `reset` sets `fields` as each file's tags say, "
            "and `from_filename` sets what the name of each file says by the pattern `value`; albums and artists "
            "follow. "
            "`delete` moves them to the bin, or deletes them for good with `permanently` (with `ids` also from the "
            "bin), and needs the scope `delete`.\n\n"
            "With `expected`, nothing is done and the response is 409 (`selection_changed`) when it would affect "
            "another number of tracks. Which tracks are affected is fixed when the request arrives. The response "
            "comes when all is done, or, with the header `Prefer: respond-async`, at once as 202: follow it with “Get "
            "the progress of a bulk action”. An action whose response has an `id` can be undone."
        ),
        request=serializers.BulkActionCreateSerializer,
        parameters=[PREFER_PARAMETER],
        responses=with_errors(
            {200: serializers.BulkActionResultSerializer, 202: serializers.BulkActionSerializer},
            400,
            409,
            415,
            422,
        ),
    )
    def post(self, request: Request) -> Response:
        serializer = serializers.BulkActionCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tracks = requested_tracks(self.owner, serializer.validated_data)
        given = serializer.validated_data
        name = given["act"]
        requested = REQUESTABLE_ACTIONS[name]
        if name == "delete":
            if isinstance(request.auth, ApiToken) and not request.auth.may_delete:
                raise PermissionDenied(TokenScope.message, code=TokenScope.code)
            if given["permanently"] and "ids" in given:
                tracks = selectors.tracks_including_binned(self.owner, given["ids"])
        action = services.bulk_action_request(
            person=self.owner,
            name=name,
            value=given.get(requested.several) or given.get(requested.field, ""),
            tracks=tracks,
            options=BulkActionOptions(expected=given.get("expected"), in_background=prefers_async(request)),
            permanently=given["permanently"],
        )
        if not action.is_finished:
            return accepted_response(request, action)
        return result_response(action)


class BulkActionView(OwnersView):
    @extend_schema(
        operation_id="act_status",
        tags=["Many tracks at once"],
        summary="Get the progress of a bulk action",
        description="Its state, and how many of its tracks have been changed or skipped so far.",
        responses=with_errors({200: serializers.BulkActionSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        return Response(serializers.BulkActionSerializer(action).data)


class BulkActionCancelView(OwnersView):
    @extend_schema(
        operation_id="act_cancel",
        tags=["Many tracks at once"],
        summary="Cancel a bulk action",
        description="Stops an action that is still running. What it has done so far stays, and can be undone.",
        request=None,
        responses=with_errors({200: serializers.BulkActionSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        return Response(serializers.BulkActionSerializer(services.bulk_action_cancel(action=action)).data)


class BulkActionUndoView(OwnersView):
    @extend_schema(
        operation_id="act_undo",
        tags=["Many tracks at once"],
        summary="Undo a bulk action",
        description=(
            "Undoes it on all tracks that have not been changed since. `done` counts the tracks on which something was "
            "undone, `skipped` those where nothing was left to undo.\n\n"
            "The response comes when all is undone, or, with the header `Prefer: respond-async`, at once as 202: "
            "follow it with “Get the progress of a bulk action”. `undoing` is true there until all is undone."
        ),
        request=None,
        parameters=[PREFER_PARAMETER],
        responses=with_errors(
            {200: serializers.BulkActionResultSerializer, 202: serializers.BulkActionSerializer}, 404, 409
        ),
    )
    def post(self, request: Request, id: UUID) -> Response:
        action = get_object_or_404(selectors.bulk_actions_of(self.owner), pk=id)
        if prefers_async(request):
            services.bulk_action_undo_later(action=action)
            action.refresh_from_db()
            return accepted_response(request, action)
        done = services.bulk_action_undo(action=action)
        return Response({"id": None, "done": done, "skipped": max(0, action.done - done)})


class ArchiveView(OwnersView):
    renderer_classes = [AnyMediaTypeRenderer]
    scopes = {"post": "read"}

    @extend_schema(
        operation_id="archive",
        tags=["Many tracks at once"],
        summary="Download many tracks as a ZIP archive",
        description=(
            "The archive is sent while it is made. Its files are named `Artist/Album/Title`, in the order of `ids` or "
            "of the search. With `tagged`, the file `Please note.txt` in it lists the files that cannot hold tags."
        ),
        request=serializers.ArchiveCreateSerializer,
        responses=with_errors({(200, "application/zip"): OpenApiTypes.BINARY}, 400, 415),
    )
    def post(self, request: Request) -> HttpResponseBase:
        serializer = serializers.ArchiveCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        ids = list(requested_tracks(self.owner, given).values_list("pk", flat=True))
        return archive_response(
            self.owner, ids, copies=CopyGenre(given["genre"]) if given["tagged"] else None
        )


def requested_tracks(owner: User, given: dict[str, Any]) -> QuerySet[Track]:
    """The owner's tracks that a request names, in its order. Raises InvalidSearchError."""
    if "ids" in given:
        return selectors.tracks_in_given_order(owner, given["ids"])
    found: QuerySet[Track] = parse_search(owner, given["query"]).qs
    return found


def result_response(action: BulkAction) -> Response:
    """The response to a finished action, with its id when it can be undone."""
    undo_id = action.pk if action.can_be_undone else None
    return Response({"id": undo_id, "done": action.done, "skipped": action.skipped})
