"""Errors, and answers with only some of their fields."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class SparseMixin:
    """`?fields=id,title` leaves out everything else."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        request = self.context.get("request")  # type: ignore[attr-defined]
        wanted = request.GET.get("fields", "") if request is not None and request.method == "GET" else ""
        names = {name.strip() for name in wanted.split(",")} & set(fields)
        # Names that are none are left out of account; without a single one that is, everything is told.
        return {name: field for name, field in fields.items() if not names or name in names}


class ErrorSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="For people.")


class FieldErrorSerializer(serializers.Serializer):
    pointer = serializers.CharField(
        help_text="Which part of the request, as JSON pointer (RFC 6901); empty for the whole of it."
    )
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField(help_text="Where this kind of error is explained.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong, for people.")
    code = serializers.CharField(help_text="What went wrong, for programs: stable.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="One entry per wrong field."
    )
