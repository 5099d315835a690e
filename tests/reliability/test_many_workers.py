"""Several workers analyse each track once, and a worker that gets SIGTERM stops cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess

from tests import sounds
from tests.live import DEADLINE
from tests.reliability.installation import Installation, wait_for

#: `EARMARK_TEST_WORKERS=20` gives the figures in docs/reliability.md.
WORKERS = int(os.environ.get("EARMARK_TEST_WORKERS", "2"))
TRACKS = int(os.environ.get("EARMARK_TEST_TRACKS", "6"))


def test_no_track_is_heard_twice(installation: Installation) -> None:
    installation.upload(
        *(sounds.write(installation.folder / f"{n}.wav", seconds=3.5 + n / 64) for n in range(TRACKS))
    )
    # Every track has one task per worker, so that all workers compete for each track.
    installation.manage("shell", "--no-imports", "-c", AGAIN.format(times=WORKERS - 1))
    workers = [installation.worker("--batch", EARMARK_LOG_LEVEL="INFO") for _ in range(WORKERS)]
    assert [worker.wait(2 * DEADLINE) for worker in workers] == [0] * WORKERS
    assert set(installation.status().values()) == {("ready", "", 1)}
    assert len(installation.status()) == TRACKS
    assert len(re.findall(r"\bAnalysed\b", (installation.folder / "log").read_text())) == TRACKS
    assert installation.sql("SELECT count(*) FROM library_prediction") == [(TRACKS,)]
    assert installation.stored_files() == installation.referenced_files()


AGAIN = """
from library import services
from library.models import Track
for track in Track.objects.all():
    for _ in range({times}):
        services.track_enqueue(track_id=track.pk)
"""


def count_shutdown_messages(installation: Installation) -> int:
    """How often workers have logged that they got a signal to stop."""
    return (installation.folder / "log").read_text().count("shutting down gracefully")


def send_sigterm(installation: Installation, worker: subprocess.Popen[bytes]) -> None:
    told = count_shutdown_messages(installation)
    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: count_shutdown_messages(installation) > told)


def test_sigterm_lets_a_worker_finish_its_track(installation: Installation) -> None:
    installation.upload(sounds.write(installation.folder / "last.wav", seconds=4))
    with installation.worker_paused_at("decoding") as worker:
        send_sigterm(installation, worker)
    assert worker.wait(DEADLINE) == 0
    assert installation.status()["last.wav"] == ("ready", "", 1)


def test_a_second_sigterm_hands_the_track_back(installation: Installation) -> None:
    installation.upload(sounds.write(installation.folder / "handed back.wav", seconds=5))
    with installation.worker_paused_at("decoding") as worker:
        send_sigterm(installation, worker)
        worker.send_signal(signal.SIGTERM)
        worker.wait(DEADLINE)
    assert installation.status()["handed back.wav"] == ("queued", "", 0)

    assert installation.worker("--batch").wait(DEADLINE) == 0  # at once: no lease has to run out
    assert installation.status()["handed back.wav"] == ("ready", "", 1)
    assert installation.stored_files() == installation.referenced_files()
