"""Accounts. Shows how much music an account has, never which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse

from library import selectors, services
from library.admin.base import CheckedRequestsMixin, PageChangeList, reviewer_of
from library.admin.filters import ActiveFilter, RoleFilter, SharingFilter
from library.admin.people_forms import InvitationForm, UserCreationForm, UserEditForm
from library.models import User
from library.text import file_size, track_count_text


@admin.register(User)
class UserAdmin(CheckedRequestsMixin, DjangoUserAdmin):
    """Accounts. Only superusers change the accounts and rights of staff; nobody their own access."""

    list_title = "People"
    form = UserEditForm
    add_form = UserCreationForm
    ordering = ["email"]
    list_display = ["email", "access", "role", "sharing", "stored", "last_login", "date_joined"]
    list_filter = [ActiveFilter, RoleFilter, SharingFilter]
    search_fields = ["email"]
    search_help_text = "Looks in the email address."
    actions = ["disable", "enable"]
    filter_horizontal = ["user_permissions"]
    fieldsets = [
        (None, {"fields": ["email", "password", "stored", "quota_bytes"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        ("Sharing", {"fields": ["share_with_reviewers", "allow_training"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]

    def get_urls(self) -> list[URLPattern]:
        invite = path("invite/", self.admin_site.admin_view(self.invite_view), name="library_user_invite")
        return [invite, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(deletion_progress_at=None)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PageChangeList

    def with_list_columns(self, rows: Iterable[User]) -> list[User]:
        people = list(rows)
        sizes = selectors.stored_sizes_of(people)
        for person in people:
            vars(person)["stored_size"] = sizes.get(person.pk, (0, 0))
        return people

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and _may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_manage(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        # Only owners decide whether reviewers may see their tracks.
        fields = ["share_with_reviewers", "allow_training", "last_login", "date_joined", "stored"]
        if not reviewer_of(request).is_superuser:
            fields += ["is_staff", "is_superuser", "user_permissions"]
        return fields + ["is_active"] * (obj == request.user)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Who may change nothing reads the quota beside what is stored."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        (name, options), *others = self.fieldsets
        return [(name, {"fields": [field for field in options["fields"] if field != "quota_bytes"]}), *others]

    @admin.display(description="access", ordering="is_active")
    def access(self, person: User) -> str:
        return "May sign in" if person.is_active else "Disabled"

    @admin.display(description="role", ordering="is_staff", empty_value="")
    def role(self, person: User) -> str | None:
        if person.is_superuser:
            return "May do everything"
        return "Staff" if person.is_staff else None

    @admin.display(description="shares with reviewers", ordering="share_with_reviewers")
    def sharing(self, person: User) -> str:
        return "Yes" if person.share_with_reviewers else "No"

    @admin.display(description="library")
    def stored(self, person: User) -> str:
        if "stored_size" not in vars(person):
            self.with_list_columns([person])
        count, size = vars(person)["stored_size"]
        return f"{track_count_text(count)}, {file_size(size)} of {file_size(selectors.quota_of(person))}"

    @admin.action(description="Disable", permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, active=False)

    @admin.action(description="Enable again", permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._set_active(request, queryset, active=True)

    def _set_active(self, request: HttpRequest, queryset: QuerySet[User], *, active: bool) -> None:
        chosen = queryset.count()
        people = queryset.exclude(pk=reviewer_of(request).pk)
        if not reviewer_of(request).is_superuser:
            people = people.filter(is_staff=False, is_superuser=False)
        changed = services.users_set_active(users=people, active=active)
        word = "Enabled" if active else "Disabled"
        if changed:
            shut_out = " They are signed out, and their tokens and players have no access. Their music stays."
            after = "" if active else shut_out
            messages.success(request, f"{word} {_accounts(changed)}.{after}")
        if left := chosen - changed:
            why = f"{word.lower()} already, your own, or of staff whom only a superuser manages"
            messages.info(request, f"{_accounts(left)} left unchanged: {why}.")

    def invite_view(self, request: HttpRequest) -> HttpResponse:
        """Make a link with which somebody can sign up, also where signing up is closed. It is shown, and not sent."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InvitationForm(request.POST or None)
        context = {
            **self.admin_site.each_context(request),
            "title": "Invite somebody",
            "opts": self.opts,
            "form": form,
            "days": services.INVITATION_DAYS,
        }
        if form.is_valid():
            key = services.invitation_key(email=form.cleaned_data["email"])
            context["email"] = form.cleaned_data["email"]
            context["link"] = request.build_absolute_uri(reverse("signup_finish", args=[key]))
        return render(request, "admin/library/user/invite.html", context)

    def get_deleted_objects(
        self, objs: Iterable[User], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What is deleted with these accounts, in numbers: titles are only for people who may see the tracks."""
        people = list(objs)
        contents = selectors.account_contents_of(*people)
        counts = {"accounts": len(people)}
        counts |= {name: contents[name] for name in ("tracks", "playlists", "tags", "genres", "tokens")}
        counts["tracks in the bin"] = contents["bin_tracks"]
        tracks = contents["tracks"] + contents["bin_tracks"]
        lacking = set() if request.user.has_perm("library.delete_track") or not tracks else {"track"}
        if not all(_may_manage(request, person) for person in people):
            lacking.add("account of staff")
        return [person.email for person in people], counts, lacking, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.user_delete(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.user_delete(user=user)


def _may_manage(request: HttpRequest, person: User | None) -> bool:
    """Whether somebody may change this account: those of staff are for superusers."""
    return reviewer_of(request).is_superuser or person is None or not (person.is_staff or person.is_superuser)


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"
