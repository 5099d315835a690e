"""The reviewer's desk. It shows; what it changes, it changes through services."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from library import services
from library.files import serve_audio, serve_spectrogram
from library.models import ApiToken, Prediction, Track, User
from library.templatetags.earmark import clock

admin.site.site_header = "Earmark"
admin.site.site_title = "Earmark"
admin.site.index_title = "The reviewer's desk"
admin.site.unregister(Group)


class ReadOnly(admin.options.BaseModelAdmin):
    """Rows that only the site itself writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def with_predictions(collected: tuple[Any, Any, set[str], Any]) -> tuple[Any, Any, set[str], Any]:
    """What a deletion takes with it: predictions go with their track, though nobody may delete one alone."""
    rows, counts, perms_needed, protected = collected
    return rows, counts, perms_needed - {str(Prediction._meta.verbose_name)}, protected


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class UserEditForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    form = UserEditForm
    add_form = UserCreationForm
    ordering = ["email"]
    list_display = ["email", "is_active", "is_staff", "is_superuser", "last_login", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["email"]
    filter_horizontal = ["user_permissions"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        return with_predictions(super().get_deleted_objects(objs, request))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.user_delete(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.user_delete(user=user)


class PredictionInline(ReadOnly, admin.TabularInline):
    model = Prediction
    readonly_fields = ("model_name", "model_version", "label", "top", "confidence", "created_at")
    fields = readonly_fields
    can_delete = False
    show_change_link = True
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("segments")


@admin.register(Track)
class TrackAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["title", "artist", "owner", "status", "counts", "heard", "length", "created_at"]
    list_filter = ["status", "prediction__label", "kind"]
    search_fields = ["title", "artist", "album", "original_name", "owner__email", "=sha256"]
    search_help_text = "Title, artist, album, file name, owner, or the whole SHA-256."
    date_hierarchy = "created_at"
    list_per_page = 50
    # The page on the site is its owner's alone.
    view_on_site = False
    actions = ["analyse_again"]
    inlines = [PredictionInline]
    fieldsets = [
        (None, {"fields": ["title", "artist", "album", "year", "file_genre", "owner", "listen"]}),
        ("Heard", {"fields": ["counts", "heard", "picture"]}),
        ("Analysis", {"fields": ["status", "stage", "error", "attempts", "leased_until", "notices"]}),
        ("File", {"fields": ["original_name", "kind", "file_size", "sha256", "length", "audio"]}),
        ("Dates", {"fields": ["created_at", "updated_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        rows = super().get_queryset(request).select_related("owner", "prediction")
        # The timeline is long, and no list shows it.
        return rows.defer("prediction__segments")

    @admin.display(description="genre", ordering="genre", empty_value="not sure")
    def counts(self, track: Track) -> str | None:
        return track.genre or None

    @admin.display(description="confidence", ordering="confidence")
    def heard(self, track: Track) -> str | None:
        return f"{track.prediction.confidence:.0%} {track.prediction.top}" if track.prediction else None

    @admin.display(ordering="duration")
    def length(self, track: Track) -> str | None:
        return clock(track.duration) or None

    @admin.display(description="size")
    def file_size(self, track: Track) -> str:
        return f"{filesizeformat(track.size)} ({track.size:,} bytes)"

    @admin.display(description="error")
    def error(self, track: Track) -> str | None:
        return f"{track.error_code}: {track.error_message}" if track.error_code else None

    @admin.display(description="listen")
    def listen(self, track: Track) -> SafeString:
        address = reverse("admin:library_track_audio", args=[track.pk])
        return format_html('<audio controls preload="none" src="{}"></audio>', address)

    @admin.display(description="spectrogram")
    def picture(self, track: Track) -> SafeString | None:
        if not track.spectrogram:
            return None
        address = reverse("admin:library_track_spectrogram", args=[track.pk])
        return format_html('<img src="{}" alt="Spectrogram of {}" width="720" height="160">', address, track)

    # A reviewer who may change tracks may have them analysed again; their rows stay the site's.
    def has_reanalyse_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("library.change_track")

    @admin.action(description="Analyse again", permissions=["reanalyse"])
    def analyse_again(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        for track in queryset:
            services.track_analyse_again(track=track)
        messages.success(request, f"Queued {len(queryset)}. What was waiting or being heard is left alone.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], Any]:
        return with_predictions(super().get_deleted_objects(objs, request))

    def delete_model(self, request: HttpRequest, obj: Track) -> None:
        services.track_delete(track=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        for track in queryset:
            services.track_delete(track=track)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:track_id>/audio/", wrap(self.audio_view), name="library_track_audio"),
            path(
                "<uuid:track_id>/spectrogram/", wrap(self.spectrogram_view), name="library_track_spectrogram"
            ),
            *super().get_urls(),
        ]

    def audio_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return serve_audio(request, self._track(request, track_id))

    def spectrogram_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return serve_spectrogram(request, self._track(request, track_id))

    def _track(self, request: HttpRequest, track_id: UUID) -> Track:
        track = get_object_or_404(Track, pk=track_id)
        if not self.has_view_permission(request, track):
            raise PermissionDenied
        return track


@admin.register(Prediction)
class PredictionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["track", "model_name", "model_version", "label", "top", "confidence", "created_at"]
    list_filter = ["model_name", "model_version", "label", "top"]
    search_fields = ["track__title", "track__artist", "track__owner__email"]
    list_select_related = ["track"]
    date_hierarchy = "created_at"
    exclude = ["segments"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        return super().get_queryset(request).defer("segments")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):
    """Deleting a token here revokes it."""

    list_display = ["name", "owner", "hint", "created_at", "last_used_at"]
    search_fields = ["name", "owner__email", "hint"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    fields = ["name", "owner", "hint", "created_at", "last_used_at"]

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        services.token_revoke(token=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            services.token_revoke(token=token)
