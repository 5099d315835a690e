"""What a selection of tracks has in common: for editing them together."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from library.models import Track
from library.models.tracks import EDITABLE_FIELDS


def common_values(tracks: QuerySet[Track]) -> dict[str, Any]:
    """The editable fields of which all of these tracks have the same value; those with several are left out."""
    compared = [field for field in EDITABLE_FIELDS if field != "compilation"]
    totals: dict[str, Any] = {f"{field}_count": Count(field) for field in compared}
    totals |= {f"{field}_min": Min(field) for field in compared}
    totals |= {f"{field}_max": Max(field) for field in compared}
    found = tracks.order_by().aggregate(
        all=Count("pk"), compilations=Count("pk", filter=Q(compilation=True)), **totals
    )
    values = {
        field: found[f"{field}_min"]
        for field in compared
        if found[f"{field}_min"] == found[f"{field}_max"] and found[f"{field}_count"] in (0, found["all"])
    }
    if found["compilations"] in (0, found["all"]):
        values["compilation"] = bool(found["compilations"])
    return values


def values_among(tracks: QuerySet[Track], field: str, most: int) -> list[Any]:
    """Up to this many values that a field has on these tracks, without empty ones, in their order."""
    named = tracks.order_by(field).exclude(**{field: None}).values_list(field, flat=True).distinct()
    return [value for value in named[: most + 1] if value != ""][:most]
