"""`kill -9` of a worker in the middle of a pass through the genres of a library: the next one goes on with it."""

from __future__ import annotations

import signal

from tests.live import DEADLINE
from tests.reliability.installation import LONG_AGO, Installation, wait_for

#: A library of two batches and a half, whose files name a genre that counts as soon as its pass has been there.
SEED = """
from library import services
from library.models import Prediction, Track
owner = services.user_add(email="alice@example.org", password="a quiet listening room")
tracks = Track.objects.bulk_create(
    Track(owner=owner, title="Song", sha256=f"{number:064}", size=1, kind="mp3", status="ready", file_genre="Jazz")
    for number in range(625)
)
Prediction.objects.bulk_create(
    Prediction(
        track=track, model_name="m", model_version="1", top="rock", confidence=0.3, probabilities={}, segments=[]
    )
    for track in tracks
)
for prediction in Prediction.objects.all():
    Track.objects.filter(pk=prediction.track_id).update(prediction=prediction)
services.genre_recompute_start(owner=owner)
"""


def test_the_pass_goes_on_and_counts_each_track_once(installation: Installation) -> None:
    installation.manage("shell", "--no-imports", "-c", SEED)
    worker = installation.worker(point="batch recomputed, not committed")
    assert worker.wait(DEADLINE) == -signal.SIGKILL
    assert installation.sql("SELECT changed, finished_at FROM library_genrerecompute") == [(0, None)]
    assert installation.sql("SELECT count(*) FROM library_track WHERE genre = 'jazz'") == [(0,)]

    # As two minutes later, for the sweep of the next worker.
    installation.sql(f"UPDATE library_genrerecompute SET updated_at = {LONG_AGO}")
    living = installation.worker()
    wait_for(lambda: installation.sql("SELECT 1 FROM library_genrerecompute WHERE finished_at IS NOT NULL"))
    living.terminate()
    assert living.wait(DEADLINE) == 0
    assert installation.sql("SELECT changed FROM library_genrerecompute") == [(625,)]
    rows = installation.sql(
        "SELECT genre, genre_source, count(*) FROM library_track GROUP BY genre, genre_source"
    )
    assert rows == [("jazz", "file", 625)]
