"""The tags of a track, and tags suggested for it."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import with_errors
from library.api.serializers.labels import TagNameSerializer
from library.api.serializers.tracks import TrackSerializer
from library.api.views.base import OwnersView


class TrackTagsView(OwnersView):
    @extend_schema(
        operation_id="track_tag",
        tags=["Tags"],
        summary="Add a tag to a track",
        description=(
            "The tag is created when there is none of that name. A tag that the track has already is left as it is."
        ),
        request=TagNameSerializer,
        responses=with_errors({200: TrackSerializer}, 400, 404, 409, 415, 422),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = TagNameSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.track_tag(track=track, name=serializer.validated_data["name"])
        return Response(TrackSerializer(self.track(id), context={"request": request}).data)


class TrackTagView(OwnersView):
    scopes = {"delete": "write"}

    @extend_schema(
        operation_id="track_untag",
        tags=["Tags"],
        summary="Remove a tag from a track",
        description="The tag itself is not deleted.",
        responses=with_errors({204: None}, 404),
    )
    def delete(self, request: Request, id: UUID, tag_id: int) -> Response:
        track = self.track(id)
        tag = get_object_or_404(selectors.tags_on(self.owner, track), pk=tag_id)
        services.track_untag(track=track, tag=tag)
        return Response(status=204)


class SuggestionsView(OwnersView):
    @extend_schema(
        operation_id="track_suggestions",
        tags=["Tags"],
        summary="List suggested tags for a track",
        description=(
            "The genre in the file's tags when it is not a built-in one, and strong moods. To accept a suggestion, add "
            "it to the track as a tag; a rejected one does not come back."
        ),
        responses=with_errors({200: TagNameSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return Response(
            [{"name": name} for name in selectors.tag_suggestions_for(self.owner, self.track(id))]
        )


class SuggestionRejectView(OwnersView):
    @extend_schema(
        operation_id="track_suggestion_reject",
        tags=["Tags"],
        summary="Reject a suggested tag",
        description="It will not be suggested for this track again.",
        request=TagNameSerializer,
        responses=with_errors({204: None}, 400, 404, 415, 422),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = TagNameSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.suggestion_reject(track=track, name=serializer.validated_data["name"])
        return Response(status=204)
