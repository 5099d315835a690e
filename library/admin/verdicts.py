"""Verdicts on shared tracks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library import selectors
from library.admin.base import SharedMusicAdmin, reviewer_of
from library.models import User, Verdict


class VerdictAuthorFilter(admin.SimpleListFilter):
    title = "said by"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "me"), ("reviewers", "reviewers"), ("owners", "owners")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> QuerySet[Verdict]:
        if self.value() == "mine":
            return queryset.filter(person=reviewer_of(request))
        if self.value() == "owners":
            return queryset.filter(selectors.BY_OWNER)
        return queryset.exclude(selectors.BY_OWNER) if self.value() == "reviewers" else queryset


class UndoneFilter(admin.SimpleListFilter):
    title = "undone"
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "not undone"), ("yes", "undone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> QuerySet[Verdict]:
        return queryset.filter(undone_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Verdict)
class VerdictAdmin(SharedMusicAdmin):
    owner_path = "track__owner"
    list_display = ["created_at", "who", "track", "change", "model_prediction", "undone_at"]
    list_display_links = ["created_at"]
    list_filter = [VerdictAuthorFilter, UndoneFilter, "genre"]
    search_fields = ["person__email", "track__title", "track__artist", "track__owner__email"]
    search_help_text = "Person, title, artist, or the track's owner."
    list_select_related = ["person", "track", "track__owner"]
    list_per_page = 50
    date_hierarchy = "created_at"
    readonly_fields = ("created_at", "who", "track", "change", "model_prediction", "undone_at")
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verdict]:
        return super().get_queryset(request).filter(track__deleted_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="said by", ordering="person__email")
    def who(self, verdict: Verdict) -> str:
        person: User | None = verdict.person
        if person is None:
            return "deleted account"
        return f"{person} (owner)" if person.pk == verdict.track.owner_id else str(person)

    @admin.display(description="change")
    def change(self, verdict: Verdict) -> str:
        return str(verdict)

    @admin.display(description="prediction", ordering="heard")
    def model_prediction(self, verdict: Verdict) -> str | None:
        if not verdict.heard:
            return None
        return verdict.heard if verdict.sure else f"not sure ({verdict.heard})"
