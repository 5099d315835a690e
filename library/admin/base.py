"""What the desk's pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from library import selectors
from library.models import User

if TYPE_CHECKING:
    TypedModelAdmin = admin.ModelAdmin[Any]
else:
    TypedModelAdmin = admin.ModelAdmin


def reviewer_of(request: HttpRequest) -> User:
    """Who is at the desk: the admin lets nobody in who is not signed in."""
    return cast(User, request.user)


class ReadOnlyAdminMixin(admin.options.BaseModelAdmin):
    """Rows that only the site itself writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SharedMusicAdmin(ReadOnlyAdminMixin, TypedModelAdmin):
    """Rows about people's music, of those who share it. What is not shared is the same 404 as what is not there."""

    #: How a row leads to the owner of the music.
    owner_path = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).filter(selectors.visible_to(reviewer_of(request), self.owner_path))
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        # Rights first: without them, the answer must not depend on what there is.
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found
