"""A backup that is taken while tracks come and go restores to a library that the doctor finds whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from library import services
from library.models import Track, User
from library.models.tracks import peaks_name
from tests.factories import TrackFactory, upload, wav
from tests.live import own_environment
from tests.reliability.installation import Installation

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_whole(
    alice: User, make_track: Callable[..., Track], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed")
    purged, binned, reanalysed, stays = (
        TrackFactory(owner=alice, title=title) for title in ("purged", "binned", "reanalysed", "stays")
    )
    copy = services.backup.database_copy

    def and_then_much_happens(*arguments: Any) -> None:
        copy(*arguments)
        services.track_add(owner=alice, upload=upload(wav(99), "new.wav"))
        services.tracks_move_to_bin(owner=alice, track_ids=[binned.pk])
        services.tracks_purge(owner=alice, track_ids=[purged.pk])
        services.files_delete(names=[purged.original.name, purged.peaks.name, purged.spectrogram.name])
        before = reanalysed.peaks.name
        reanalysed.peaks = default_storage.save(peaks_name(reanalysed, ""), ContentFile(b"{}"))
        reanalysed.save()
        services.files_delete(names=[before])

    monkeypatch.setattr(services.backup, "database_copy", and_then_much_happens)
    report = services.library_backup(folder=tmp_path / "saved")
    assert (report.missing, report.damaged) == ([], [])

    (tmp_path / "new").mkdir()
    with own_environment(tmp_path / "new") as env:
        new = Installation(tmp_path / "new", env)
        assert "No problems found." in new.manage("restore", str(tmp_path / "saved"))
        assert "No problems found." in new.manage("doctor", "--verify", "--dry-run")
        status = dict(new.sql("SELECT title, status FROM library_track"))
        assert status == {"binned": "ready", "reanalysed": "queued", "stays": "ready"}
        assert all(new.originals().values())
        assert {name for name in new.stored_files() if "/original" in name} == {
            track.original.name for track in (binned, reanalysed, stays)
        }
