"""Leases run by the database's clock, and jumps of that clock do no harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from library import services
from library.models import Track
from library.services.analysis_queue import ANALYSIS_LEASE, lease_end, lease_extend

pytestmark = pytest.mark.django_db


@pytest.fixture
def leased(make_track: Callable[..., Track]) -> Track:
    track = services.track_lease(track_id=make_track(status="queued").pk)
    assert track is not None
    return track


def jump(by: timedelta) -> None:
    """Set the clock forward, so that existing leases end earlier by it; or, if negative, back."""
    Track.objects.update(leased_until=F("leased_until") - by)


def seconds_left(track: Track) -> float:
    track.refresh_from_db()
    assert track.leased_until is not None
    return (track.leased_until - timezone.now()).total_seconds()


def test_a_workers_own_clock_does_not_matter(leased: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker on a machine whose clock is an hour fast or slow neither takes nor loses tracks."""
    for hours in (1, -1):
        wrong = timezone.now() + timedelta(hours=hours)
        monkeypatch.setattr(timezone, "now", lambda wrong=wrong: wrong)
        assert services.tracks_sweep() == 0
        assert services.track_lease(track_id=leased.pk) is None
        lease_extend(track=leased)
        monkeypatch.undo()
        assert 0 < seconds_left(leased) <= ANALYSIS_LEASE.total_seconds() + 1


def test_set_back_it_keeps_no_dead_workers_track(leased: Track) -> None:
    jump(timedelta(hours=-5))
    assert seconds_left(leased) > 17_000
    services.tracks_sweep()
    assert seconds_left(leased) <= ANALYSIS_LEASE.total_seconds() + 1


def test_set_forward_the_first_worker_comes_too_late(leased: Track) -> None:
    jump(timedelta(hours=5))
    assert services.tracks_sweep() == 1
    second = services.track_lease(track_id=leased.pk)
    assert second is not None
    assert not lease_end(track=leased, status="ready")
    assert lease_end(track=second, status="ready")
    leased.refresh_from_db()
    assert (leased.status, leased.attempts) == ("ready", 2)
