"""What somebody may know about their account, and about the site's models."""

from __future__ import annotations

from rest_framework import serializers

from library.models import ApiToken


class LimitsSerializer(serializers.Serializer):
    upload_bytes = serializers.IntegerField(help_text="The largest file.")
    quota_bytes = serializers.IntegerField(help_text="The largest library.")
    track_seconds = serializers.IntegerField(help_text="The longest track.")


class UsageSerializer(serializers.Serializer):
    tracks = serializers.IntegerField()
    bytes = serializers.IntegerField()
    seconds = serializers.FloatField()
    needs_you = serializers.IntegerField(help_text="How many tracks ask for your word.")


class AccountUsageSerializer(UsageSerializer):
    """What is used. What lies in the bin counts for the quota, and is not among the other figures."""

    bin_tracks = serializers.IntegerField(help_text="How many tracks lie in the bin.")
    bin_bytes = serializers.IntegerField(help_text="How large they are together.")


class AccountSerializer(serializers.Serializer):
    email = serializers.EmailField()
    created_at = serializers.DateTimeField()
    scopes = serializers.ListField(
        child=serializers.CharField(),
        help_text="What this request's token may do: `read`, `write`, `delete`.",
    )
    limits = LimitsSerializer()
    usage = AccountUsageSerializer()


class TokenSerializer(serializers.ModelSerializer):
    """A token; its key is never told again."""

    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiToken
        fields = ["id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]


class ModelCardSerializer(serializers.Serializer):
    """An installed model, and how it did on tracks by artists it had not heard."""

    name = serializers.CharField()
    version = serializers.CharField()
    current = serializers.BooleanField(help_text="Whether it hears new tracks.")
    labels = serializers.ListField(child=serializers.CharField(), help_text="The genres it knows.")
    trained_on = serializers.CharField(help_text="The training data, in words.")
    metrics = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Figures of its model card, such as `accuracy` and `coverage`.",
    )
