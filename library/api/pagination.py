"""Pages that start after a row, not at an offset: no row is skipped or repeated while others come and go.

The cursor holds the last row's values of the columns that the list is sorted by ("keyset" or "seek" pagination; see
M. Winand, "We need tool support for keyset pagination", use-the-index-luke.com/no-offset). A late page costs no
more than the first.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as InvalidValue
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from library.text import whole_number

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
#: The query parameters of a list in pages.
PAGINATION_PARAMETERS = frozenset({"cursor", "page_size"})


class OrderColumn(NamedTuple):
    """A column that a list is sorted by. Rows without a value come last, whatever the direction."""

    name: str
    descending: bool
    nullable: bool


class KeysetPagination(BasePagination):
    """Pages of a queryset in its own order, which must end with a unique column."""

    extra_links: tuple[str, ...] = ()

    page_size_query_param = "page_size"
    #: A cursor holds the order too, because its values mean nothing in another order.
    ordering_query_param = "ordering"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.columns = order_columns(queryset)
        self.order = request.query_params.get(self.ordering_query_param, "")
        size = self.page_size(request)
        if cursor := request.query_params.get("cursor"):
            try:
                # The columns that the cursor's values are compared with check those values.
                queryset = queryset.filter(rows_after(self.columns, self.cursor_values(cursor)))
                rows = list(queryset[: size + 1])
            except (ValueError, TypeError, InvalidValue, OverflowError) as error:
                raise NotFound("The cursor does not belong to this list.") from error
        else:
            rows = list(queryset[: size + 1])
        self.page, self.has_more = rows[:size], len(rows) > size
        return self.page

    def page_size(self, request: Request) -> int:
        """The requested page size, at most MAX_PAGE_SIZE. Raises ValidationError for other than positive numbers."""
        asked = request.query_params.get(self.page_size_query_param)
        if not asked:
            return PAGE_SIZE
        if size := whole_number(asked, most=MAX_PAGE_SIZE):
            return size
        raise ValidationError({self.page_size_query_param: ["Enter a number of at least 1."]})

    def cursor_values(self, cursor: str) -> list[Any]:
        """The last row's values. Raises ValueError when the cursor is not one of this list in this order."""
        if not self.order:
            return decode_cursor(cursor, len(self.columns))
        *values, order = decode_cursor(cursor, len(self.columns) + 1)
        if order != self.order:
            raise ValueError("another order's cursor")
        return values

    def url_after(self, row: Model) -> str:
        """The URL of the page that starts after a row."""
        return self.url_after_values([getattr(row, column.name) for column in self.columns])

    def url_after_values(self, values: Sequence[Any]) -> str:
        """The URL of the page that starts after a row with these values in the columns that the list is sorted by."""
        values = [*values, self.order] if self.order else values
        return replace_query_param(self.request.build_absolute_uri(), "cursor", encode_cursor(values))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.url_after(self.page[-1]) if self.has_more else None, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = "https://music.example.org/api/v1/tracks/?cursor=WyIyMDI2Il0"
        links = {name: {"type": "string", "format": "uri", "example": address} for name in self.extra_links}
        following = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["next", *links, "results"],
            "properties": {
                "next": following,
                **links,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "Where the page starts; taken from `next`.",
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": size,
                "description": "The number of results per page.",
            },
        ]


def order_columns(queryset: QuerySet[Any]) -> list[OrderColumn]:
    """The columns that a queryset is sorted by: its `order_by`, else its model's ordering."""
    columns = []
    for order in queryset.query.order_by or queryset.model._meta.ordering:
        if isinstance(order, OrderBy):
            assert isinstance(order.expression, F)
            name, descending = order.expression.name, order.descending  # type: ignore[attr-defined]
        else:
            name, descending = str(order).removeprefix("-"), str(order).startswith("-")
        columns.append(OrderColumn(name, descending, queryset.model._meta.get_field(name).null))
    return columns


def rows_after(columns: list[OrderColumn], values: list[Any]) -> Q:
    """The condition for rows after the one with these values. Raises ValueError when no row can have them."""
    beyond = Q(pk__in=[])
    same = Q()
    for column, value in zip(columns, values, strict=True):
        if value is None and not column.nullable:
            raise ValueError("a column that always has a value")
        if value is not None:
            further = Q(**{f"{column.name}__{'lt' if column.descending else 'gt'}": value})
            if column.nullable:
                further |= Q(**{f"{column.name}__isnull": True})
            beyond |= same & further
            same &= Q(**{column.name: value})
        else:
            same &= Q(**{f"{column.name}__isnull": True})
    return beyond


def encode_cursor(values: Sequence[Any]) -> str:
    # Not Django's encoding of dates: it cuts them to milliseconds, while rows differ by microseconds.
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """The values in a cursor. Raises ValueError when it does not hold `length` of them."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no cursor") from error
    if not isinstance(values, list) or len(values) != length:
        raise ValueError("another list's cursor")
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise ValueError("no values")
    # PostgreSQL cannot store NUL characters, and refuses to compare with them.
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise ValueError("no text that any row has")
    return values
