"""Errors, and responses with only some of their fields."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SparseFieldsMixin:
    """Leaves out all fields but those that `?fields=id,title` names."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        request = self.context.get("request")  # type: ignore[attr-defined]
        wanted = request.GET.get("fields", "") if request is not None and request.method == "GET" else ""
        names = {name.strip() for name in wanted.split(",")} & set(fields)
        # Unknown names are ignored; when none is known, all fields are returned.
        return {name: field for name, field in fields.items() if not names or name in names}


class ErrorSerializer(serializers.Serializer):
    """Why a file was refused or could not be analysed."""

    code = serializers.CharField(help_text="What went wrong, for programs. Codes do not change.")
    message = serializers.CharField(help_text="What went wrong, for people.")


class FieldErrorSerializer(serializers.Serializer):
    """What is wrong with one field of a request."""

    pointer = serializers.CharField(
        help_text="The part of the request, as a JSON pointer (RFC 6901); empty for the whole."
    )
    code = serializers.CharField(help_text="What is wrong, for programs.")
    detail = serializers.CharField(help_text="What is wrong, for people.")


class ProblemSerializer(serializers.Serializer):
    """An error, as problem details (RFC 9457)."""

    type = serializers.CharField(help_text="Where this kind of error is explained.")
    title = serializers.CharField(help_text="The name of the HTTP status.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What went wrong, for people.")
    code = serializers.CharField(help_text="What went wrong, for programs. Codes do not change.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="One entry per wrong field."
    )
