"""Filters of the admin's lists, in words.

Each lists all possible values: to query those in use would take longer than the page itself, and would reveal what is
not shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from classifier.errors import REASONS
from classifier.formats import AUDIO_FORMATS
from library import selectors
from library.admin.base import reviewer_of
from library.genres import BUILTIN_GENRES, UNSURE
from library.models import FileCheck, Track, User, Verdict

#: What is wrong with an original, in a few words.
DAMAGE_WORDS: dict[str, str] = {
    FileCheck.Damage.MISSING: "Missing on the server",
    FileCheck.Damage.SIZE: "Other size than uploaded",
    FileCheck.Damage.CONTENT: "Other content than uploaded",
}
#: Where an effective genre comes from, for people who are not its owner.
SOURCE_WORDS: dict[str, str] = {
    Track.Source.OWNER: "Set by hand",
    Track.Source.LEARNED: "Learned from the owner",
    Track.Source.MODEL: "Heard by Earmark",
    Track.Source.FILE: "From the file",
    Track.Source.NONE: "No genre yet",
}


class FixedChoicesFilter(admin.SimpleListFilter):
    """A filter by one column. `words` says what each value is called."""

    words: Mapping[str, str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


class StatusFilter(FixedChoicesFilter):
    title, parameter_name = "analysis", "status__exact"
    words = {str(status.value): str(status.label) for status in Track.Status}


class ErrorFilter(FixedChoicesFilter):
    title, parameter_name = "reason of a failure", "error_code"
    words = {code: f"Failed: {words}" for code, words in sorted(REASONS.items(), key=lambda row: row[1])}


class DamageFilter(FixedChoicesFilter):
    """Originals that are no longer what was uploaded; also all of them together."""

    title, parameter_name = "damaged original", "file_check__damage"
    words = {"any": "Damaged"} | DAMAGE_WORDS

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset.filter(file_check__damage__in=FileCheck.Damage.values)
        return super().queryset(request, queryset)


class KindFilter(FixedChoicesFilter):
    title, parameter_name = "format", "kind"
    words = {name: audio_format.title for name, audio_format in AUDIO_FORMATS.items()}


class TopGenreFilter(FixedChoicesFilter):
    title, parameter_name = "most probable genre", "top"
    words = BUILTIN_GENRES


class PredictedGenreFilter(admin.SimpleListFilter):
    title = "what Earmark hears"
    parameter_name = "heard"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            *((key, f"Sure of {name.lower()}") for key, name in BUILTIN_GENRES.items()),
            (UNSURE, "Not sure"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        if self.value() == UNSURE:
            return queryset.filter(prediction__isnull=False, prediction__label=None)
        return queryset.filter(prediction__label=self.value()) if self.value() else queryset


class SourceFilter(admin.SimpleListFilter):
    title = "where the genre is from"
    parameter_name = "genre_source__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(source or "none", words) for source, words in SOURCE_WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        value = self.value()
        return queryset.filter(genre_source="" if value == "none" else value) if value else queryset


class NeedsOwnerFilter(admin.SimpleListFilter):
    """Tracks about which their owner is asked at “Needs you”."""

    title = "the owner’s questions"
    parameter_name = "needs_you__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Owner is asked"), ("0", "Owner is not asked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        return queryset.filter(needs_you=self.value() == "1") if self.value() else queryset


class ReviewQueueFilter(admin.SimpleListFilter):
    """The review queue, most doubtful tracks first."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waits for review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> QuerySet[Track]:
        if self.value() != "waiting":
            return queryset
        return selectors.reviewer_queue_of(reviewer_of(request), among=queryset)


class VerdictAuthorFilter(admin.SimpleListFilter):
    title = "who said it"
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Me"), ("reviewers", "Reviewers"), ("owners", "Owners")]

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
        return [("no", "Not undone"), ("yes", "Undone")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> QuerySet[Verdict]:
        return queryset.filter(undone_at__isnull=self.value() == "no") if self.value() else queryset


class SaidGenreFilter(admin.SimpleListFilter):
    """Which genre a verdict names. The names of own genres would tell of libraries that are not shared."""

    title = "what was said"
    parameter_name = "genre"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*BUILTIN_GENRES.items(), ("own", "An own genre"), ("none", "Taken back")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Verdict]) -> QuerySet[Verdict]:
        value = self.value()
        if value == "own":
            return queryset.exclude(genre__in=["", *BUILTIN_GENRES])
        return queryset.filter(genre="" if value == "none" else value) if value else queryset


class ActiveFilter(admin.SimpleListFilter):
    title = "access"
    parameter_name = "is_active__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "May sign in"), ("0", "Disabled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(is_active=self.value() == "1") if self.value() else queryset


class RoleFilter(admin.SimpleListFilter):
    title = "role"
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("staff", "Staff"), ("all", "May do everything"), ("none", "Only their own library")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        roles = {"staff": {"is_staff": True}, "all": {"is_superuser": True}, "none": {"is_staff": False}}
        return queryset.filter(**roles.get(self.value() or "", {}))


class SharingFilter(admin.SimpleListFilter):
    title = "sharing"
    parameter_name = "share_with_reviewers__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Shares with reviewers"), ("0", "Shares nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(share_with_reviewers=self.value() == "1") if self.value() else queryset
