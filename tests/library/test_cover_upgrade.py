"""The upgrade pass looks for covers in files that an earlier version analysed, without hearing them again."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from mutagen.id3 import APIC, ID3
from pytest_django import Settings

from classifier.album_tags import READER_VERSION
from classifier.errors import AudioError
from library import services
from library.models import Album, AnalysisPart, Cover, FileTags, Track, UpgradeAttempt, User
from library.monitoring.metrics import exposition
from library.selectors.analysis_parts import lacking_counts, tracks_to_upgrade
from library.services import upgrades
from tests import sounds
from tests.covers import make_cover
from tests.factories import TrackFactory, run_enqueued_tasks
from tests.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_vectors(settings: Settings) -> None:
    """A model that makes none, so that only covers are lacking."""
    settings.EARMARK_MODEL = "mfcc-cnn-1"


def old_track(owner: User, folder: Path, *, pictured: bool, status: str = Track.Status.READY) -> Track:
    """A track as an earlier version left it: with its tags, and without anybody having looked for a picture."""
    path = sounds.write(folder / "song.mp3", 1, seed=Track.objects.count())
    tags = ID3(path)
    if pictured:
        tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=picture()))
    tags.save(path)
    track = TrackFactory(owner=owner, status=status, kind="mp3")
    with path.open("rb") as file:
        track.original.save("song.mp3", SimpleUploadedFile("song.mp3", file.read()), save=True)
    FileTags.objects.create(track=track, reader_version=READER_VERSION)
    return Track.objects.get(pk=track.pk)


def run_the_pass() -> None:
    assert services.upgrade_pass_start()
    run_enqueued_tasks()


def test_pictures_are_found_and_nothing_else_changes(alice: User, tmp_path: Path) -> None:
    track, bare = (old_track(alice, tmp_path, pictured=pictured) for pictured in (True, False))
    Track.objects.update(album="Foundry")
    services.albums_recompute(owner=alice, track_ids=[track.pk, bare.pk])
    album = Album.objects.get()
    before = list(Track.objects.order_by("pk").values())
    assert lacking_counts()["cover"] == 2
    assert b'earmark_tracks_incomplete{part="cover"} 2.0' in exposition()
    run_the_pass()
    cover = Cover.objects.get()
    assert cover.sha256 == FileTags.objects.get(track=track).picture
    assert FileTags.objects.get(track=bare).picture == ""
    album.refresh_from_db()
    assert album.cover == cover
    after = list(Track.objects.order_by("pk").values())
    for row, earlier in zip(after, before, strict=True):
        if row["id"] == track.pk:
            assert row.pop("cover_id") == cover.pk
            assert row.pop("updated_at") > earlier.pop("updated_at")
            earlier.pop("cover_id")
        assert row == earlier
    assert lacking_counts()["cover"] == 0
    assert not UpgradeAttempt.objects.exists()
    assert not services.upgrade_pass_start()


def test_of_tracks_that_cannot_be_heard_too(alice: User, tmp_path: Path) -> None:
    old_track(alice, tmp_path, pictured=True, status=Track.Status.FAILED)
    run_the_pass()
    assert Track.objects.get().cover


def test_tags_are_read_first(alice: User, tmp_path: Path) -> None:
    old_track(alice, tmp_path, pictured=True)
    FileTags.objects.all().delete()
    assert not tracks_to_upgrade(AnalysisPart.COVER).exists()
    run_the_pass()
    assert Track.objects.get().cover


def test_a_picture_beside_the_file_stays(alice: User, tmp_path: Path) -> None:
    old_track(alice, tmp_path, pictured=False)
    beside = make_cover(alice)
    Track.objects.update(cover=beside)
    run_the_pass()
    assert Track.objects.get().cover == beside


def test_what_kills_the_process_is_not_tried_again(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(path: Path, *, out_dir: Path) -> None:
        raise AudioError("crashed")

    old_track(alice, tmp_path, pictured=True)
    monkeypatch.setattr(upgrades, "read_cover", die)
    run_the_pass()
    assert FileTags.objects.get().picture == ""
    assert not services.upgrade_pass_start()


def test_a_missing_file_is_given_up(alice: User, tmp_path: Path) -> None:
    track = old_track(alice, tmp_path, pictured=True)
    old_track(alice, tmp_path, pictured=True)  # else the whole storage would be away
    default_storage.delete(str(track.original.name))
    run_the_pass()
    assert FileTags.objects.get(track=track).picture is None
    assert not services.upgrade_pass_start()


def test_the_bin_is_left_alone(alice: User, tmp_path: Path) -> None:
    services.track_delete(track=old_track(alice, tmp_path, pictured=True))
    assert not services.upgrade_pass_start()
