"""Genres and tags: what one can call a track."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import answers
from library.api.serializers import verdicts as truth
from library.api.views.base import OwnersView
from library.models import Tag


class GenresView(OwnersView):
    """The ten, and one's own."""

    @extend_schema(
        operation_id="genres",
        tags=["Genres"],
        summary="List the genres a track of yours can be",
        responses=answers({200: truth.GenreChoiceSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        counts = selectors.track_count_by_genre(self.owner)
        return Response([told(choice, counts) for choice in selectors.genre_names_of(self.owner)])

    @extend_schema(
        operation_id="genre_add",
        tags=["Genres"],
        summary="Make a genre of your own",
        request=truth.OwnGenreSerializer,
        responses=answers({201: truth.GenreChoiceSerializer}, 400, 409, 415, 422),
    )
    def post(self, request: Request) -> Response:
        given = truth.OwnGenreSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        genre = services.own_genre_add(owner=self.owner, name=given.validated_data["name"])
        return Response(self.one(genre.key), status=201)

    def one(self, key: str) -> dict[str, Any]:
        counts = selectors.track_count_by_genre(self.owner)
        return told(selectors.genre_names_of(self.owner).named(key), counts)


class OwnGenreView(GenresView):
    http_method_names = ["patch", "delete", "options"]
    parameters = {"delete": {"into"}}

    @extend_schema(
        operation_id="genre_rename",
        tags=["Genres"],
        summary="Rename a genre of your own",
        description="Its key and its tracks stay.",
        request=truth.OwnGenreSerializer,
        responses=answers({200: truth.GenreChoiceSerializer}, 400, 404, 409, 415, 422),
    )
    def patch(self, request: Request, key: str) -> Response:
        genre = get_object_or_404(selectors.own_genres_of(self.owner), key=key)
        given = truth.OwnGenreSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.own_genre_rename(genre=genre, name=given.validated_data["name"])
        return Response(self.one(key))

    @extend_schema(
        operation_id="genre_delete",
        tags=["Genres"],
        summary="Delete a genre of your own, or merge it into another",
        description="Its tracks count again as what the model heard, or as `into`. The answer's `id` undoes it.",
        parameters=[OpenApiParameter("into", str, description="The key of the genre its tracks get.")],
        responses=answers({200: truth.ActSerializer}, 404, 422),
    )
    def delete(self, request: Request, key: str) -> Response:
        genre = get_object_or_404(selectors.own_genres_of(self.owner), key=key)
        action = services.own_genre_delete(genre=genre, into=request.GET.get("into", ""))
        return Response({"id": action.pk, "done": action.done, "skipped": action.skipped})


@extend_schema(tags=["Tags"])
@extend_schema_view(
    list=extend_schema(summary="List your tags", responses=answers({200: truth.TagSerializer(many=True)})),
    retrieve=extend_schema(summary="Look at one tag", responses=answers({200: truth.TagSerializer}, 404)),
)
class TagViewSet(OwnersView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    parameters = {"destroy": {"into"}}
    serializer_class = truth.TagSerializer
    lookup_value_converter = "int"
    pagination_class = None
    queryset = Tag.objects.none()

    def get_queryset(self) -> QuerySet[Tag]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return selectors.tags_with_counts(self.owner)

    @extend_schema(
        summary="Make a tag",
        description="The answer is 200 and the tag that is there, if there is one of that name.",
        request=truth.TagSerializer,
        responses=answers({201: truth.TagSerializer, 200: truth.TagSerializer}, 400, 415, 422),
    )
    def create(self, request: Request) -> Response:
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        before = self.get_queryset().count()
        tag = services.tag_add(owner=self.owner, **given.validated_data)
        created = self.get_queryset().count() > before
        return Response(
            self.get_serializer(self.get_queryset().get(pk=tag.pk)).data, status=201 if created else 200
        )

    @extend_schema(
        summary="Rename or recolour a tag",
        responses=answers({200: truth.TagSerializer}, 400, 404, 409, 415, 422),
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        tag = self.get_object()
        given = self.get_serializer(tag, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        services.tag_change(tag=self.get_object(), **given.validated_data)
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Delete a tag, or merge it into another",
        description="Its tracks stay; with `into`, they get that tag instead. “See what you did” says how to undo it.",
        parameters=[OpenApiParameter("into", int, description="The id of the tag its tracks get.")],
        responses=answers({204: None}, 404, 409),
    )
    def destroy(self, request: Request, pk: int) -> Response:
        tag = self.get_object()
        if into := request.GET.get("into", ""):
            other = get_object_or_404(
                self.get_queryset(), pk=int(into) if into.isascii() and into.isdigit() else 0
            )
            services.tag_merge(tag=tag, into=other)
        else:
            services.tag_delete(tag=tag)
        return Response(status=204)


def told(choice: selectors.GenreChoice, counts: dict[str, int]) -> dict[str, Any]:
    tracks = counts.get(choice.key, 0)
    return {"key": choice.key, "name": choice.name, "own": choice.own, "tracks": tracks}
