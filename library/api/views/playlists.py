"""Playlists and saved searches, and their tracks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import playlists as serializers
from library.api.serializers.bulk_actions import BulkActionResultSerializer, BulkActionSerializer
from library.api.serializers.tracks import track_details
from library.api.views.accepted import PREFER_PARAMETER, accepted_response, prefers_async
from library.api.views.base import FIELDS_PARAMETER, OwnersView
from library.models import Playlist, PlaylistItem
from library.search.saved import playlist_tracks_of


@extend_schema(tags=["Playlists"])
@extend_schema_view(
    list=extend_schema(
        summary="List your playlists and saved searches",
        description="In pages: follow `next` until it is null.",
        responses=with_errors({200: serializers.PlaylistSerializer(many=True)}, 404),
    ),
    retrieve=extend_schema(
        summary="Get a playlist",
        description="Its name and, for a saved search, the search. Its tracks are at `items/`.",
        responses=with_errors({200: serializers.PlaylistSerializer}, 404),
    ),
)
class PlaylistViewSet(
    OwnersView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    query_parameters = {"list": PAGINATION_PARAMETERS}
    serializer_class = serializers.PlaylistSerializer
    lookup_value_converter = "uuid"
    queryset = Playlist.objects.none()

    def get_queryset(self) -> QuerySet[Playlist]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.playlists_of(self.owner)

    @extend_schema(
        summary="Create a playlist, or save a search",
        description="With a `query`, it is a saved search: it always has the tracks that the search finds.",
        responses=with_errors({201: serializers.PlaylistSerializer}, 400, 415, 422),
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        name, query = serializer.validated_data["name"], serializer.validated_data.get("query", "")
        if query:
            playlist = services.search_save(owner=self.owner, name=name, query=query)
        else:
            playlist = services.playlist_add(owner=self.owner, name=name)
        return Response(self.get_serializer(playlist).data, status=201)

    @extend_schema(
        summary="Rename a playlist, or change a saved search",
        description="Changes the `name`, the `query` of a saved search, or both.",
        request=serializers.PlaylistChangeSerializer,
        responses=with_errors({200: serializers.PlaylistSerializer}, 400, 404, 409, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        playlist = self.get_object()
        serializer = serializers.PlaylistChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if (query := serializer.validated_data.get("query")) is not None:
            services.search_update(playlist=playlist, query=query)
        if (name := serializer.validated_data.get("name")) is not None:
            services.playlist_rename(playlist=playlist, name=name)
        return Response(self.get_serializer(playlist).data)

    @extend_schema(
        summary="Delete a playlist",
        description=(
            "Its tracks stay in the library. To undo it, find it with “List your bulk actions”. With the header "
            "`Prefer: respond-async`, the response comes at once as 202, and the playlist stays until it is empty."
        ),
        parameters=[PREFER_PARAMETER],
        responses=with_errors({204: None, 202: BulkActionSerializer}, 404),
    )
    def destroy(self, request: Request, pk: UUID) -> Response:
        later = prefers_async(request)
        action = services.playlist_delete(playlist=self.get_object(), in_background=later)
        return Response(status=204) if action.is_finished else accepted_response(request, action)


class PlaylistItemsView(OwnersView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS | {"fields"}}
    serializer_class = serializers.PlaylistItemSerializer

    def playlist(self) -> Playlist:
        return get_object_or_404(selectors.playlists_of(self.owner), pk=self.kwargs["id"])

    @extend_schema(
        operation_id="playlist_items",
        tags=["Playlists"],
        summary="List the tracks of a playlist",
        description=(
            "In the order of the playlist; for a saved search, the tracks that it finds now, none when it refers to "
            "something deleted, such as a genre of your own. In pages: follow `next` until it is null."
        ),
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.PlaylistItemSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        playlist = self.playlist()
        rows: list[Any]
        if playlist.smart:
            tracks = playlist_tracks_of(self.owner, playlist).prefetch_related(*track_details())
            rows = [{"id": None, "track": track} for track in self.paginate_queryset(tracks) or []]
        else:
            items = selectors.playlist_items_of(self.owner, playlist).prefetch_related(
                *track_details("track__")
            )
            rows = list(self.paginate_queryset(items) or [])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="playlist_append",
        tags=["Playlists"],
        summary="Add tracks to the end of a playlist",
        description="The `id` of the response undoes it: see “Undo a bulk action”.",
        request=serializers.PlaylistAppendSerializer,
        responses=with_errors({200: BulkActionResultSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: UUID) -> Response:
        playlist = self.playlist()
        serializer = serializers.PlaylistAppendSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        tracks = selectors.tracks_in_given_order(self.owner, serializer.validated_data["tracks"])
        action = services.playlist_append(playlist=playlist, tracks=tracks)
        return Response({"id": action.pk, "done": action.done, "skipped": action.skipped})


class PlaylistItemView(OwnersView):
    scopes = {"delete": "write"}

    def item(self) -> PlaylistItem:
        items = selectors.playlist_items_of(self.owner, self.kwargs["id"])
        return get_object_or_404(items.select_related("playlist"), pk=self.kwargs["item_id"])

    @extend_schema(
        operation_id="playlist_move",
        tags=["Playlists"],
        summary="Move a track within a playlist",
        description="The other tracks keep their order.",
        request=serializers.PlaylistMoveSerializer,
        responses=with_errors({204: None}, 400, 404, 415),
    )
    def patch(self, request: Request, id: UUID, item_id: int) -> Response:
        item = self.item()
        serializer = serializers.PlaylistMoveSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.playlist_move(item=item, position=serializer.validated_data["position"])
        return Response(status=204)

    @extend_schema(
        operation_id="playlist_remove",
        tags=["Playlists"],
        summary="Remove a track from a playlist",
        description="The track stays in the library.",
        responses=with_errors({204: None}, 404),
    )
    def delete(self, request: Request, id: UUID, item_id: int) -> Response:
        services.playlist_remove(item=self.item())
        return Response(status=204)
