"""Covers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from library.models import Cover
from library.models.albums import COVER_SIZES


class CoverColoursSerializer(serializers.Serializer):
    """Colours for a page that shows a cover."""

    background = serializers.CharField(help_text="`#rrggbb`; white text can be read on it.")
    accent = serializers.CharField(help_text="`#rrggbb`; it can be read on the background.")


class CoverSerializer(serializers.ModelSerializer):
    """A cover: square WebP pictures. Another picture has another id, so that pictures may be kept for ever."""

    small = serializers.SerializerMethodField(help_text="URL of the picture of up to 96 pixels.")
    medium = serializers.SerializerMethodField(help_text="URL of the picture of up to 320 pixels.")
    large = serializers.SerializerMethodField(help_text="URL of the picture of up to 1000 pixels.")
    colours = serializers.SerializerMethodField(help_text="Null if they are not known.")

    class Meta:
        model = Cover
        fields = ["id", *COVER_SIZES, "colours"]

    def get_small(self, cover: Cover) -> str:
        return self._url(cover, "small")

    def get_medium(self, cover: Cover) -> str:
        return self._url(cover, "medium")

    def get_large(self, cover: Cover) -> str:
        return self._url(cover, "large")

    @extend_schema_field(CoverColoursSerializer(allow_null=True))
    def get_colours(self, cover: Cover) -> dict[str, Any] | None:
        return cover.colours or None

    def _url(self, cover: Cover, size: str) -> str:
        return reverse("v1:cover", args=[cover.pk, size], request=self.context.get("request"))


class PictureSerializer(serializers.Serializer):
    """A picture file."""

    file = serializers.FileField(
        allow_empty_file=True, help_text="A JPEG, PNG, WebP or GIF file of up to 10 MB."
    )
