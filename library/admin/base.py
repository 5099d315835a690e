"""Base classes of the admin's pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst

from library import selectors
from library.models import User

if TYPE_CHECKING:
    TypedModelAdmin = admin.ModelAdmin[Any]
else:
    TypedModelAdmin = admin.ModelAdmin


def reviewer_of(request: HttpRequest) -> User:
    """The reviewer: the admin requires a login, so this is always a user."""
    return cast(User, request.user)


class ListColumns(Protocol):
    """An admin that completes the rows of a page: each with what its columns need."""

    def with_list_columns(self, rows: Iterable[Any]) -> list[Any]: ...


class PageChangeList(ChangeList):
    """A list whose admin completes the rows of the page shown, with queries for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        admin = cast(ListColumns, self.model_admin)
        self.result_list = admin.with_list_columns(self.result_list)


class CheckedRequestsMixin(TypedModelAdmin):
    """Django's admin for selections of any size, and for requests that its own pages do not send.

    The page that asks before a deletion sends all ids in one field, `selected_ids`. What is no id is left out.
    """

    #: The heading of the list, if not the model's name.
    list_title = ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            form = request.POST.copy()
            together = form.get("selected_ids")
            ids = together.split(",") if together else form.getlist(ACTION_CHECKBOX_NAME)
            form.setlist(ACTION_CHECKBOX_NAME, [key for key in ids if self._is_id(key)])
            request.POST = form  # type: ignore[assignment]
        title = {"title": self.list_title or capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        found: Model | None = super().get_object(request, object_id, from_field or None)
        return found

    def _is_id(self, key: str) -> bool:
        try:
            return self.model._meta.pk.to_python(key) is not None
        except ValidationError:
            return False


class ReadOnlyAdminMixin(admin.options.BaseModelAdmin):
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SharedMusicAdmin(ReadOnlyAdminMixin, CheckedRequestsMixin):
    """Rows about shared music. Rows that are not shared answer 404, like rows that do not exist."""

    #: The path of lookups from a row to the owner of the music.
    owner_path = "owner"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PageChangeList

    def with_list_columns(self, rows: Iterable[Any]) -> list[Any]:
        """The rows of a page, each with what its columns need."""
        return list(rows)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).filter(selectors.visible_to(reviewer_of(request), self.owner_path))
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model:
        # Check rights first: without them, the answer must not depend on which rows exist.
        if not self.has_view_permission(request):
            raise PermissionDenied
        found: Model | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found
