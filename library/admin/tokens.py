"""API tokens of all people: who has which, never the key."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from library import services
from library.admin.base import CheckedRequestsMixin, ReadOnlyAdminMixin
from library.models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdminMixin, CheckedRequestsMixin):
    """Deleting a token here revokes it."""

    list_display = ["name", "owner", "hint", "may", "expires_at", "last_used_at", "created_at"]
    search_fields = ["name", "owner__email", "hint"]
    search_help_text = "Looks in name, owner and first characters of the token."
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    fields = ["name", "owner", "hint", "may", "expires_at", "created_at", "last_used_at"]
    readonly_fields = ["may"]

    @admin.display(description="may")
    def may(self, token: ApiToken) -> str:
        return ", ".join(["read", *["add and change"] * token.may_write, *["delete"] * token.may_delete])

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        services.token_revoke(token=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            services.token_revoke(token=token)
