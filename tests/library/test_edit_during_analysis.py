"""Edits made during an analysis are not overwritten by the file's tags."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from library import services
from library.models import Track
from library.services import analysis
from tests.concurrency import run_concurrently, shared_database

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10
SAID = {"title": "The file’s", "artist": "The file’s", "values": {}}


@pytest.fixture(autouse=True)
def shared(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


def test_between_the_lease_and_the_tags(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(status="queued")
    held = services.track_lease(track_id=track.pk)
    services.track_edit(track=track, title="Mine")
    analysis._tags_record(held, SAID)
    track.refresh_from_db()
    assert (track.title, track.artist, track.edited) == ("Mine", "The file’s", ["title"])
    assert track.search_text.startswith("mine the file's")


def test_at_the_same_moment(track: Track) -> None:
    for number in range(ROUNDS):
        Track.objects.filter(pk=track.pk).update(status="queued", attempts=0, edited=[], artist="")
        held = services.track_lease(track_id=track.pk)
        answers = run_concurrently(
            partial(services.track_edit, track=Track.objects.get(), title=f"Mine {number}"),
            partial(analysis._tags_record, held, SAID),
        )
        assert not any(isinstance(answer, Exception) for answer in answers)
        track.refresh_from_db()
        assert (track.title, track.artist, track.edited) == (f"Mine {number}", "The file’s", ["title"])


def test_a_worker_that_lost_the_track_writes_nothing(track: Track) -> None:
    Track.objects.filter(pk=track.pk).update(status="queued", title="Before")
    held = services.track_lease(track_id=track.pk)
    Track.objects.filter(pk=track.pk).update(lease=None)
    analysis._tags_record(held, SAID)
    track.refresh_from_db()
    assert track.title == "Before"
