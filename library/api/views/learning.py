"""Teaching Earmark genres and tags."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from library import selectors, services
from library.api.pagination import PAGINATION_PARAMETERS
from library.api.schema import with_errors
from library.api.serializers import learning as serializers
from library.api.serializers.tracks import TrackSerializer, track_details
from library.api.views.base import FIELDS_PARAMETER, OwnersView
from library.models import Concept, User

TAG = ["Learning"]


class ConceptsView(OwnersView):
    @extend_schema(
        operation_id="concepts",
        tags=TAG,
        summary="List what you teach",
        description="The genres of your own and the tags that you teach, each with the number of its examples.",
        responses=with_errors({200: serializers.ConceptSerializer(many=True)}),
    )
    def get(self, request: Request) -> Response:
        concepts = selectors.concepts_of(self.owner)
        context = counts_context(self.owner)
        return Response(serializers.ConceptSerializer(concepts, many=True, context=context).data)

    @extend_schema(
        operation_id="concept_add",
        tags=TAG,
        summary="Teach a genre or a tag",
        description=(
            "Its examples are the tracks to which you give the genre or the tag: set the genre of tracks, tag them, or "
            "use a bulk action. When you teach it already, the response is 200."
        ),
        request=serializers.ConceptCreateSerializer,
        responses=with_errors(
            {201: serializers.ConceptDetailSerializer, 200: serializers.ConceptDetailSerializer},
            400,
            409,
            415,
            422,
        ),
    )
    def post(self, request: Request) -> Response:
        serializer = serializers.ConceptCreateSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        before = selectors.concepts_of(self.owner).count()
        concept = services.concept_add(owner=self.owner, **serializer.validated_data)
        created = selectors.concepts_of(self.owner).count() > before
        return Response(concept_payload(concept), status=201 if created else 200)


class OneConceptView(OwnersView):
    def concept(self) -> Concept:
        """What is taught. Raises Http404 for unknown ids and for ids of others' alike."""
        return get_object_or_404(selectors.concepts_of(self.owner), pk=self.kwargs["id"])


