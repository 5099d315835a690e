"""The history of a track in the admin: what was heard and said, in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from library import selectors
from library.admin.base import TypedModelAdmin
from library.admin.columns import verdict_genres, verdict_words, who_said
from library.models import Track, Verdict
from library.templatetags.staff import prediction_words


def history_rows(track: Track) -> list[dict[str, Any]]:
    """Predictions and verdicts, newest first: `moment`, `who`, `words`, and when a verdict was undone."""
    history = selectors.genre_history_of(track.owner, track)
    names = verdict_genres(row for row in history if isinstance(row, Verdict))
    return [
        {
            "moment": row.created_at,
            "who": who_said(row) if isinstance(row, Verdict) else f"{row.model_name} {row.model_version}",
            "words": verdict_words(row, names) if isinstance(row, Verdict) else prediction_words(row),
            "undone_at": row.undone_at if isinstance(row, Verdict) else None,
        }
        for row in history
    ]


class TrackHistoryMixin(TypedModelAdmin):
    """Django's page of a row's history, which knows only what the admin did, with the history of the genre."""

    object_history_template = "admin/library/track/object_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["history"] = history_rows(response.context_data["object"])
        return response
