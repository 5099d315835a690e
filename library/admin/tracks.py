"""Shared tracks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from library import selectors, services
from library.admin.actions import TrackActions
from library.admin.base import reviewer_of
from library.admin.columns import TrackColumns, has_strip, with_list_columns
from library.admin.filters import (
    DamageFilter,
    ErrorFilter,
    KindFilter,
    NeedsOwnerFilter,
    PredictedGenreFilter,
    ReviewQueueFilter,
    SourceFilter,
    StatusFilter,
)
from library.admin.history import TrackHistoryMixin
from library.admin.predictions import PredictionInline
from library.admin.review import ReviewAdmin
from library.models import Track

#: How many titles the page before a deletion lists; of the others it shows the number.
MAX_DELETION_TITLES = 50


@admin.register(Track)
class TrackAdmin(TrackActions, TrackHistoryMixin, TrackColumns, ReviewAdmin):
    list_display = [
        "cover_image",
        "name",
        "owner",
        "effective_genre",
        "top_prediction",
        "verdicts_given",
        "duration_text",
        "added",
    ]
    list_display_links = ["name"]
    list_filter = [
        ReviewQueueFilter,
        StatusFilter,
        ErrorFilter,
        DamageFilter,
        PredictedGenreFilter,
        SourceFilter,
        NeedsOwnerFilter,
        KindFilter,
    ]
    search_fields = ["title", "artist", "album", "original_name", "owner__email", "=sha256"]
    search_help_text = "Looks in title, artist, album, file name and owner; or for a whole SHA-256."
    list_per_page = 50
    # The track's page on the site is only for its owner.
    view_on_site = False
    inlines = [PredictionInline]
    fieldsets = [
        (
            None,
            {"fields": ["title", "artist", "album", "year", "owner"]},
        ),
        ("Genre", {"fields": ["effective_genre", "top_prediction", "file_genre", "verdicts_given"]}),
        ("Analysis", {"fields": ["state", "attempts", "leased_until", "remarks"]}),
        ("File", {"fields": ["file_text", "audio_text", "duration_text", "sha256", "damage"]}),
        ("Dates", {"fields": ["created_at", "updated_at"]}),
    ]

    def get_list_display(self, request: HttpRequest) -> Any:
        if request.GET.get(ReviewQueueFilter.parameter_name):
            return [
                "cover_image",
                "name",
                "owner",
                "file_genre",
                "verdict_genre",
                "top_prediction",
                "audio_player",
                "spectrogram_image",
            ]
        return self.list_display

    def with_list_columns(self, rows: Iterable[Track]) -> list[Track]:
        return with_list_columns(rows)

    def get_ordering(self, request: HttpRequest) -> Any:
        waiting = request.GET.get(ReviewQueueFilter.parameter_name)
        return ["review_rank", "id"] if waiting else super().get_ordering(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        return selectors.with_prediction(super().get_queryset(request).select_related("owner"))

    def get_fieldsets(self, request: HttpRequest, obj: Track | None = None) -> Any:
        """The strip has player and spectrogram; a track that has none can at least be heard."""
        if obj is None or has_strip(obj):
            return self.fieldsets
        (name, options), *others = self.fieldsets
        return [(name, {"fields": [*options["fields"], "audio_player"]}), *others]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Track | None = None,
    ) -> HttpResponse:
        if obj is not None and has_strip(obj):
            context |= {"strip_track": obj, "genres": selectors.genre_names_of(obj.owner)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The first tracks by title, and the number of all."""
        tracks = self.get_queryset(request).filter(pk__in=[track.pk for track in objs])
        count = tracks.count()
        named = [f"{track} ({track.owner})" for track in tracks[:MAX_DELETION_TITLES]]
        if count > MAX_DELETION_TITLES:
            named.append(f"and {count - MAX_DELETION_TITLES:,} more")
        allowed = self.has_delete_permission(request)
        what = f"tracks, to their owner’s bin for {settings.EARMARK_BIN_DAYS} days"
        return named, {what: count}, set() if allowed else {"track"}, []

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Track]) -> list[LogEntry]:
        # The log stays after an owner stops sharing, so it names the owner, and no title.
        kind = ContentType.objects.get_for_model(Track)
        return LogEntry.objects.bulk_create(
            LogEntry(
                user=reviewer_of(request),
                content_type=kind,
                object_id=str(track.pk),
                object_repr=f"A track of {track.owner}"[:200],
                action_flag=DELETION,
            )
            for track in queryset
        )

    def delete_model(self, request: HttpRequest, obj: Track) -> None:
        self.delete_queryset(request, Track.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        services.tracks_delete(tracks=queryset, person=reviewer_of(request))
