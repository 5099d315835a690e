"""Verdicts on shared tracks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library.admin.base import SharedMusicAdmin
from library.admin.columns import NOTHING, verdict_genres, verdict_words, who_said
from library.admin.filters import SaidGenreFilter, UndoneFilter, VerdictAuthorFilter
from library.genres import BUILTIN_GENRES
from library.models import Verdict


@admin.register(Verdict)
class VerdictAdmin(SharedMusicAdmin):
    owner_path = "track__owner"
    list_display = ["created_at", "who", "track", "change", "model_prediction", "undone_at"]
    list_display_links = ["created_at"]
    list_filter = [VerdictAuthorFilter, UndoneFilter, SaidGenreFilter]
    search_fields = ["person__email", "track__title", "track__artist", "track__owner__email"]
    search_help_text = "Looks in the person, and in title, artist and owner of the track."
    list_select_related = ["person", "track", "track__owner"]
    list_per_page = 50
    date_hierarchy = "created_at"
    readonly_fields = ("created_at", "who", "track", "change", "model_prediction", "undone_at")
    fields = readonly_fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Verdict]:
        return super().get_queryset(request).filter(track__deleted_at=None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def with_list_columns(self, rows: Iterable[Verdict]) -> list[Verdict]:
        verdicts = list(rows)
        names = verdict_genres(verdicts)
        for verdict in verdicts:
            vars(verdict)["words"] = verdict_words(verdict, names)
        return verdicts

    @admin.display(description="said by", ordering="person__email")
    def who(self, verdict: Verdict) -> str:
        return who_said(verdict)

    @admin.display(description="verdict")
    def change(self, verdict: Verdict) -> str:
        if "words" not in vars(verdict):
            self.with_list_columns([verdict])
        words: str = vars(verdict)["words"]
        return words[:1].upper() + words[1:]

    @admin.display(description="Earmark heard", ordering="heard")
    def model_prediction(self, verdict: Verdict) -> str:
        if not verdict.heard:
            return NOTHING
        heard = BUILTIN_GENRES.get(verdict.heard, verdict.heard).lower()
        return f"Sure of {heard}" if verdict.sure else f"Not sure: {heard}"
