"""Shared tracks and predictions about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.errors import MESSAGES
from classifier.formats import AUDIO_FORMATS
from library import selectors, services
from library.admin.base import ReadOnlyAdminMixin, SharedMusicAdmin, reviewer_of
from library.admin.review import ReviewAdmin
from library.genres import BUILTIN_GENRES, UNSURE
from library.http.shortcuts import message_with_progress, message_with_undo
from library.models import FileCheck, Prediction, Track
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import clock, file_size, track_count_text

#: How many titles the page before a deletion lists; of the others it shows the number.
MAX_DELETION_TITLES = 50


class PredictedGenreFilter(admin.SimpleListFilter):
    """The built-in genres: a list of the labels in use would reveal tracks that are not shared."""

    title = "predicted genre"
    parameter_name = "heard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*BUILTIN_GENRES.items(), (UNSURE, "not sure")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        if self.value() == UNSURE:
            return queryset.filter(prediction__isnull=False, prediction__label=None)
        return queryset.filter(prediction__label=self.value()) if self.value() else queryset


class FixedChoicesFilter(admin.SimpleListFilter):
    """Lists all possible values: to query those in use would take longer than the page itself."""

    values: Collection[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, value) for value in self.values]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class ErrorFilter(FixedChoicesFilter):
    title, parameter_name, values = "error code", "error_code", sorted(MESSAGES)


class DamageFilter(FixedChoicesFilter):
    """Originals that are no longer what was uploaded."""

    title, parameter_name, values = "damaged file", "file_check__damage", FileCheck.Damage.values


class KindFilter(FixedChoicesFilter):
    title, parameter_name, values = "kind", "kind", AUDIO_FORMATS


class TopGenreFilter(FixedChoicesFilter):
    title, parameter_name, values = "most probable genre", "top", BUILTIN_GENRES


class ReviewQueueFilter(admin.SimpleListFilter):
    """The review queue, most doubtful tracks first."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "needs review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        if self.value() != "waiting":
            return queryset
        return selectors.reviewer_queue_of(reviewer_of(request), among=queryset)


class PredictionInline(ReadOnlyAdminMixin, admin.TabularInline):
    model = Prediction
    readonly_fields = ("model_name", "model_version", "label", "top", "confidence", "created_at")
    fields = readonly_fields
    can_delete = False
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("segments")


@admin.register(Track)
class TrackAdmin(ReviewAdmin):
    list_display = [
        "title",
        "artist",
        "owner",
        "status",
        "error",
        "effective_genre",
        "top_prediction",
        "duration_text",
        "created_at",
    ]
    list_filter = [
        ReviewQueueFilter,
        "status",
        ErrorFilter,
        DamageFilter,
        PredictedGenreFilter,
        "genre_source",
        "needs_you",
        KindFilter,
    ]
    search_fields = ["title", "artist", "album", "original_name", "owner__email", "=sha256"]
    search_help_text = "Title, artist, album, file name, owner, or the whole SHA-256."
    list_per_page = 50
    # The track's page on the site is only for its owner.
    view_on_site = False
    actions = ["confirm_genres", "analyse_again"]
    inlines = [PredictionInline]
    fieldsets = [
        (None, {"fields": ["title", "artist", "album", "year", "file_genre", "owner", "audio_player"]}),
        ("Genre", {"fields": ["effective_genre", "genre_source", "top_prediction", "spectrogram_image"]}),
        ("Analysis", {"fields": ["status", "stage", "error", "attempts", "leased_until", "notices"]}),
        (
            "File",
            {"fields": ["original_name", "kind", "file_size", "sha256", "damage", "duration_text", "audio"]},
        ),
        ("Dates", {"fields": ["created_at", "updated_at"]}),
    ]

    def get_list_display(self, request: HttpRequest) -> Any:
        if request.GET.get(ReviewQueueFilter.parameter_name):
            return [
                "title",
                "artist",
                "owner",
                "file_genre",
                "owner_genre",
                "top_prediction",
                "audio_player",
                "spectrogram_image",
            ]
        return self.list_display

    def get_ordering(self, request: HttpRequest) -> Any:
        waiting = request.GET.get(ReviewQueueFilter.parameter_name)
        return ["review_rank", "id"] if waiting else super().get_ordering(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        return selectors.with_prediction(super().get_queryset(request).select_related("owner"))

    @admin.display(description="genre", ordering="genre", empty_value="not sure")
    def effective_genre(self, track: Track) -> str | None:
        return track.genre or None

    @admin.display(description="confidence", ordering="confidence")
    def top_prediction(self, track: Track) -> str | None:
        return f"{track.prediction.confidence:.0%} {track.prediction.top}" if track.prediction else None

    @admin.display(ordering="duration")
    def duration_text(self, track: Track) -> str | None:
        return clock(track.duration) or None

    @admin.display(description="size")
    def file_size(self, track: Track) -> str:
        return f"{file_size(track.size)} ({track.size:,} bytes)"

    @admin.display(description="error", ordering="error_code")
    def error(self, track: Track) -> str | None:
        return f"{track.error_code}: {track.error_message}" if track.error_code else None

    @admin.display(description="damage", empty_value="none known")
    def damage(self, track: Track) -> str | None:
        damage = selectors.damage_of(track)
        return FileCheck.Damage(damage).label if damage else None

    @admin.display(description="listen")
    def audio_player(self, track: Track) -> SafeString:
        address = reverse("admin:library_track_audio", args=[track.pk])
        return format_html('<audio controls preload="none" src="{}"></audio>', address)

    @admin.display(description="spectrogram")
    def spectrogram_image(self, track: Track) -> SafeString | None:
        if not track.spectrogram:
            return None
        address = reverse("admin:library_track_spectrogram", args=[track.pk])
        return format_html(
            '<img src="{}" alt="Spectrogram of {}" width="720" height="160" loading="lazy">', address, track
        )

    @admin.action(description="Confirm genres", permissions=["review"])
    def confirm_genres(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        options = BulkActionOptions(in_background=queryset.count() > MAX_SYNCHRONOUS_TRACKS)
        action = services.genres_set(
            tracks=queryset, person=reviewer_of(request), genre=None, options=options
        )
        if not action.is_finished:
            message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
        elif action.done:
            message_with_undo(request, f"Confirmed {track_count_text(action.done)}.", action)
        if action.skipped:
            messages.info(
                request, f"{action.skipped} left unchanged: they have a verdict already, or no sure genre."
            )

    @admin.action(description="Analyse again", permissions=["review"])
    def analyse_again(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        options = BulkActionOptions(in_background=queryset.count() > MAX_SYNCHRONOUS_TRACKS)
        action = services.tracks_analyse_again(tracks=queryset, person=reviewer_of(request), options=options)
        if not action.is_finished:
            message_with_progress(request, f"{action.summary}: working on {track_count_text(action.total)}.")
            return
        messages.success(
            request,
            f"Queued {action.done}. Tracks that were already waiting or being analysed are left unchanged.",
        )

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


@admin.register(Prediction)
class PredictionAdmin(SharedMusicAdmin):
    owner_path = "track__owner"
    list_display = ["track", "model_name", "model_version", "label", "top", "confidence", "created_at"]
    list_filter = [TopGenreFilter]
    search_fields = ["track__title", "track__artist", "track__owner__email", "=model_name", "=model_version"]
    list_select_related = ["track"]
    ordering = ["-id"]
    exclude = ["segments"]
    # To count all rows as well would double the time.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).filter(track__deleted_at=None).defer("segments")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
