"""The first page of the admin, and predictions in words."""

from __future__ import annotations

import shutil

from django import template
from django.conf import settings
from django.template import Context

from classifier.errors import REASONS
from library.models import Prediction
from library.selectors.staff import StaffOverview, staff_overview_for
from library.services.disk_space import free_bytes, uploads_have_room
from library.templatetags.earmark import genre_name, probability_percent

register = template.Library()


@register.simple_tag(takes_context=True)
def staff_overview(context: Context) -> StaffOverview | None:
    """What needs staff, for those who may see shared tracks."""
    user = context["request"].user
    return staff_overview_for(user) if user.has_perm("library.view_track") else None


@register.simple_tag
def disk_state() -> dict[str, int | bool]:
    """The disk of the data folder: bytes that are `free` for the site, of `total`, and whether uploads have `room`."""
    total = shutil.disk_usage(settings.DATA_DIR).total
    return {"free": free_bytes(), "total": total, "room": uploads_have_room()}


@register.filter
def failure_reason(code: str) -> str:
    """An error code in a few words."""
    return REASONS.get(code, code)


@register.filter
def prediction_words(prediction: Prediction) -> str:
    """What a model heard: "Sure of jazz, 70 %" or "Not sure: jazz, 31 %"."""
    start = "Sure of" if prediction.label else "Not sure:"
    return f"{start} {genre_name(prediction.top).lower()}, {probability_percent(prediction.confidence)}"
