"""What people teach: concepts, suggestions and answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from library.api.serializers.examples import EXAMPLE_ID, EXAMPLE_TIME, EXAMPLE_TRACK, schema_example
from library.api.serializers.names import NameField
from library.api.serializers.tracks import TrackSerializer
from library.models import Concept

MAX_SUGGESTIONS = 100
EXAMPLE_CONCEPT: dict[str, Any] = {
    "id": 7,
    "genre": "g-5e1f0c9a7b24",
    "tag": None,
    "name": "Dub",
    "examples": 14,
    "sets_since": None,
    "set_count": 0,
}


@extend_schema_serializer(examples=schema_example({"genre": "Dub"}))
class ConceptCreateSerializer(serializers.Serializer):
    """What to teach: the name of a genre of your own, or of a tag."""

    genre = NameField(required=False, help_text="A genre of your own; created if there is none yet.")
    tag = NameField(required=False, help_text="A tag; created if there is none yet.")

    def validate(self, names: dict[str, str]) -> dict[str, str]:
        if len(names) != 1:
            raise serializers.ValidationError("Name either a genre or a tag.")
        return names


@extend_schema_serializer(examples=schema_example(EXAMPLE_CONCEPT))
class ConceptSerializer(serializers.Serializer):
    """A genre of your own or a tag that you teach."""

    id = serializers.IntegerField(help_text="The id of what is taught.")
    genre = serializers.CharField(
        source="genre.key", default=None, allow_null=True, help_text="The key of the genre; null for a tag."
    )
    tag = serializers.IntegerField(
        source="tag_id", allow_null=True, help_text="The id of the tag; null for a genre."
    )
    name = serializers.CharField(help_text="The name of the genre or the tag.")
    examples = serializers.SerializerMethodField(
        help_text="How many tracks have it by your verdict or your tag."
    )

    sets_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when Earmark sets it by itself; null while that is switched off."
    )
    set_count = serializers.SerializerMethodField(
        help_text="How many tracks have it because Earmark has set it."
    )

    def get_examples(self, concept: Concept) -> int:
        return int(self.context["counts"].of(concept))

    def get_set_count(self, concept: Concept) -> int:
        return int(self.context["set_counts"].get(concept.pk, 0))


class WorthSerializer(serializers.Serializer):
    """How often suggestions were right in your library, each judged without the tracks of its artist."""

    answers = serializers.IntegerField(help_text="How many of your answers tell it.")
    right = serializers.IntegerField(help_text="How many of them were yes.")
    precision = serializers.FloatField(help_text="`right` of `answers`.")
    lower_bound = serializers.FloatField(
        help_text=(
            "What the precision surely is, with 95 % confidence. Tracks of one artist count hardly more than one."
        )
    )


@extend_schema_serializer(
    examples=schema_example(
        EXAMPLE_CONCEPT
        | {
            "refusals": 9,
            "answers": 20,
            "worth": {"answers": 11, "right": 10, "precision": 0.909, "lower_bound": 0.682},
            "standing": "Right about nine times in ten here, surely more than six",
            "may_set": False,
        }
    )
)
class ConceptDetailSerializer(ConceptSerializer):
    """A genre of your own or a tag that you teach, and how far it has come."""

    refusals = serializers.IntegerField(help_text="How many tracks you refused.")
    answers = serializers.IntegerField(help_text="How many answers you gave.")
    worth = WorthSerializer(allow_null=True, help_text="Null until there are enough answers to suggestions.")
    standing = serializers.CharField(help_text="How far it has come, for people.")
    may_set = serializers.BooleanField(
        help_text="Whether it is right often enough to be switched on: from 25 answers that count for `worth`, surely."
    )


@extend_schema_serializer(
    examples=schema_example({"sets_since": None, "set_count": 0, "may_set": True, "would_set": 41})
)
class ConceptSwitchSerializer(serializers.Serializer):
    """Whether Earmark sets a genre or a tag by itself."""

    sets_since = serializers.DateTimeField(
        allow_null=True, help_text="Since when it does; null while that is switched off."
    )
    set_count = serializers.IntegerField(help_text="How many tracks have it because Earmark has set it.")
    may_set = serializers.BooleanField(help_text="Whether it is right often enough to be switched on.")
    would_set = serializers.IntegerField(
        help_text="How many tracks it would set now if it were switched on; 0 when it may not be, or is."
    )


class ConceptSwitchOnSerializer(serializers.Serializer):
    """What you expect of switching something on."""

    expected = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text="`would_set` as you have seen it. When it is another number by now, nothing is done.",
    )


class SuggestionQuerySerializer(serializers.Serializer):
    count = serializers.IntegerField(
        min_value=1, max_value=MAX_SUGGESTIONS, default=10, help_text="How many tracks to return at most."
    )
    seed = serializers.IntegerField(
        min_value=0, max_value=2**31, default=0, help_text="Decides what is drawn near the threshold."
    )


class NearExampleSerializer(serializers.Serializer):
    """An example that a suggested track sounds like."""

    id = serializers.UUIDField(help_text="The id of the track.")
    title = serializers.CharField(help_text="Its title.")
    artist = serializers.CharField(help_text="Its artist; empty when there is none.")


@extend_schema_serializer(
    examples=schema_example(
        {
            "score": 0.61,
            "drawn": False,
            "reviewed": False,
            "nearest": [{"id": EXAMPLE_ID, "title": "Crossing at Dawn", "artist": "The Ferrymen"}],
            "track": EXAMPLE_TRACK,
        }
    )
)
class SuggestionSerializer(serializers.Serializer):
    """A track that may sound like what is taught, and why."""

    score = serializers.FloatField(
        help_text="How much it sounds like it: higher is more. Only comparable within one genre or tag."
    )
    drawn = serializers.BooleanField(
        help_text="Whether it is asked to learn where the border is, rather than as one of the best."
    )
    reviewed = serializers.BooleanField(help_text="Whether a reviewer gave it that genre.")
    nearest = NearExampleSerializer(many=True, help_text="The examples most like it, at most three.")
    track = TrackSerializer()


class QuestionSerializer(serializers.Serializer):
    """The track whose answer would teach most."""

    question = SuggestionSerializer(
        allow_null=True, help_text="Null with fewer than three examples, or when there is nothing to ask."
    )


@extend_schema_serializer(
    examples=schema_example({"track": EXAMPLE_ID, "answer": "yes", "asked": True, "created_at": EXAMPLE_TIME})
)
class AnswerSerializer(serializers.Serializer):
    """Your answer about a track."""

    track = serializers.UUIDField(source="track_id", help_text="The id of the track.")
    answer = serializers.ChoiceField(
        choices=["yes", "no"], help_text="`yes` also gives the track the genre or the tag."
    )
    asked = serializers.BooleanField(
        default=True,
        help_text=(
            "Whether Earmark suggested the track or asked about it. Only such answers count for `worth`: what people "
            "choose as an example is right by choice."
        ),
    )
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was given.")
