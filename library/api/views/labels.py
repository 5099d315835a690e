"""Genres and tags."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import with_errors
from library.api.serializers import labels as serializers
from library.api.serializers.bulk_actions import BulkActionResultSerializer, BulkActionSerializer
from library.api.views.accepted import PREFER_PARAMETER, accepted_response, prefers_async
from library.api.views.base import OwnersView
from library.models import Tag
from library.services.bulk_actions import BulkActionOptions
from library.text import whole_number


class GenresView(OwnersView):
    @extend_schema(
        operation_id="genres",
        tags=["Genres"],
        summary="List the genres",
        description="The built-in genres and your own, each with the number of your tracks that have it.",
        responses=with_errors({200: serializers.GenreChoiceSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        counts = selectors.track_count_by_genre(self.owner)
        return Response([genre_payload(choice, counts) for choice in selectors.genre_names_of(self.owner)])

    @extend_schema(
        operation_id="genre_add",
        tags=["Genres"],
        summary="Create a genre of your own",
        description="409 (`taken`) when there is a genre of that name.",
        request=serializers.OwnGenreSerializer,
        responses=with_errors({201: serializers.GenreChoiceSerializer}, 400, 409, 415, 422),
    )
    def post(self, request: Request) -> Response:
        serializer = serializers.OwnGenreSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        genre = services.own_genre_add(owner=self.owner, name=serializer.validated_data["name"])
        return Response(self.payload_for(genre.key), status=201)

    def payload_for(self, key: str) -> dict[str, Any]:
        counts = selectors.track_count_by_genre(self.owner)
        return genre_payload(selectors.genre_names_of(self.owner).by_key(key), counts)


class OwnGenreView(GenresView):
    http_method_names = ["patch", "delete", "options"]
    query_parameters = {"delete": {"into"}}

    @extend_schema(
        operation_id="genre_rename",
        tags=["Genres"],
        summary="Rename a genre of your own",
        description="It keeps its key and its tracks.",
        request=serializers.OwnGenreSerializer,
        responses=with_errors({200: serializers.GenreChoiceSerializer}, 400, 404, 409, 415, 422),
    )
    def patch(self, request: Request, key: str) -> Response:
        genre = get_object_or_404(selectors.own_genres_of(self.owner), key=key)
        serializer = serializers.OwnGenreSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.own_genre_rename(genre=genre, name=serializer.validated_data["name"])
        return Response(self.payload_for(key))

    @extend_schema(
        operation_id="genre_delete",
        tags=["Genres"],
        summary="Delete a genre of your own, or merge it into another",
        description=(
            "Its tracks get the model's genre again, or `into`. The `id` of the response undoes it: see “Undo a bulk "
            "action”. With the header `Prefer: respond-async`, the response comes at once as 202, and the genre stays "
            "until its tracks have another."
        ),
        parameters=[
            OpenApiParameter("into", str, description="The key of the genre that its tracks get."),
            PREFER_PARAMETER,
        ],
        responses=with_errors({200: BulkActionResultSerializer, 202: BulkActionSerializer}, 404, 422),
    )
    def delete(self, request: Request, key: str) -> Response:
        genre = get_object_or_404(selectors.own_genres_of(self.owner), key=key)
        options = BulkActionOptions(in_background=prefers_async(request))
        action = services.own_genre_delete(genre=genre, into=requested_into(request) or "", options=options)
        if not action.is_finished:
            return accepted_response(request, action)
        return Response({"id": action.pk, "done": action.done, "skipped": action.skipped})


@extend_schema(tags=["Tags"])
@extend_schema_view(
    list=extend_schema(
        summary="List your tags",
        description="Each with its colour and the number of your tracks that have it.",
        responses=with_errors({200: serializers.TagSerializer(many=True)}),
    ),
    retrieve=extend_schema(
        summary="Get a tag",
        description="With its colour and the number of your tracks that have it.",
        responses=with_errors({200: serializers.TagSerializer}, 404),
    ),
)
class TagViewSet(OwnersView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    query_parameters = {"destroy": {"into"}}
    serializer_class = serializers.TagSerializer
    lookup_value_converter = "int"
    pagination_class = None
    queryset = Tag.objects.none()

    def get_queryset(self) -> QuerySet[Tag]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.tags_with_counts(self.owner)

    @extend_schema(
        summary="Create a tag",
        description="When there is a tag of that name, the response is 200 and that tag.",
        request=serializers.TagSerializer,
        responses=with_errors(
            {201: serializers.TagSerializer, 200: serializers.TagSerializer}, 400, 409, 415, 422
        ),
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        before = self.get_queryset().count()
        tag = services.tag_add(owner=self.owner, **serializer.validated_data)
        created = self.get_queryset().count() > before
        return Response(
            self.get_serializer(self.get_queryset().get(pk=tag.pk)).data, status=201 if created else 200
        )

    @extend_schema(
        summary="Rename or recolour a tag",
        description="409 (`taken`) when there is another tag of that name.",
        responses=with_errors({200: serializers.TagSerializer}, 400, 404, 409, 415, 422),
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        tag = self.get_object()
        serializer = self.get_serializer(tag, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        services.tag_change(tag=self.get_object(), **serializer.validated_data)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Delete a tag, or merge it into another",
        description=(
            "Its tracks stay in the library; with `into`, they get that tag instead. To undo it, find it with “List "
            "your bulk actions”. With the header `Prefer: respond-async`, the response comes at once as 202, and the "
            "tag stays until no track has it."
        ),
        parameters=[
            OpenApiParameter("into", int, description="The id of the tag that its tracks get."),
            PREFER_PARAMETER,
        ],
        responses=with_errors({204: None, 202: BulkActionSerializer}, 404, 409),
    )
    def destroy(self, request: Request, pk: int) -> Response:
        tag, later = self.get_object(), prefers_async(request)
        if into := requested_into(request):
            other = get_object_or_404(self.get_queryset(), pk=whole_number(into, most=2**63 - 1) or 0)
            action = services.tag_merge(tag=tag, into=other, in_background=later)
        else:
            action = services.tag_delete(tag=tag, in_background=later)
        return Response(status=204) if action.is_finished else accepted_response(request, action)


def requested_into(request: Request) -> str | None:
    """What to merge into, by the parameter `into`; None without one.

    Raises ValidationError for an empty one: it would delete what was to be merged.
    """
    into = request.query_params.get("into")
    if into == "":
        raise ValidationError(
            {"into": [ErrorDetail("Name what to merge into, or leave `into` out.", "blank")]}
        )
    return into


def genre_payload(choice: selectors.GenreChoice, counts: dict[str, int]) -> dict[str, Any]:
    tracks = counts.get(choice.key, 0)
    return {"key": choice.key, "name": choice.name, "own": choice.own, "tracks": tracks}
