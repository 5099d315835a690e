"""Versions of what Earmark has learned from verdicts: see what would change, accept or skip it, go back."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import learned as serializers
from library.api.views.base import OwnersView
from library.models import LearnedModel

TAG = ["Learning"]


class LearnedVersionsView(OwnersView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS}
    serializer_class = serializers.LearnedVersionSerializer

    @extend_schema(
        operation_id="learned_versions",
        tags=TAG,
        summary="List what was learned from your verdicts",
        description=(
            "Versions, latest first, also those that were refused. At most one is in use (`active`), and at most one "
            "waits for you (`candidate`). In pages: follow `next` until it is null."
        ),
        responses=with_errors({200: serializers.LearnedVersionSerializer(many=True)}, 404),
    )
    def get(self, request: Request) -> Response:
        rows = self.paginate_queryset(selectors.learned_models_of(self.owner))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class LearnedFitView(OwnersView):
    @extend_schema(
        operation_id="learned_version_fit",
        tags=TAG,
        summary="Learn from your verdicts",
        description=(
            "A worker learns from your verdicts on built-in genres; a new version appears in the list when it has. "
            "That also happens by itself, after the first twenty verdicts and after ten more. Nothing changes before "
            "you accept it."
        ),
        request=None,
        responses=with_errors({202: None}),
    )
    def post(self, request: Request) -> Response:
        services.learned_model_fit_request(owner=self.owner)
        return Response(status=202)


class LearnedOffView(OwnersView):
    @extend_schema(
        operation_id="learned_versions_off",
        tags=TAG,
        summary="Use nothing of what was learned",
        description="No version is in use any more, and none waits for you. You can go back to any that was in use.",
        request=None,
        responses=with_errors({204: None}),
    )
    def post(self, request: Request) -> Response:
        services.learned_models_off(owner=self.owner)
        return Response(status=204)


class OneVersionView(OwnersView):
    def version(self) -> LearnedModel:
        """The version. Raises Http404 for unknown ids and for ids of others' alike."""
        return get_object_or_404(selectors.learned_models_of(self.owner), pk=self.kwargs["id"])


class LearnedVersionView(OneVersionView):
    @extend_schema(
        operation_id="learned_version",
        tags=TAG,
        summary="See what a version changes",
        description=(
            "From how many verdicts it was learned, how much better it is, and how many tracks it changes from one "
            "genre to another."
        ),
        responses=with_errors({200: serializers.LearnedVersionDetailSerializer}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        return version_response(self.version())


class LearnedRowsView(OneVersionView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS | {"state", "from", "to"}}
    serializer_class = serializers.LearnedRowSerializer

    @extend_schema(
        operation_id="learned_version_rows",
        tags=TAG,
        summary="List the tracks that a version changes",
        description=(
            "Those without a verdict that it changes or would change, and why. In pages: follow `next` until it is "
            "null."
        ),
        parameters=[serializers.LearnedRowQuerySerializer],
        responses=with_errors({200: serializers.LearnedRowSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        query = serializers.LearnedRowQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        rows = selectors.open_rows_of(self.owner, self.version()).select_related("track")
        if "state" in wanted:
            rows = rows.filter(state=wanted["state"])
        if "from" in wanted:
            rows = rows.filter(before=serializers.change_genre(wanted["from"]))
        if "to" in wanted:
            rows = rows.filter(genre=wanted["to"])
        page = self.paginate_queryset(rows) or []
        context = {"nearest": selectors.nearest_answers_of(self.owner, page)}
        shown = serializers.LearnedRowSerializer(page, many=True, context=context).data
        return self.get_paginated_response(shown)


class LearnedAcceptView(OneVersionView):
    @extend_schema(
        operation_id="learned_version_accept",
        tags=TAG,
        summary="Accept what a version changes",
        description=(
            "All of it, some tracks, or the tracks that change from one genre to another. The version is in use from "
            "then on, in place of the one before. Your verdicts always come first. Of many tracks, the genres follow "
            "in the background. With `expected`, nothing is done and the response is 409 (`selection_changed`) when it "
            "would affect another number of tracks."
        ),
        request=serializers.LearnedChoiceSerializer,
        responses=with_errors({200: serializers.LearnedDoneSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: int) -> Response:
        version, chosen = self.version(), choice_of(request)
        return Response({"done": services.learned_rows_accept(model=version, **chosen.chosen)})


class LearnedSkipView(OneVersionView):
    @extend_schema(
        operation_id="learned_version_skip",
        tags=TAG,
        summary="Skip what a version would change",
        description=(
            "These tracks stay as they are, and later versions do not propose the same for them. `expected` as for "
            "accepting."
        ),
        request=serializers.LearnedChoiceSerializer,
        responses=with_errors({200: serializers.LearnedDoneSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: int) -> Response:
        version, chosen = self.version(), choice_of(request)
        return Response({"done": services.learned_rows_skip(model=version, **chosen.chosen)})


class LearnedActivateView(OneVersionView):
    @extend_schema(
        operation_id="learned_version_activate",
        tags=TAG,
        summary="Go back to a version",
        description=(
            "Puts a version that was in use before to use again, with exactly what you had accepted in it. One that "
            "waits for you does not wait any longer, since it was compared with the version that was in use."
        ),
        request=None,
        responses=with_errors({200: serializers.LearnedVersionDetailSerializer}, 404, 409),
    )
    def post(self, request: Request, id: int) -> Response:
        services.learned_model_activate(model=self.version())
        return version_response(self.version())


def choice_of(request: Request) -> serializers.LearnedChoiceSerializer:
    """Which tracks a request is about. Raises ValidationError."""
    serializer = serializers.LearnedChoiceSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer


def version_response(version: LearnedModel) -> Response:
    """A version with what it changes."""
    unchanged = selectors.unchanged_counts_of(version.owner, version)
    shown = serializers.LearnedVersionSerializer(version).data
    changes = selectors.learned_changes_of(version.owner, version)
    return Response(
        {
            **shown,
            "changes": serializers.LearnedChangeSerializer(changes, many=True).data,
            "unchanged": unchanged.tracks,
            "with_verdict": unchanged.with_verdict,
        }
    )