class ConceptView(OneConceptView):
    @extend_schema(
        operation_id="concept",
        tags=TAG,
        summary="See how far the teaching of a genre or a tag has come",
        description="How many examples and answers there are, and how often suggestions are right in your library.",
        responses=with_errors({200: serializers.ConceptDetailSerializer}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        return Response(concept_payload(self.concept()))


class ConceptSwitchView(OneConceptView):
    scopes = {"delete": "write"}

    @extend_schema(
        operation_id="concept_switch",
        tags=TAG,
        summary="See whether a genre or a tag is set by itself",
        description="And on how many tracks it is, or would be if you switched it on.",
        responses=with_errors({200: serializers.ConceptSwitchSerializer}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        return Response(switch_payload(self.concept()))

    @extend_schema(
        operation_id="concept_switch_on",
        tags=TAG,
        summary="Have Earmark set a genre or a tag by itself",
        description=(
            "On the tracks that it is sure of, now and when new ones are heard; except those about which you have said "
            "something. What it sets is no verdict, teaches nothing, and goes when you switch it off. 409 "
            "(`not_sure_enough`) until `may_set` is true. Of many tracks, some follow in the background."
        ),
        request=serializers.ConceptSwitchOnSerializer,
        responses=with_errors({200: serializers.ConceptSwitchSerializer}, 400, 404, 409, 415),
    )
    def put(self, request: Request, id: int) -> Response:
        concept = self.concept()
        serializer = serializers.ConceptSwitchOnSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        concept = services.concept_switch_on(concept=concept, **serializer.validated_data)
        return Response(switch_payload(concept))

    @extend_schema(
        operation_id="concept_switch_off",
        tags=TAG,
        summary="Have Earmark set a genre or a tag no longer",
        description=(
            "What it has set goes; what you have confirmed stays. Of many tracks, some follow in the background."
        ),
        responses=with_errors({204: None}, 404),
    )
    def delete(self, request: Request, id: int) -> Response:
        services.concept_switch_off(concept=self.concept())
        return Response(status=204)


class ExamplesView(OneConceptView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS | {"fields"}}
    serializer_class = TrackSerializer

    @extend_schema(
        operation_id="concept_examples",
        tags=TAG,
        summary="List the examples of a genre or a tag",
        description=(
            "The tracks that have it by your verdict or your tag, newest first. A reviewer's verdict teaches nothing. "
            "In pages: follow `next` until it is null."
        ),
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: TrackSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        tracks = selectors.examples_of(self.owner, self.concept()).prefetch_related(*track_details())
        page = self.paginate_queryset(tracks) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ConceptSuggestionsView(OneConceptView):
    query_parameters = {"get": {"count", "seed", "fields"}}

    @extend_schema(
        operation_id="concept_suggestions",
        tags=TAG,
        summary="Find tracks that sound like a genre or a tag",
        description=(
            "Best first; one of ten is drawn from near the threshold, to learn where it is. Empty with fewer than "
            "three examples. Answered tracks do not come back. Suggestions count nowhere until you answer `yes`."
        ),
        parameters=[serializers.SuggestionQuerySerializer, FIELDS_PARAMETER],
        responses=with_errors({200: serializers.SuggestionSerializer(many=True)}, 400, 404, 409),
    )
    def get(self, request: Request, id: int) -> Response:
        concept = self.concept()
        serializer = serializers.SuggestionQuerySerializer(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        found = selectors.suggestions_for(self.owner, concept, **serializer.validated_data)
        prefetch_related_objects([suggestion.track for suggestion in found], *track_details())
        context = {"request": request}
        return Response(serializers.SuggestionSerializer(found, many=True, context=context).data)


class QuestionView(OneConceptView):
    query_parameters = {"get": {"fields"}}

    @extend_schema(
        operation_id="concept_question",
        tags=TAG,
        summary="Get the next question about a genre or a tag",
        description="The track whose answer would teach most.",
        parameters=[FIELDS_PARAMETER],
        responses=with_errors({200: serializers.QuestionSerializer}, 404, 409),
    )
    def get(self, request: Request, id: int) -> Response:
        question = selectors.question_for(self.owner, self.concept())
        context = {"request": request}
        return Response(serializers.QuestionSerializer({"question": question}, context=context).data)


class AnswersView(OneConceptView, generics.GenericAPIView):
    query_parameters = {"get": PAGINATION_PARAMETERS}
    serializer_class = serializers.AnswerSerializer

    @extend_schema(
        operation_id="concept_answers",
        tags=TAG,
        summary="List your answers about a genre or a tag",
        description=(
            "Latest first. What you say about a track later counts before an answer. In pages: follow `next` until it "
            "is null."
        ),
        responses=with_errors({200: serializers.AnswerSerializer(many=True)}, 404),
    )
    def get(self, request: Request, id: int) -> Response:
        page = self.paginate_queryset(selectors.answers_of(self.owner, self.concept())) or []
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        operation_id="concept_answer",
        tags=TAG,
        summary="Answer whether a track sounds like a genre or a tag",
        description=(
            "`yes` gives the track the genre, as your verdict, or the tag. `no` refuses it: it is not suggested again. "
            "409 (`is_example`) for a `no` about a track that has it."
        ),
        request=serializers.AnswerSerializer,
        responses=with_errors({200: serializers.AnswerSerializer}, 400, 404, 409, 415),
    )
    def post(self, request: Request, id: int) -> Response:
        concept = self.concept()
        serializer = serializers.AnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        answer = services.concept_answer(
            concept=concept,
            track=self.track(given["track_id"]),
            yes=given["answer"] == "yes",
            asked=given["asked"],
        )
        return Response(serializers.AnswerSerializer(answer).data)


class AnswerView(OneConceptView):
    scopes = {"delete": "write"}

    @extend_schema(
        operation_id="concept_answer_undo",
        tags=TAG,
        summary="Take an answer back",
        description=(
            "Also the verdict or the tag that it gave, if that is still the latest. A `no` that it had replaced counts "
            "again."
        ),
        responses=with_errors({204: None}, 404, 409),
    )
    def delete(self, request: Request, id: int, track_id: UUID) -> Response:
        services.answer_undo(concept=self.concept(), track=self.track(track_id))
        return Response(status=204)


def concept_payload(concept: Concept) -> dict[str, Any]:
    """A concept as the API returns it alone."""
    owner = concept.owner
    state = selectors.teaching_state_of(owner, concept)
    return {
        **serializers.ConceptSerializer(concept, context=counts_context(owner)).data,
        "refusals": selectors.refusals_of(owner, concept).count(),
        "answers": selectors.answers_of(owner, concept).count(),
        "worth": serializers.WorthSerializer(state.worth).data if state.worth else None,
        "standing": state.standing,
        "may_set": state.may_set,
    }


def switch_payload(concept: Concept) -> dict[str, Any]:
    """The switch of a concept as the API returns it."""
    owner = concept.owner
    may_set = selectors.teaching_state_of(owner, concept).may_set
    would_set = may_set and concept.sets_since is None
    switch = {
        "sets_since": concept.sets_since,
        "set_count": selectors.tracks_set_by(owner, concept).count(),
        "may_set": may_set,
        "would_set": len(selectors.ids_to_set(owner, concept)) if would_set else 0,
    }
    return dict(serializers.ConceptSwitchSerializer(switch).data)


def counts_context(owner: User) -> dict[str, Any]:
    """What the serializer of concepts needs, for any number of them."""
    return {"counts": selectors.example_counts_of(owner), "set_counts": selectors.set_counts_of(owner)}
