"""Albums and artists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import albums as serializers
from library.api.serializers.bulk_actions import BulkActionResultSerializer
from library.api.views.base import OwnersView
from library.api.views.bulk_actions import result_response
from library.models import Album, Artist
from library.search.album_filters import AlbumFilterSet, ArtistFilterSet
from library.services.album_names import title_key


@extend_schema(tags=["Albums"])
class AlbumViewSet(OwnersView, viewsets.GenericViewSet):
    serializer_class = serializers.AlbumSerializer
    filterset_class = AlbumFilterSet
    query_parameters = {"list": PAGINATION_PARAMETERS | {*AlbumFilterSet.base_filters}}
    lookup_value_converter = "uuid"
    queryset = Album.objects.none()  # for the schema: the type of the id

    def get_queryset(self) -> QuerySet[Album]:
        return self.queryset if is_for_schema(self) else selectors.albums_of(self.owner)

    @extend_schema(
        summary="List your albums",
        description=(
            "By title, unless `ordering` says otherwise. An album is there while one of its tracks is in the library. "
            "In pages: follow `next` until it is null."
        ),
        responses=with_errors({200: serializers.AlbumSerializer(many=True)}, 400, 404),
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "totals": selectors.album_totals(self.owner, page)}
        rows = serializers.AlbumSerializer(page, many=True, context=context)
        return self.get_paginated_response(rows.data)

    @extend_schema(
        summary="Get an album",
        description="With the ids of its tracks, by disc and number.",
        filters=False,
        responses=with_errors({200: serializers.AlbumDetailSerializer}, 404),
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(self.payload(self.get_object()))

    @extend_schema(
        summary="Change an album",
        description=(
            "Title, artist and year are changed on all of its tracks; `starred` gives it a star or takes it away. It "
            "keeps its id, unless there is another album of that title and artist: then it joins that one, which is "
            "the response. To undo a change of names, find it with “List your bulk actions”."
        ),
        request=serializers.AlbumChangeSerializer,
        responses=with_errors({200: serializers.AlbumDetailSerializer}, 400, 404, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        album = self.get_object()
        serializer = serializers.AlbumChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        changes = dict(serializer.validated_data)
        starred = changes.pop("starred", None)
        if changes:
            album = self.edited(album, changes)
        if starred is not None:
            services.album_star(album=album, starred=starred)
        return Response(self.payload(album))

    def edited(self, album: Album, changes: dict[str, Any]) -> Album:
        """The album after an edit: the one that its tracks are on then."""
        tracks = list(selectors.tracks_of_album(self.owner, album).values_list("pk", flat=True)[:1])
        services.album_edit(album=album, **changes)
        return get_object_or_404(self.get_queryset(), tracks__in=tracks)

    @extend_schema(
        operation_id="album_merge",
        summary="Merge albums into one",
        description=(
            "Their tracks get the title and artist of this album, and the albums vanish. The `id` of the response "
            "undoes it: see “Undo a bulk action”."
        ),
        request=serializers.AlbumMergeSerializer,
        responses=with_errors({200: BulkActionResultSerializer}, 400, 404, 409, 415),
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def merge(self, request: Request, pk: UUID) -> Response:
        album = self.get_object()
        serializer = serializers.AlbumMergeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        named = all_of(self.get_queryset(), serializer.validated_data["albums"])
        return result_response(services.albums_merge(owner=self.owner, into=album, albums=named))

    def payload(self, album: Album) -> dict[str, Any]:
        context = {
            **self.get_serializer_context(),
            "totals": selectors.album_totals(self.owner, [album]),
            "tracks": list(selectors.tracks_of_album(self.owner, album).values_list("pk", flat=True)),
        }
        return serializers.AlbumDetailSerializer(album, context=context).data


@extend_schema(tags=["Artists"])
class ArtistViewSet(OwnersView, viewsets.GenericViewSet):
    serializer_class = serializers.ArtistSerializer
    filterset_class = ArtistFilterSet
    query_parameters = {"list": PAGINATION_PARAMETERS | {*ArtistFilterSet.base_filters}}
    lookup_value_converter = "uuid"
    queryset = Artist.objects.none()  # for the schema: the type of the id

    def get_queryset(self) -> QuerySet[Artist]:
        return self.queryset if is_for_schema(self) else selectors.artists_of(self.owner)

    @extend_schema(
        summary="List your artists",
        description=(
            "Those of tracks and those of albums, by name, unless `ordering` says otherwise. In pages: follow `next` "
            "until it is null."
        ),
        responses=with_errors({200: serializers.ArtistSerializer(many=True)}, 400, 404),
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "totals": selectors.artist_totals(self.owner, page)}
        rows = serializers.ArtistSerializer(page, many=True, context=context)
        return self.get_paginated_response(rows.data)

    @extend_schema(
        summary="Get an artist",
        description="With the ids of albums and tracks.",
        filters=False,
        responses=with_errors({200: serializers.ArtistDetailSerializer}, 404),
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(self.payload(self.get_object()))

    @extend_schema(
        summary="Change an artist",
        description=(
            "`name` renames the artist on all tracks and albums; `starred` gives a star or takes it away. The artist "
            "keeps its id, unless there is another one of that name: then it joins that one, which is the response. To "
            "undo a change of names, find it with “List your bulk actions”."
        ),
        request=serializers.ArtistChangeSerializer,
        responses=with_errors({200: serializers.ArtistDetailSerializer}, 400, 404, 415, 422),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        artist = self.get_object()
        serializer = serializers.ArtistChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        changes = serializer.validated_data
        if "name" in changes:
            artist = self.renamed(artist, changes["name"])
        if "starred" in changes:
            services.artist_star(artist=artist, starred=changes["starred"])
        return Response(self.payload(artist))

    def renamed(self, artist: Artist, name: str) -> Artist:
        """The artist of that name afterwards."""
        services.artist_rename(artist=artist, name=name)
        return get_object_or_404(self.get_queryset(), key=title_key(name))

    @extend_schema(
        operation_id="artist_merge",
        summary="Merge artists into one",
        description=(
            "For one artist who is spelled in several ways: all tracks and albums get the name of this one, and the "
            "others vanish. The `id` of the response undoes it: see “Undo a bulk action”."
        ),
        request=serializers.ArtistMergeSerializer,
        responses=with_errors({200: BulkActionResultSerializer}, 400, 404, 409, 415),
    )
    @action(detail=True, methods=["post"], filterset_class=None, pagination_class=None)
    def merge(self, request: Request, pk: UUID) -> Response:
        artist = self.get_object()
        serializer = serializers.ArtistMergeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        named = all_of(self.get_queryset(), serializer.validated_data["artists"])
        return result_response(services.artists_merge(owner=self.owner, into=artist, artists=named))

    def payload(self, artist: Artist) -> dict[str, Any]:
        context = {
            **self.get_serializer_context(),
            "totals": selectors.artist_totals(self.owner, [artist]),
            "albums": list(selectors.albums_of_artist(self.owner, artist).values_list("pk", flat=True)),
            "tracks": list(selectors.tracks_of_artist(self.owner, artist).values_list("pk", flat=True)),
        }
        return serializers.ArtistDetailSerializer(artist, context=context).data


def all_of[Row: Model](rows: QuerySet[Row], ids: list[UUID]) -> list[Row]:
    """The rows with these ids. Raises NotFound, unless all of them are there."""
    found = list(rows.filter(pk__in=ids))
    if len(found) != len(set(ids)):
        raise NotFound
    return found


def is_for_schema(view: Any) -> bool:
    """Whether the view is only asked what it is like."""
    return bool(getattr(view, "swagger_fake_view", False))
