"""Albums and artists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import albums as serializers
from library.api.views.base import OwnersView
from library.models import Album, Artist
from library.search.album_filters import AlbumFilterSet, ArtistFilterSet


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
        description="Gives it a star, or takes it away.",
        request=serializers.AlbumChangeSerializer,
        responses=with_errors({200: serializers.AlbumDetailSerializer}, 400, 404, 415),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        album = self.get_object()
        serializer = serializers.AlbumChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if "starred" in serializer.validated_data:
            services.album_star(album=album, starred=serializer.validated_data["starred"])
        return Response(self.payload(album))

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
        description="Gives the artist a star, or takes it away.",
        request=serializers.ArtistChangeSerializer,
        responses=with_errors({200: serializers.ArtistDetailSerializer}, 400, 404, 415),
    )
    def partial_update(self, request: Request, pk: UUID) -> Response:
        artist = self.get_object()
        serializer = serializers.ArtistChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if "starred" in serializer.validated_data:
            services.artist_star(artist=artist, starred=serializer.validated_data["starred"])
        return Response(self.payload(artist))

    def payload(self, artist: Artist) -> dict[str, Any]:
        context = {
            **self.get_serializer_context(),
            "totals": selectors.artist_totals(self.owner, [artist]),
            "albums": list(selectors.albums_of_artist(self.owner, artist).values_list("pk", flat=True)),
            "tracks": list(selectors.tracks_of_artist(self.owner, artist).values_list("pk", flat=True)),
        }
        return serializers.ArtistDetailSerializer(artist, context=context).data


def is_for_schema(view: Any) -> bool:
    """Whether the view is only asked what it is like."""
    return bool(getattr(view, "swagger_fake_view", False))
