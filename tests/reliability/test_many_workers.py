"""Several workers analyse each track once, and a worker that gets SIGTERM stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess

from tests import sounds
from tests.live import LOST
from tests.reliability.installation import Place, wait_for

#: `EARMARK_TEST_WORKERS=20` gives the figures in docs/reliability.md.
WORKERS = int(os.environ.get("EARMARK_TEST_WORKERS", "2"))
TRACKS = int(os.environ.get("EARMARK_TEST_TRACKS", "6"))


def test_no_track_is_heard_twice(place: Place) -> None:
    place.add(*(sounds.write(place.folder / f"{n}.wav", seconds=3.5 + n / 64) for n in range(TRACKS)))
    # Every track has one task per worker, so that all workers compete for each track.
    place.manage("shell", "--no-imports", "-c", AGAIN.format(times=WORKERS - 1))
    workers = [place.worker("--batch", EARMARK_LOG_LEVEL="INFO") for _ in range(WORKERS)]
    assert [worker.wait(2 * LOST) for worker in workers] == [0] * WORKERS
    assert set(place.status().values()) == {("ready", "", 1)}
    assert len(place.status()) == TRACKS
    assert len(re.findall(r"\bAnalysed\b", (place.folder / "log").read_text())) == TRACKS
    assert place.sql("SELECT count(*) FROM library_prediction") == [(TRACKS,)]
    assert place.stored() == place.named()


AGAIN = """
from library import services
from library.models import Track
for track in Track.objects.all():
    for _ in range({times}):
        services.track_enqueue(track_id=track.pk)
"""


def said(place: Place) -> int:
    """How often workers have logged that they got a signal to stop."""
    return (place.folder / "log").read_text().count("shutting down gracefully")


def tell_to_stop(place: Place, worker: subprocess.Popen[bytes]) -> None:
    told = said(place)
    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: said(place) > told)


def test_a_worker_that_is_told_to_stop_ends_what_it_began(place: Place) -> None:
    place.add(sounds.write(place.folder / "last.wav", seconds=4))
    with place.worker_at_the_gate("decoding") as worker:
        tell_to_stop(place, worker)
    assert worker.wait(LOST) == 0
    assert place.status()["last.wav"] == ("ready", "", 1)


def test_one_that_is_told_twice_hands_it_back(place: Place) -> None:
    place.add(sounds.write(place.folder / "handed back.wav", seconds=5))
    with place.worker_at_the_gate("decoding") as worker:
        tell_to_stop(place, worker)
        worker.send_signal(signal.SIGTERM)
        worker.wait(LOST)
    assert place.status()["handed back.wav"] == ("queued", "", 0)

    assert place.worker("--batch").wait(LOST) == 0  # at once: no lease has to run out
    assert place.status()["handed back.wav"] == ("ready", "", 1)
    assert place.stored() == place.named()
