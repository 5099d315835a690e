"""A track's files."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from library import selectors
from library.api.renderers import AnyMediaTypeRenderer
from library.api.schema import FILE_ERRORS, with_errors
from library.api.views.base import OwnersView
from library.outgoing.files import serve, serve_audio, serve_original, serve_spectrogram
from library.outgoing.tagged_copies import CopyGenre, tagged_copy_response


class FileView(OwnersView):
    """A file of a track, whole or in part."""

    renderer_classes = [AnyMediaTypeRenderer]


class OriginalView(FileView):
    @extend_schema(
        operation_id="track_file",
        tags=["Files"],
        summary="Download the original file",
        description="Byte for byte as it was uploaded. Supports `Range` and `If-None-Match`.",
        responses=with_errors({(200, "audio/*"): OpenApiTypes.BINARY}, *FILE_ERRORS, 409),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_original(request._request, self.track(id))


class TaggedView(FileView):
    query_parameters = {"get": {"genre"}}

    @extend_schema(
        operation_id="track_tagged",
        tags=["Files"],
        summary="Download a copy with tags",
        description=(
            "A copy of the file with what you have changed written into it: names, numbers, years, genre and tags. All "
            "other tags stay as they are. The header "
            "`Earmark-Tagged` says whether they are: a file whose format cannot hold tags (WAV, AIFF, …) is sent as it "
            "is. The original is never changed."
        ),
        parameters=[
            OpenApiParameter(
                "genre",
                str,
                description=(
                    "The genre in the copy: `owner` for one that you have set, `heard` also for one that Earmark hears."
                ),
                enum=[*CopyGenre],
                default=CopyGenre.HEARD,
            ),
            OpenApiParameter(
                "Earmark-Tagged",
                str,
                "header",
                description="Whether the copy has the tags in it.",
                enum=["yes", "no"],
                response=[200],
            ),
        ],
        responses=with_errors({(200, "audio/*"): OpenApiTypes.BINARY}, 400, *FILE_ERRORS, 409),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        track = self.track(id)
        genre = request.query_params.get("genre", CopyGenre.HEARD)
        if genre not in [*CopyGenre]:
            raise ValidationError({"genre": ["Ask for `owner` or `heard`."]})
        copy = tagged_copy_response(track, selectors.genre_names_of(self.owner), CopyGenre(genre))
        answer = copy or serve_original(request._request, track)
        answer["Earmark-Tagged"] = "yes" if copy else "no"
        return answer


class AudioView(FileView):
    @extend_schema(
        operation_id="track_audio",
        tags=["Files"],
        summary="Get the audio that browsers play",
        description="The original, or an MP3 copy when browsers cannot play its format. Supports `Range`.",
        responses=with_errors({(200, "audio/*"): OpenApiTypes.BINARY}, *FILE_ERRORS, 409),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_audio(request._request, self.track(id))


class SpectrogramView(FileView):
    @extend_schema(
        operation_id="track_spectrogram",
        tags=["Files"],
        summary="Get the mel spectrogram",
        description="A picture: time from left to right, frequency on the mel scale from bottom to top.",
        responses=with_errors({(200, "image/*"): OpenApiTypes.BINARY}, *FILE_ERRORS),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_spectrogram(request._request, self.track(id))


class PeaksView(FileView):
    @extend_schema(
        operation_id="track_peaks",
        tags=["Files"],
        summary="Get the peaks of the waveform",
        description="An object with `peaks`: numbers from 0 to 1, evenly spread over the track.",
        responses=with_errors({(200, "application/json"): OpenApiTypes.OBJECT}, *FILE_ERRORS),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        track = self.track(id)
        return serve(request._request, track.peaks, content_type="application/json", filename="peaks.json")
