"""The genre of a track, and verdicts on it."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.schema import with_errors
from library.api.serializers.tracks import TrackGenreSerializer
from library.api.serializers.verdicts import VerdictCreateSerializer, VerdictSerializer
from library.api.views.base import OwnersView
from library.models import Track

TAG = ["Genre of a track"]


class TrackGenreView(OwnersView):
    @extend_schema(
        operation_id="track_genre",
        tags=TAG,
        summary="Get the genre of a track",
        description="The effective genre, where it comes from, and what you, the model and the file each say.",
        responses=with_errors({200: TrackGenreSerializer}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        return genre_response(self.track(id))

    @extend_schema(
        operation_id="track_genre_set",
        tags=TAG,
        summary="Set the genre of a track",
        description=(
            "Your verdict takes precedence over every model, now and after each new analysis, until you undo it."
        ),
        request=VerdictCreateSerializer,
        responses=with_errors({200: TrackGenreSerializer}, 400, 404, 415, 422),
    )
    def put(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        serializer = VerdictCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.genre_set(track=track, person=self.owner, genre=serializer.validated_data["genre"] or "")
        return genre_response(track)


class GenreConfirmView(OwnersView):
    @extend_schema(
        operation_id="track_genre_confirm",
        tags=TAG,
        summary="Confirm the genre",
        description=(
            "Makes the effective genre your verdict, as far as it comes from the model or the file, or was "
            "learned. Where nobody is sure (`not_sure`) or somebody has given a verdict (`has_verdict`), nothing is "
            "done: set the genre instead."
        ),
        request=None,
        responses=with_errors({200: TrackGenreSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        services.genre_confirm(track=track, person=self.owner)
        return genre_response(track)


class GenreUndoView(OwnersView):
    @extend_schema(
        operation_id="track_genre_undo",
        tags=TAG,
        summary="Undo the latest verdict",
        description="The verdict before it, or else what the model or the file says, applies again.",
        request=None,
        responses=with_errors({200: TrackGenreSerializer}, 404, 409),
    )
    def post(self, request: Request, id: UUID) -> Response:
        track = self.track(id)
        services.genre_undo(track=track, person=self.owner)
        return genre_response(track)


class GenreHistoryView(OwnersView):
    @extend_schema(
        operation_id="track_genre_history",
        tags=TAG,
        summary="List all verdicts on a track",
        description="Yours and reviewers', newest first, also those that were undone.",
        responses=with_errors({200: VerdictSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: UUID) -> Response:
        rows = selectors.verdicts_of(self.owner, self.track(id))
        return Response(VerdictSerializer(rows, many=True, context={"request": request}).data)


def genre_response(track: Track) -> Response:
    """The response to everything that reads or changes a track's genre."""
    return Response(TrackGenreSerializer(track).data)
