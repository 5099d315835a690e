"""The account, its tokens, and the installed models."""

from __future__ import annotations

from rest_framework import serializers

from library.models import ApiToken


class LimitsSerializer(serializers.Serializer):
    """The limits of an account."""

    upload_bytes = serializers.IntegerField(help_text="The size of the largest file, in bytes.")
    quota_bytes = serializers.IntegerField(help_text="The size of the largest library, in bytes.")
    track_seconds = serializers.IntegerField(help_text="The length of the longest track, in seconds.")


class UsageSerializer(serializers.Serializer):
    """The size of a library."""

    tracks = serializers.IntegerField(help_text="How many tracks it has.")
    bytes = serializers.IntegerField(help_text="The size of their files together.")
    seconds = serializers.FloatField(help_text="How long they play together.")
    needs_you = serializers.IntegerField(help_text="How many tracks need your verdict.")


class AccountUsageSerializer(UsageSerializer):
    """What is used of the limits. Tracks in the bin count towards the quota, but not in the other figures."""

    bin_tracks = serializers.IntegerField(help_text="How many tracks are in the bin.")
    bin_bytes = serializers.IntegerField(help_text="The size of their files together.")


class AccountSerializer(serializers.Serializer):
    """Your account."""

    email = serializers.EmailField(help_text="Your e-mail address.")
    created_at = serializers.DateTimeField(help_text="When the account was created.")
    scopes = serializers.ListField(
        child=serializers.CharField(),
        help_text="What this request's token may do: `read`, `write`, `delete`.",
    )
    limits = LimitsSerializer()
    usage = AccountUsageSerializer()


class TokenSerializer(serializers.ModelSerializer):
    """A token, without its key, which is shown only once."""

    scopes = serializers.ListField(
        child=serializers.CharField(), help_text="What it may do: `read`, `write`, `delete`."
    )

    class Meta:
        model = ApiToken
        fields = ["id", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]


class ModelCardSerializer(serializers.Serializer):
    """An installed model, and its accuracy on tracks by artists that it was not trained on."""

    name = serializers.CharField(help_text="Its name.")
    version = serializers.CharField(help_text="Its version.")
    current = serializers.BooleanField(help_text="Whether it analyses new tracks.")
    labels = serializers.ListField(child=serializers.CharField(), help_text="The genres it can predict.")
    trained_on = serializers.CharField(help_text="What it was trained on, in words.")
    metrics = serializers.DictField(
        child=serializers.FloatField(),
        help_text="The figures of its model card, such as `accuracy` and `coverage`.",
    )
