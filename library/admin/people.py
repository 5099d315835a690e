"""Accounts and their tokens. Shows how much music an account has, never which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest

from library import selectors, services
from library.admin.base import CheckedRequestsMixin, ReadOnlyAdminMixin
from library.http.forms import validate_email_address
from library.models import ApiToken, User


class UserCreationForm(AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        validate_email_address(self.cleaned_data["email"])
        return str(self.cleaned_data["email"]).lower()


class UserEditForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def clean_email(self) -> str:
        validate_email_address(self.cleaned_data["email"])
        return str(self.cleaned_data["email"]).lower()


@admin.register(User)
class UserAdmin(CheckedRequestsMixin, DjangoUserAdmin):
    form = UserEditForm
    add_form = UserCreationForm
    ordering = ["email"]
    list_display = [
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "share_with_reviewers",
        "last_login",
        "date_joined",
    ]
    list_filter = ["is_staff", "is_superuser", "is_active", "share_with_reviewers"]
    search_fields = ["email"]
    filter_horizontal = ["user_permissions"]
    # Only owners decide whether reviewers may see their tracks.
    readonly_fields = ["share_with_reviewers", "allow_training", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "user_permissions"]}),
        ("Sharing", {"fields": ["share_with_reviewers", "allow_training"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(deletion_progress_at=None)

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
        allowed = request.user.has_perm("library.delete_track") or not tracks
        return [person.email for person in people], counts, set() if allowed else {"track"}, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.user_delete(user=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.user_delete(user=user)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdminMixin, CheckedRequestsMixin):
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
