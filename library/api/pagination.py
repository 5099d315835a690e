"""Pages that start after a row, not at a number: nothing is skipped or seen twice while tracks come and go.

The cursor holds the last row's values of what the list is sorted by ("keyset" or "seek" pagination; see
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

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
#: What the address of a list in pages may have.
PARAMETERS = frozenset({"cursor", "page_size"})


class Column(NamedTuple):
    """One of the columns that a list is sorted by. Rows without a value come last, whatever the direction."""

    name: str
    descending: bool
    nullable: bool


class KeysetPagination(BasePagination):
    """Pages of a queryset in its own order, which must end in something unique."""

    extra_links: tuple[str, ...] = ()

    page_size_query_param = "page_size"
    #: A cursor says which order was asked for: the values of another order would lead to another place.
    ordering_query_param = "ordering"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.columns = columns_of(queryset)
        self.order = request.query_params.get(self.ordering_query_param, "")
        size = self.page_size(request)
        if cursor := request.query_params.get("cursor"):
            try:
                # What a cursor says is checked by the columns it is compared with.
                queryset = queryset.filter(after(self.columns, self.values_in(cursor)))
                rows = list(queryset[: size + 1])
            except (ValueError, TypeError, InvalidValue, OverflowError) as error:
                raise NotFound("The cursor is not one that this list gave.") from error
        else:
            rows = list(queryset[: size + 1])
        self.page, self.more = rows[:size], len(rows) > size
        return self.page

    def page_size(self, request: Request) -> int:
        """How many rows are asked for: of more than there are on any page, as many as that."""
        asked = request.query_params.get(self.page_size_query_param)
        if not asked:
            return PAGE_SIZE
        if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
            raise ValidationError({self.page_size_query_param: ["Enter a number from 1 on."]})
        # A number of thousands of digits is none that Python reads.
        return min(int(asked.lstrip("0")[:9]), MAX_PAGE_SIZE)

    def values_in(self, cursor: str) -> list[Any]:
        """The last row's values. Raises ValueError when the cursor is none of this list in this order."""
        if not self.order:
            return decode(cursor, len(self.columns))
        *values, order = decode(cursor, len(self.columns) + 1)
        if order != self.order:
            raise ValueError("another order's cursor")
        return values

    def address_after(self, row: Model) -> str:
        """Where the list goes on after a row."""
        return self.address_after_values([getattr(row, column.name) for column in self.columns])

    def address_after_values(self, values: Sequence[Any]) -> str:
        """Where the list goes on after a row that has these values in the columns it is sorted by."""
        values = [*values, self.order] if self.order else values
        return replace_query_param(self.request.build_absolute_uri(), "cursor", encode(values))

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.address_after(self.page[-1]) if self.more else None, "results": data})

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
                "description": "Where the page starts: from `next`.",
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": size,
                "description": "How many rows a page holds.",
            },
        ]


def columns_of(queryset: QuerySet[Any]) -> list[Column]:
    """What a queryset is sorted by: its `order_by`, else its model's ordering."""
    columns = []
    for order in queryset.query.order_by or queryset.model._meta.ordering:
        if isinstance(order, OrderBy):
            assert isinstance(order.expression, F)
            name, descending = order.expression.name, order.descending  # type: ignore[attr-defined]
        else:
            name, descending = str(order).removeprefix("-"), str(order).startswith("-")
        columns.append(Column(name, descending, queryset.model._meta.get_field(name).null))
    return columns


def after(columns: list[Column], values: list[Any]) -> Q:
    """The rows after the one that has these values. Raises ValueError when no row can have them."""
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


def encode(values: Sequence[Any]) -> str:
    # Not Django's encoder for dates: it keeps milliseconds, and rows differ by microseconds.
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Any]:
    """The values in a cursor. Raises ValueError when it holds none, or another number of them."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no cursor") from error
    if not isinstance(values, list) or len(values) != length:
        raise ValueError("another list's cursor")
    if not all(value is None or isinstance(value, str | int | float) for value in values):
        raise ValueError("no values")
    # PostgreSQL keeps no NUL, and refuses to look for one.
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise ValueError("no text that any row has")
    return values
