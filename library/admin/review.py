"""Pages for reviewers in the look of the site: the review queue, agreement, failures, and files of tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from classifier.errors import MESSAGES
from library import selectors, services
from library.admin.base import SharedMusicAdmin, reviewer_of
from library.http.review_queue import ReviewQueueUrls, review_queue_context
from library.http.shortcuts import PAGE_SIZE, redirect_back
from library.http.types import AuthenticatedRequest
from library.models import Track
from library.outgoing.files import playable_audio, serve_peaks, serve_spectrogram, serve_timeline
from library.services.bulk_action_requests import MAX_SYNCHRONOUS_TRACKS
from library.services.bulk_actions import BulkActionOptions
from library.text import track_count_text

REVIEWER_QUEUE_URLS = ReviewQueueUrls(
    page="admin:library_track_review",
    verdict="admin:library_track_verdict",
    undo="admin:library_track_verdict_undo",
    track="admin:library_track_change",
    file_url_prefix="admin:library_track_",
    of_others=True,
)


class ReviewAdmin(SharedMusicAdmin):
    """Adds the reviewers' pages and the files of shared tracks to the admin of tracks."""

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, str, Callable[..., HttpResponseBase]]] = [
            ("review/", "review", self.review_view),
            ("agreement/", "agreement", self.agreement_view),
            ("failed/", "failed", self.failed_view),
            ("failed/again/", "reanalyse_failed", require_POST(self.reanalyse_failed_view)),
            ("<uuid:track_id>/say/", "verdict", require_POST(self.verdict_view)),
            ("<uuid:track_id>/unsay/", "verdict_undo", require_POST(self.verdict_undo_view)),
            ("<uuid:track_id>/again/", "reanalyse", require_POST(self.reanalyse_view)),
            ("<uuid:track_id>/audio/", "audio", self.audio_view),
            ("<uuid:track_id>/spectrogram/", "spectrogram", self.spectrogram_view),
            ("<uuid:track_id>/peaks/", "peaks", self.peaks_view),
            ("<uuid:track_id>/timeline/", "timeline", self.timeline_view),
        ]
        wrap = self.admin_site.admin_view
        own = [path(address, wrap(view), name=f"library_track_{name}") for address, name, view in pages]
        return [*own, *super().get_urls()]

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Whether the reviewer may give verdicts and have tracks analysed again: those who may change tracks."""
        return request.user.has_perm("library.change_track")

    def review_view(self, request: HttpRequest) -> HttpResponse:
        asked = self._authorised_request(request)
        context = review_queue_context(asked, selectors.reviewer_queue_of(asked.user), REVIEWER_QUEUE_URLS)
        return render(request, "review/queue.html", context)

    def verdict_view(self, request: HttpRequest, track_id: UUID) -> HttpResponse:
        track = self._track(request, track_id, to_review=True)
        services.genre_set(track=track, person=reviewer_of(request), genre=request.POST.get("genre", ""))
        return redirect_back(cast(AuthenticatedRequest, request), REVIEWER_QUEUE_URLS.page)

    def verdict_undo_view(self, request: HttpRequest, track_id: UUID) -> HttpResponse:
        track = self._track(request, track_id, to_review=True)
        services.genre_undo(track=track, person=reviewer_of(request))
        return redirect_back(cast(AuthenticatedRequest, request), REVIEWER_QUEUE_URLS.page)

    def agreement_view(self, request: HttpRequest) -> HttpResponse:
        reviewer = self._authorised_request(request).user
        return render(
            request, "review/agreement.html", {"agreement": selectors.agreement_visible_to(reviewer)}
        )

    def failed_view(self, request: HttpRequest) -> HttpResponse:
        reviewer = self._authorised_request(request).user
        failed = selectors.failed_tracks_visible_to(reviewer)
        rows = failed.order_by().values_list("error_code").annotate(count=Count("pk"))
        return render(
            request,
            "review/failed.html",
            {
                "page": Paginator(failed, PAGE_SIZE).get_page(request.GET.get("page")),
                "reasons": _with_messages(rows.order_by("-count", "error_code")),
                "unshared": _with_messages(selectors.unshared_failure_counts(reviewer)),
            },
        )

    def reanalyse_view(self, request: HttpRequest, track_id: UUID) -> HttpResponse:
        track = self._track(request, track_id, to_review=True)
        return self._reanalyse(request, Track.objects.filter(pk=track.pk))

    def reanalyse_failed_view(self, request: HttpRequest) -> HttpResponse:
        """Analyse again all tracks that failed with one error code."""
        reviewer = self._authorised_request(request, to_review=True).user
        failed = selectors.failed_tracks_visible_to(reviewer).filter(error_code=request.POST.get("code", ""))
        return self._reanalyse(request, failed)

    def _reanalyse(self, request: HttpRequest, tracks: QuerySet[Track]) -> HttpResponse:
        options = BulkActionOptions(in_background=tracks.count() > MAX_SYNCHRONOUS_TRACKS)
        action = services.tracks_analyse_again(tracks=tracks, person=reviewer_of(request), options=options)
        count = action.done if action.is_finished else action.total
        messages.success(request, f"Trying {track_count_text(count)} again.")
        return redirect_back(cast(AuthenticatedRequest, request), "admin:library_track_failed")

    def audio_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return playable_audio(request, self._track(request, track_id))

    def spectrogram_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return serve_spectrogram(request, self._track(request, track_id))

    def peaks_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return serve_peaks(request, self._track(request, track_id))

    def timeline_view(self, request: HttpRequest, track_id: UUID) -> HttpResponseBase:
        return serve_timeline(self._track(request, track_id))

    def _authorised_request(self, request: HttpRequest, *, to_review: bool = False) -> AuthenticatedRequest:
        """The request, if its user may see shared tracks and, with `to_review`, review them.

        Raises PermissionDenied.
        """
        if not self.has_view_permission(request) or (to_review and not self.has_review_permission(request)):
            raise PermissionDenied
        return cast(AuthenticatedRequest, request)

    def _track(self, request: HttpRequest, track_id: UUID, *, to_review: bool = False) -> Track:
        self._authorised_request(request, to_review=to_review)
        return cast(Track, get_object_or_404(self.get_queryset(request), pk=track_id))


def _with_messages(counts: Iterable[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """(code, message, number) of each error code."""
    return [(code, MESSAGES.get(code, code), count) for code, count in counts]
