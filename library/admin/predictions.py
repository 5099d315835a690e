"""Predictions about shared tracks, in words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library.admin.base import ReadOnlyAdminMixin, SharedMusicAdmin
from library.admin.filters import TopGenreFilter
from library.models import Prediction
from library.templatetags.earmark import genre_name, probability_percent
from library.templatetags.staff import prediction_words


class PredictionColumns(admin.options.BaseModelAdmin):
    """What is shown of a prediction. Its timeline is long, so it is never read."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("segments")

    @admin.display(description="Earmark heard", ordering="confidence")
    def words(self, prediction: Prediction) -> str:
        return prediction_words(prediction)

    @admin.display(description="model")
    def model_text(self, prediction: Prediction) -> str:
        return f"{prediction.model_name} {prediction.model_version}"

    @admin.display(description="probabilities")
    def shares(self, prediction: Prediction) -> str:
        return ", ".join(f"{genre_name(genre)} {probability_percent(p)}" for genre, p in prediction.ranking)


class PredictionInline(PredictionColumns, ReadOnlyAdminMixin, admin.TabularInline):
    """All predictions of a track, on its page."""

    model = Prediction
    template = "admin/library/predictions_inline.html"
    fields = readonly_fields = ("words", "model_text", "created_at")
    can_delete = False
    extra = 0


@admin.register(Prediction)
class PredictionAdmin(PredictionColumns, SharedMusicAdmin):
    owner_path = "track__owner"
    list_display = ["track", "words", "model_text", "created_at"]
    list_filter = [TopGenreFilter]
    search_fields = ["track__title", "track__artist", "track__owner__email", "=model_name", "=model_version"]
    search_help_text = (
        "Looks in title, artist and owner of the track; or for a whole name or version of a model."
    )
    list_select_related = ["track"]
    ordering = ["-id"]
    readonly_fields = ("track", "words", "model_text", "shares", "created_at")
    fields = readonly_fields
    # To count all rows as well would double the time.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).filter(track__deleted_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
