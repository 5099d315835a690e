"""A track's files."""

from __future__ import annotations

from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from library import selectors
from library.api.renderers import AnythingRenderer
from library.api.schema import answers
from library.api.views.base import OwnersView
from library.outgoing.files import serve, serve_audio, serve_original, serve_spectrogram
from library.outgoing.tagged_copies import tagged_copy_response


class FileView(OwnersView):
    """One file of a track, whole or in part."""

    renderer_classes = [AnythingRenderer]


class OriginalView(FileView):
    @extend_schema(
        operation_id="track_file",
        tags=["Files"],
        summary="Download the file, byte for byte as it was uploaded",
        description="Answers `Range` and `If-None-Match`.",
        responses=answers({(200, "audio/*"): OpenApiTypes.BINARY}, 404),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_original(request._request, self.track(id))


class TaggedView(FileView):
    @extend_schema(
        operation_id="track_tagged",
        tags=["Files"],
        summary="Download a copy with title, artist, album, year, genre and tags in it",
        description=(
            "`Earmark-Tagged` says whether they are: a file that takes none (WAV, AIFF, …) comes as it is. The "
            "original is never changed."
        ),
        parameters=[OpenApiParameter("Earmark-Tagged", str, "header", enum=["yes", "no"], response=[200])],
        responses=answers({(200, "audio/*"): OpenApiTypes.BINARY}, 404),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        track = self.track(id)
        copy = tagged_copy_response(track, selectors.genre_names_of(self.owner))
        answer = copy or serve_original(request._request, track)
        answer["Earmark-Tagged"] = "yes" if copy else "no"
        return answer


class AudioView(FileView):
    @extend_schema(
        operation_id="track_audio",
        tags=["Files"],
        summary="Get what a browser plays",
        description="The original, or an MP3 copy where browsers cannot play that. Answers `Range`.",
        responses=answers({(200, "audio/*"): OpenApiTypes.BINARY}, 404),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_audio(request._request, self.track(id))


class SpectrogramView(FileView):
    @extend_schema(
        operation_id="track_spectrogram",
        tags=["Files"],
        summary="Get the picture of the mel spectrogram",
        responses=answers({(200, "image/*"): OpenApiTypes.BINARY}, 404),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return serve_spectrogram(request._request, self.track(id))


class PeaksView(FileView):
    @extend_schema(
        operation_id="track_peaks",
        tags=["Files"],
        summary="Get the waveform's peaks",
        description="An object with `peaks`: numbers from 0 to 1, evenly spread over the track.",
        responses=answers({(200, "application/json"): OpenApiTypes.OBJECT}, 404),
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        track = self.track(id)
        return serve(request._request, track.peaks, content_type="application/json", filename="peaks.json")
