"""Playlists and saved searches, and what is in them."""

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
from library.api.pagination import PARAMETERS
from library.api.schema import answers
from library.api.serializers import playlists as serializers
from library.api.serializers.verdicts import ActSerializer
from library.api.views.base import FIELDS, OwnersView
from library.models import Playlist, PlaylistItem
from library.search.saved import tracks_in


@extend_schema(tags=["Playlists"])
@extend_schema_view(
    list=extend_schema(
        summary="List your playlists and saved searches",
        responses=answers({200: serializers.PlaylistSerializer(many=True)}, 404),
    ),
    retrieve=extend_schema(
        summary="Look at one playlist", responses=answers({200: serializers.PlaylistSerializer}, 404)
    ),
    destroy=extend_schema(
        summary="Delete a playlist",
        description="Its tracks stay in the library. “See what you did” says how to undo it.",
        responses=answers({204: None}, 404),
    ),
)
class PlaylistViewSet(
    OwnersView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    parameters = {"list": PARAMETERS}
    serializer_class = serializers.PlaylistSerializer
    lookup_value_converter = "uuid"
    queryset = Playlist.objects.none()

    def get_queryset(self) -> QuerySet[Playlist]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.playlists_of(self.owner)

    @extend_schema(
        summary="Make a playlist, or keep a search",
        responses=answers({201: serializers.PlaylistSerializer}, 400, 415, 422),
    )
    def create(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        name, query = given.validated_data["name"], given.validated_data.get("query", "")
        if query:
            made = services.search_save(owner=self.owner, name=name, query=query)
        else:
            made = services.playlist_add(owner=self.owner, name=name)
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(
        summary="Rename a playlist",
        request=serializers.PlaylistNameSerializer,
        responses=answers({200: serializers.PlaylistSerializer}, 400, 404, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        playlist = self.get_object()
        given = serializers.PlaylistNameSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.playlist_rename(playlist=playlist, name=given.validated_data["name"])
        return Response(self.get_serializer(playlist).data)

    def perform_destroy(self, instance: Playlist) -> None:
        services.playlist_delete(playlist=instance)


class PlaylistItemsView(OwnersView, generics.GenericAPIView):
    parameters = {"get": PARAMETERS | {"fields"}}
    serializer_class = serializers.PlaylistItemSerializer

    def playlist(self) -> Playlist:
        return get_object_or_404(selectors.playlists_of(self.owner), pk=self.kwargs["id"])

    @extend_schema(
        operation_id="playlist_items",
        tags=["Playlists"],
        summary="What is in a playlist, in its order",
        description=(
            "Of a saved search: what it finds now; nothing when it names what is not there any more, as a genre of "
            "your own that was deleted. In pages: follow `next` until it is null."
        ),
        parameters=[FIELDS],
        responses=answers({200: serializers.PlaylistItemSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        playlist = self.playlist()
        rows: list[Any]
        if playlist.smart:
            tracks = tracks_in(self.owner, playlist).prefetch_related("tags")
            rows = [{"id": None, "track": track} for track in self.paginate_queryset(tracks) or []]
        else:
            items = selectors.items_of(self.owner, playlist).prefetch_related("track__tags")
            rows = list(self.paginate_queryset(items) or [])
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(
        operation_id="playlist_append",
        tags=["Playlists"],
        summary="Put tracks at the end of a playlist",
        description="The answer's `id` undoes it: see “Undo an act”.",
        request=serializers.PlaylistAppendSerializer,
        responses=answers({200: ActSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: UUID) -> Response:
        playlist = self.playlist()
        given = serializers.PlaylistAppendSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        tracks = selectors.tracks_named(self.owner, given.validated_data["tracks"])
        action = services.playlist_append(playlist=playlist, tracks=tracks)
        return Response({"id": action.pk, "done": action.done, "skipped": action.skipped})


class PlaylistItemView(OwnersView):
    scopes = {"delete": "write"}

    def item(self) -> PlaylistItem:
        items = selectors.items_of(self.owner, self.kwargs["id"])
        return get_object_or_404(items.select_related("playlist"), pk=self.kwargs["item_id"])

    @extend_schema(
        operation_id="playlist_move",
        tags=["Playlists"],
        summary="Put a track of a playlist at another place",
        request=serializers.PlaylistMoveSerializer,
        responses=answers({204: None}, 400, 404, 415),
    )
    def patch(self, request: Request, id: UUID, item_id: int) -> Response:
        item = self.item()
        given = serializers.PlaylistMoveSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.playlist_move(item=item, position=given.validated_data["position"])
        return Response(status=204)

    @extend_schema(
        operation_id="playlist_remove",
        tags=["Playlists"],
        summary="Take a track out of a playlist",
        description="It stays in the library.",
        responses=answers({204: None}, 404),
    )
    def delete(self, request: Request, id: UUID, item_id: int) -> Response:
        services.playlist_remove(item=self.item())
        return Response(status=204)
