"""What you say about a track: its genre and its tags."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import answers
from library.api.serializers import tracks
from library.api.serializers import verdicts as truth
from library.api.views.base import OwnersView
from library.models import Track


class GenreOfTrackView(OwnersView):
    """The genre of a track, in its three layers."""

    @extend_schema(
        operation_id="track_genre",
        tags=["Truth about a genre"],
        summary="See whose word a track's genre is",
        responses=answers({200: tracks.GenreSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return layers(self.track(id))

    @extend_schema(
        operation_id="track_genre_set",
        tags=["Truth about a genre"],
        summary="Say what a track is",
        description="Your word counts before any model's, now and after every new analysis, until you undo it.",
        request=truth.WordSerializer,
        responses=answers({200: tracks.GenreSerializer}, 400, 404, 415, 422),
    )
    def put(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        word = truth.WordSerializer(data=request.data)
        word.is_valid(raise_exception=True)
        services.genre_set(track=track, person=self.owner, genre=word.validated_data["genre"] or "")
        return layers(track)


class GenreConfirmView(OwnersView):
    @extend_schema(
        operation_id="track_genre_confirm",
        tags=["Truth about a genre"],
        summary="Agree with what the model thinks most probable",
        request=None,
        responses=answers({200: tracks.GenreSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        services.genre_confirm(track=track, person=self.owner)
        return layers(track)


class GenreUndoView(OwnersView):
    @extend_schema(
        operation_id="track_genre_undo",
        tags=["Truth about a genre"],
        summary="Undo the latest word on a track's genre",
        request=None,
        responses=answers({200: tracks.GenreSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        services.genre_undo(track=track, person=self.owner)
        return layers(track)


class GenreHistoryView(OwnersView):
    @extend_schema(
        operation_id="track_genre_history",
        tags=["Truth about a genre"],
        summary="See every word on a track's genre, newest first",
        responses=answers({200: truth.VerdictSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        rows = selectors.verdicts_of(self.owner, self.track(id))
        return Response(truth.VerdictSerializer(rows, many=True, context={"request": request}).data)


class TagsOfTrackView(OwnersView):
    @extend_schema(
        operation_id="track_tag",
        tags=["Tags"],
        summary="Put a tag on a track",
        description="The tag is made if there is none of that name. Nothing happens when it is on the track already.",
        request=truth.TagNameSerializer,
        responses=answers({200: tracks.TrackSerializer}, 400, 404, 415, 422),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        tag = truth.TagNameSerializer(data=request.data)
        tag.is_valid(raise_exception=True)
        services.track_tag(track=track, name=tag.validated_data["name"])
        return Response(tracks.TrackSerializer(self.track(id), context={"request": request}).data)


class TagOfTrackView(OwnersView):
    scopes = {"delete": "write"}

    @extend_schema(
        operation_id="track_untag",
        tags=["Tags"],
        summary="Take a tag off a track",
        description="The tag itself stays.",
        responses=answers({204: None}, 404),
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
        summary="See which tags may fit a track",
        description=(
            "The file's genre when it is none of the ten, and strong moods. To accept one, put it on the track as a "
            "tag; what was rejected does not come back."
        ),
        responses=answers({200: truth.TagNameSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return Response([{"name": name} for name in selectors.suggestions_for(self.owner, self.track(id))])


class SuggestionRejectView(OwnersView):
    @extend_schema(
        operation_id="track_suggestion_reject",
        tags=["Tags"],
        summary="Turn a suggested tag down for good",
        request=truth.TagNameSerializer,
        responses=answers({204: None}, 400, 404, 415, 422),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        tag = truth.TagNameSerializer(data=request.data)
        tag.is_valid(raise_exception=True)
        services.suggestion_reject(track=track, name=tag.validated_data["name"])
        return Response(status=204)


def layers(track: Track) -> Response:
    return Response(tracks.GenreSerializer(track).data)
