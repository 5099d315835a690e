"""Covers come from the pictures in files, are stored once, and go when nothing shows them any more."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from mutagen.id3 import APIC, ID3
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from classifier.cover_process import COVER_SIZES, make_cover_from_file
from library import services
from library.errors import DomainError
from library.models import Album, Cover, FileTags, Track, User
from library.selectors import usage_of
from library.services.track_files import walk_files
from tests import sounds
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.factories import run_enqueued_tasks
from tests.pictures import picture

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def red(tmp_path: Path) -> dict[str, Any]:
    """What a confined process says of a red picture, whose files are in `tmp_path / "made"`."""
    (tmp_path / "made").mkdir()
    (tmp_path / "red.jpg").write_bytes(picture(RED))
    return make_cover_from_file(tmp_path / "red.jpg", tmp_path / "made")


@pytest.fixture
def made_in(tmp_path: Path) -> Path:
    return tmp_path / "made"


def song(folder: Path, colour: tuple[int, int, int] | None, seconds: float = 4) -> bytes:
    """An MP3 file with a picture of this colour."""
    path = sounds.write(folder / "song.mp3", seconds, tags={"title": "Blue Train"})
    if colour:
        tags = ID3(path)
        tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=picture(colour)))
        tags.save(path)
    return path.read_bytes()


def stored() -> set[str]:
    return set(walk_files("covers"))


# Stored


def test_stored_in_three_sizes_and_once(alice: User, red: dict[str, Any], made_in: Path) -> None:
    cover = services.cover_record(owner=alice, made=red, folder=made_in)
    assert cover.sha256 == red["sha256"]
    assert set(cover.colours) == {"background", "accent"}
    names = {getattr(cover, size).name for size in COVER_SIZES}
    assert stored() == names
    for size in COVER_SIZES:
        with getattr(cover, size).open("rb") as file, Image.open(file) as image:
            assert image.format == "WEBP"
    assert services.cover_record(owner=alice, made=red, folder=made_in) == cover
    assert stored() == names


def test_each_owner_has_an_own_one(alice: User, bob: User, red: dict[str, Any], made_in: Path) -> None:
    one, other = (services.cover_record(owner=owner, made=red, folder=made_in) for owner in (alice, bob))
    assert one.pk != other.pk
    assert len(stored()) == 6


@pytest.mark.parametrize(
    "answer",
    [
        {"sha256": "../../etc/passwd", "colours": {}},
        {"sha256": "0" * 64, "colours": {"accent": "red;} body{}"}},
        {"colours": {}},
        {},
    ],
)
def test_what_a_process_that_was_taken_over_may_say(
    alice: User, answer: dict[str, Any], red: dict[str, Any], made_in: Path
) -> None:
    with pytest.raises(DomainError):
        services.cover_record(owner=alice, made=answer, folder=made_in)
    assert not stored()


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"", None])
def test_other_files_are_not_stored(
    alice: User, content: bytes | None, red: dict[str, Any], made_in: Path
) -> None:
    (made_in / "cover-large.webp").unlink()
    if content is not None:
        (made_in / "cover-large.webp").write_bytes(content)
    with pytest.raises(DomainError):
        services.cover_record(owner=alice, made=red, folder=made_in)
    assert not stored()
    assert not Cover.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_owner_is_gone(alice: User, red: dict[str, Any], made_in: Path) -> None:
    gone = User(pk=alice.pk + 1000)
    with pytest.raises(DomainError) as refusal:
        services.cover_record(owner=gone, made=red, folder=made_in)
    assert refusal.value.code == "not_found"
    assert not stored()


# Of a track


class TestAnalysis:
    def test_picture_in_the_file(self, alice: User, tmp_path: Path) -> None:
        upload = SimpleUploadedFile("song.mp3", song(tmp_path, RED))
        track, _ = services.track_add(owner=alice, upload=upload)
        Track.objects.update(album="Foundry", edited=["album"])
        services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert track.status == Track.Status.READY
        assert track.cover
        assert FileTags.objects.get().picture == track.cover.sha256
        assert Album.objects.get().cover == track.cover

    def test_two_files_with_one_picture(self, alice: User, tmp_path: Path) -> None:
        for seconds in (4, 5):
            upload = SimpleUploadedFile("song.mp3", song(tmp_path, RED, seconds))
            track, _ = services.track_add(owner=alice, upload=upload)
            services.track_analyse(track_id=track.pk)
        assert Cover.objects.get().tracks.count() == 2

    def test_no_picture_in_the_file(self, alice: User, tmp_path: Path) -> None:
        track, _ = services.track_add(
            owner=alice, upload=SimpleUploadedFile("song.mp3", song(tmp_path, None))
        )
        services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert track.cover is None
        assert FileTags.objects.get().picture == ""

    def test_file_that_cannot_be_heard_has_a_cover(self, alice: User, tmp_path: Path) -> None:
        track, _ = services.track_add(
            owner=alice, upload=SimpleUploadedFile("song.mp3", song(tmp_path, RED, 1))
        )
        services.track_analyse(track_id=track.pk)
        track.refresh_from_db()
        assert track.error_code == "too_short"
        assert track.cover


class TestTrackCover:
    @pytest.fixture
    def track(self, make_track: MakeTrack) -> Track:
        track = make_track()
        FileTags.objects.create(track=track)
        return track

    def test_picture_in_the_file_takes_the_place_of_one_beside_it(
        self, track: Track, red: dict[str, Any], made_in: Path
    ) -> None:
        Track.objects.update(cover=make_cover(track.owner))
        services.track_cover_record(track=track, made=red, folder=made_in)
        track.refresh_from_db()
        assert track.cover
        assert track.cover.sha256 == red["sha256"]

    def test_file_without_a_picture_takes_nothing_away(self, track: Track, made_in: Path) -> None:
        beside = make_cover(track.owner)
        Track.objects.update(cover=beside)
        services.track_cover_record(track=track, made=None, folder=made_in)
        track.refresh_from_db()
        assert track.cover == beside

    def test_nothing_is_written_without_the_lease(
        self, track: Track, red: dict[str, Any], made_in: Path
    ) -> None:
        Track.objects.update(lease=uuid.uuid4())
        services.track_cover_record(track=track, made=red, folder=made_in)
        track.refresh_from_db()
        assert track.cover is None
        assert FileTags.objects.get().picture is None

    def test_programs_that_follow_changes_learn_of_it(
        self, track: Track, red: dict[str, Any], made_in: Path
    ) -> None:
        before = track.updated_at
        services.track_cover_record(track=track, made=red, folder=made_in)
        track.refresh_from_db()
        assert track.updated_at > before


# Of an album


class TestAlbum:
    @pytest.fixture
    def album(self, alice: User) -> Album:
        return make_album(alice, "Foundry", "The Gravel Kings")

    @pytest.fixture
    def covers(self, alice: User) -> list[Cover]:
        return [make_cover(alice, colour) for colour in (RED, BLUE)]

    def recomputed(self, album: Album) -> Cover | None:
        services.album_covers_recompute(owner=album.owner, album_ids=[album.pk])
        album.refresh_from_db()
        return album.cover

    def test_most_tracks_decide(self, album: Album, covers: list[Cover]) -> None:
        red, blue = covers
        for number, cover in enumerate([red, blue, blue, None, None, None], start=1):
            make_track_on(album, f"Song {number}", track_number=number, cover=cover)
        assert self.recomputed(album) == blue

    def test_first_one_decides_among_equals(self, album: Album, covers: list[Cover]) -> None:
        red, blue = covers
        make_track_on(album, "No number", cover=red)
        make_track_on(album, "Late", disc_number=2, track_number=1, cover=red)
        make_track_on(album, "Second", disc_number=1, track_number=10, cover=blue)
        make_track_on(album, "First", track_number=9, cover=blue)
        assert self.recomputed(album) == blue

    def test_no_track_has_one(self, album: Album, covers: list[Cover]) -> None:
        Album.objects.update(cover=covers[0])
        make_track_on(album, "Slag")
        assert self.recomputed(album) is None

    @pytest.mark.parametrize("chosen", [True, False])
    def test_what_was_chosen_stays(self, album: Album, covers: list[Cover], chosen: bool) -> None:
        red, blue = covers
        Album.objects.update(cover_chosen=True, cover=red if chosen else None)
        make_track_on(album, "Slag", cover=blue)
        assert self.recomputed(album) == (red if chosen else None)

    def test_tracks_in_the_bin_do_not_count(self, album: Album, covers: list[Cover]) -> None:
        red, blue = covers
        make_track_on(album, "Slag", cover=blue)
        for number in range(2):
            services.track_delete(track=make_track_on(album, f"Song {number}", cover=red))
        assert self.recomputed(album) == blue

    def test_album_in_the_bin_keeps_what_it_has(self, album: Album, covers: list[Cover]) -> None:
        services.track_delete(track=make_track_on(album, "Slag", cover=covers[1]))
        Album.objects.update(cover=covers[0])
        assert self.recomputed(album) == covers[0]

    def test_others_albums_are_left_alone(self, album: Album, covers: list[Cover], charlie: User) -> None:
        make_track_on(album, "Slag", cover=covers[0])
        Album.objects.update(cover=None)
        services.album_covers_recompute(owner=charlie, album_ids=[album.pk])
        album.refresh_from_db()
        assert album.cover is None

    def test_many_albums_take_no_more_queries(
        self, alice: User, covers: list[Cover], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        albums = [make_album(alice, f"Album {number}", "Somebody") for number in range(12)]
        for number, album in enumerate(albums):
            make_track_on(album, "Slag", cover=covers[number % 2])
        Album.objects.update(cover=None)
        with django_assert_num_queries(5):  # a savepoint, the albums, their tracks, one change
            services.album_covers_recompute(owner=alice, album_ids=[album.pk for album in albums])
        for number, album in enumerate(albums):
            album.refresh_from_db()
            assert album.cover == covers[number % 2]


# Gone


class TestExpiry:
    @pytest.fixture
    def cover(self, alice: User) -> Cover:
        return make_cover(alice)

    def expire(self, *, after: timedelta) -> None:
        services.covers_expire()
        Cover.objects.filter(unused_since__isnull=False).update(unused_since=timezone.now() - after)
        services.covers_expire()

    @pytest.mark.usefixtures("cover")
    def test_unused_for_a_day(self, django_capture_on_commit_callbacks: Any) -> None:
        assert stored()
        with django_capture_on_commit_callbacks(execute=True):
            self.expire(after=timedelta(hours=25))
        run_enqueued_tasks()
        assert not Cover.objects.exists()
        assert not stored()

    def test_unused_for_an_hour(self, cover: Cover) -> None:
        self.expire(after=timedelta(hours=1))
        assert Cover.objects.exists()

    def test_used_again(self, cover: Cover, make_track: MakeTrack) -> None:
        services.covers_expire()
        cover.refresh_from_db()
        assert cover.unused_since
        make_track(cover=cover)
        self.expire(after=timedelta(hours=25))
        cover.refresh_from_db()
        assert cover.unused_since is None

    def test_found_in_another_file(
        self, alice: User, red: dict[str, Any], made_in: Path, make_track: MakeTrack
    ) -> None:
        cover = services.cover_record(owner=alice, made=red, folder=made_in)
        Cover.objects.update(unused_since=timezone.now() - timedelta(hours=25))
        services.cover_record(owner=alice, made=red, folder=made_in)
        services.covers_expire()
        assert Cover.objects.filter(pk=cover.pk).exists()

    def test_shown_in_the_bin(self, cover: Cover, make_track: MakeTrack) -> None:
        services.track_delete(track=make_track(cover=cover))
        self.expire(after=timedelta(hours=25))
        assert Cover.objects.exists()

    def test_shown_by_an_album(self, cover: Cover, alice: User) -> None:
        make_album(alice, "Foundry", cover=cover)
        self.expire(after=timedelta(hours=25))
        assert Cover.objects.exists()


def test_account_is_deleted(
    alice: User, bob: User, make_track: MakeTrack, django_capture_on_commit_callbacks: Any
) -> None:
    make_track(cover=make_cover(alice))
    make_cover(alice, BLUE)
    kept = make_cover(bob)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.user_delete(user=alice)
    run_enqueued_tasks()
    assert Cover.objects.get() == kept
    assert stored() == {getattr(kept, size).name for size in COVER_SIZES}


def test_covers_do_not_count_towards_the_quota(alice: User, make_track: MakeTrack) -> None:
    track = make_track(cover=make_cover(alice))
    assert usage_of(alice)["bytes"] == track.size


# The doctor


def old(name: str) -> None:
    then = time.time() - 7200
    os.utime(default_storage.path(name), (then, then))


class TestDoctor:
    def findings(self, *, dry_run: bool = False) -> list[tuple[str, str]]:
        return [(found.kind, found.subject) for found in services.library_repair(dry_run=dry_run)]

    def test_all_is_well(self, alice: User, make_track: MakeTrack) -> None:
        make_track(cover=make_cover(alice))
        for name in stored():
            old(name)
        assert self.findings() == []
        assert len(stored()) == 3

    def test_files_of_no_cover(self, alice: User, make_track: MakeTrack) -> None:
        cover = make_cover(alice)
        make_track(cover=cover)
        names = stored()
        Cover.objects.filter(pk=cover.pk).delete()
        assert self.findings() == []  # too young
        for name in names:
            old(name)
        assert self.findings(dry_run=True) == [("orphaned file", name) for name in sorted(names)]
        assert stored() == names
        self.findings()
        assert not stored()

    def test_cover_without_its_files(self, alice: User, make_track: MakeTrack) -> None:
        cover = make_cover(alice)
        track = make_track(cover=cover, album="Foundry")
        album = Album.objects.get()
        assert album.cover == cover
        FileTags.objects.create(track=track, picture=cover.sha256)
        default_storage.delete(cover.medium.name)
        assert self.findings(dry_run=True) == [("missing cover", str(cover.pk))]
        assert Cover.objects.exists()
        assert self.findings() == [("missing cover", str(cover.pk))]
        assert not Cover.objects.exists()
        assert FileTags.objects.get().picture is None  # so that the upgrade pass looks for it again
        album.refresh_from_db()
        assert album.cover is None
