"""The doctor finds and repairs rows and files that do not match, and leaves others alone."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.tasks import default_task_backend
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from library import services
from library.models import Album, Artist, PartialUpload, Track, TrackArtist, User
from library.models.tracks import storage_key
from library.services.track_files import walk_files
from tests.albums import check_rows

pytestmark = pytest.mark.django_db(transaction=True)
MakeTrack = Callable[..., Track]


def doctor(*arguments: str) -> str:
    out = io.StringIO()
    call_command("doctor", *arguments, stdout=out)
    return out.getvalue()


def dry_run(*arguments: str) -> str:
    """What a dry run says of what is amiss."""
    out = io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("doctor", "--dry-run", *arguments, stdout=out)
    assert refusal.value.returncode == 1
    return out.getvalue()


def make_old(path: str | Path, days: float = 2) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def stored_files() -> set[str]:
    return set(walk_files("tracks"))


def test_what_is_well_is_left_alone(make_track: MakeTrack) -> None:
    for _ in range(3):
        make_track()
    before = stored_files(), list(Track.objects.values())
    assert "No problems found." in doctor("--dry-run")
    assert "No problems found." in doctor()
    assert (stored_files(), list(Track.objects.values())) == before


def test_a_file_of_no_track_is_deleted(track: Track) -> None:
    orphans = [
        default_storage.save(storage_key(track, "peaks-old.json"), ContentFile(b"{}")),
        default_storage.save("tracks/ab/abcdef/original.mp3", ContentFile(b"sound")),
    ]
    assert "No problems found." in doctor()  # too young: its row may just be being written
    for name in orphans:
        make_old(default_storage.path(name))
    before = stored_files()
    assert all(name in dry_run() for name in orphans)
    assert stored_files() == before
    doctor()
    assert stored_files() == before - set(orphans)
    doctor("--dry-run")


def test_a_track_whose_upload_is_gone_fails_until_it_is_back(make_track: MakeTrack) -> None:
    make_track()
    track = make_track()
    content = track.original.read()
    track.original.close()
    default_storage.delete(track.original.name)

    assert f"missing upload           {track.pk}" in dry_run()
    with pytest.raises(CommandError, match="missing: 1"):
        doctor()
    track.refresh_from_db()
    assert (track.status, track.error_code) == ("failed", "file_missing")
    assert "no longer on the server" in track.error_message
    assert "missing upload" in dry_run()  # as long as it is missing

    Path(track.original.path).write_bytes(content)
    assert "upload is back" in dry_run()
    doctor()
    track.refresh_from_db()
    assert (track.status, track.error_code) == ("queued", "")
    assert [result.args for result in default_task_backend.results] == [[str(track.pk)]]


def test_a_missing_picture_is_made_again(track: Track) -> None:
    default_storage.delete(track.spectrogram.name)
    assert "missing derived file" in dry_run()
    doctor()
    track.refresh_from_db()
    assert track.status == "queued"
    assert [result.args for result in default_task_backend.results] == [[str(track.pk)]]


def test_unfinished_uploads_of_yesterday_are_cleared_away(alice: User, settings) -> None:
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)
    upload = services.upload_begin(owner=alice, name="song.mp3", length=10)
    left = incoming / "earmark-killed"
    left.mkdir()
    (left / "peaks.json").write_text("{}")
    doctor("--dry-run")

    for path in (upload.path, left / "peaks.json", left):
        make_old(path)
    PartialUpload.objects.update(updated_at=timezone.now() - timedelta(days=2))
    assert dry_run().count("unfinished upload") == 4  # two files, a row, and the sum
    doctor()
    assert not left.exists()
    assert not upload.path.exists()
    assert not PartialUpload.objects.exists()


def test_a_stuck_track_is_freed(make_track: MakeTrack) -> None:
    track = make_track(status="queued")
    services.track_lease(track_id=track.pk)
    Track.objects.update(leased_until=timezone.now() - timedelta(hours=1))
    assert "stuck track" in dry_run()
    doctor()
    track.refresh_from_db()
    assert track.status == "queued"


def test_a_storage_that_is_not_mounted_gives_up_no_track(track: Track, settings, tmp_path: Path) -> None:
    (tmp_path / "files").rename(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match="mounted"):
        doctor()
    track.refresh_from_db()
    assert track.status == "ready"


def test_the_number_of_queries_does_not_grow_with_the_library(make_track: MakeTrack) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            doctor()
        return len(context)

    make_track()
    one = queries()
    for _ in range(10):
        make_track()
    assert queries() == one


def test_albums_that_disagree_with_their_tracks(make_track: MakeTrack, alice: User, charlie: User) -> None:
    first, second = (make_track(artist="Ann", album=title) for title in ("One", "Two"))
    make_track(owner=charlie, artist="Ann", album="One")
    album = second.album_entry_id
    Track.objects.filter(pk=second.pk).update(album="One")  # as by a process that was killed, or by hand
    TrackArtist.objects.filter(track=first).delete()
    Album.objects.create(owner=alice, title="Empty", key="empty")
    Artist.objects.create(owner=alice, name="Nobody", key="nobody")
    before = list(Track.objects.values()), list(Album.objects.values()), list(Artist.objects.values())
    found = dry_run()
    assert (
        list(Track.objects.values()),
        list(Album.objects.values()),
        list(Artist.objects.values()),
    ) == before
    assert "albums out of date" in found
    assert f"account {alice.pk}," in found
    assert f"account {charlie.pk}," not in found
    doctor()
    check_rows(alice)
    assert not Album.objects.filter(pk=album).exists()
    assert "No problems found." in doctor("--dry-run")
