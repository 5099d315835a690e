"""An original that is no longer what was uploaded is found, named, not sent as if it were whole, and mended."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from library import services
from library.models import FileCheck, Track, User
from library.monitoring.metrics import exposition
from library.services.file_checks import Pace
from tests.factories import signed_in, upload, wav

pytestmark = pytest.mark.django_db(transaction=True)
MakeTrack = Callable[..., Track]


def flip(path: Path) -> None:
    """One bit, as decay does it: size and date stay."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def empty(path: Path) -> None:
    path.write_bytes(b"")


DAMAGES = {flip: "content", cut: "size", empty: "size", Path.unlink: "missing"}


def doctor(*arguments: str) -> tuple[int, str]:
    """The doctor's exit status and what it says."""
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def path_of(track: Track) -> Path:
    return Path(track.original.path)


def known_damage() -> dict[str, str]:
    return dict(FileCheck.objects.exclude(damage="").values_list("track__title", "damage"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_doctor_names_each_kind_each_time(
    make_track: MakeTrack, damage: Callable[[Path], object]
) -> None:
    track = make_track(title="broken")
    make_track()
    assert doctor("--verify") == (0, "No problems found.\n")
    damage(path_of(track))
    for arguments in (("--verify", "--again", "--dry-run"), ("--verify", "--again"), ()):
        code, text = doctor(*arguments)
        assert code == 1
        assert str(track.pk) in text
    assert known_damage() == {"broken": DAMAGES[damage]}


@pytest.mark.parametrize("damage", [cut, empty, Path.unlink])
def test_sizes_are_compared_without_being_asked(track: Track, damage: Callable[[Path], object]) -> None:
    damage(path_of(track))
    assert doctor()[0] == 1


def test_what_was_read_within_a_day_is_not_read_again(track: Track) -> None:
    assert doctor("--verify")[0] == 0
    flip(path_of(track))
    assert doctor("--verify")[0] == 0  # so that a run that was stopped goes on where it was
    FileCheck.objects.update(checked_at=timezone.now() - timedelta(hours=25))
    assert doctor("--verify")[0] == 1


def test_a_dry_run_writes_nothing(track: Track) -> None:
    flip(path_of(track))
    assert doctor("--dry-run", "--verify")[0] == 1
    assert not FileCheck.objects.exists()


class TestSending:
    """Never as if it were whole; pictures and playable copies are files of their own."""

    @pytest.mark.parametrize("damage", [cut, empty])
    def test_a_size_that_is_wrong_is_noticed_on_the_way_out(
        self, track: Track, alice_api: Client, damage: Callable[[Path], object]
    ) -> None:
        damage(path_of(track))
        response = alice_api.get(f"/api/v1/tracks/{track.pk}/file/")
        assert (response.status_code, response.json()["code"]) == (409, "file_damaged")
        assert known_damage() == {track.title: "size"}

    def test_by_every_address(self, track: Track, alice: User, alice_api: Client) -> None:
        track.kind = "mp3"  # a format that takes tags
        track.save()
        flip(path_of(track))
        doctor("--verify")
        for name in ("file", "tagged", "audio"):
            response = alice_api.get(f"/api/v1/tracks/{track.pk}/{name}/")
            assert (response.status_code, response.json()["code"]) == (409, "file_damaged"), name
            assert response["Content-Type"] == "application/problem+json"
        pages = signed_in(alice)
        assert pages.get(reverse("audio", args=[track.pk])).status_code == 409
        for name in ("original", "tagged"):
            response = pages.get(reverse(name, args=[track.pk]), follow=True)
            assert "no longer what was uploaded" in response.content.decode(), name

    def test_an_archive_leaves_it_out_and_says_so(self, make_track: MakeTrack, alice_client: Client) -> None:
        broken, whole = make_track(title="Broken"), make_track(title="Whole")
        flip(path_of(broken))
        doctor("--verify")
        response = alice_client.post(
            reverse("bulk-action-submit"),
            {"track": [str(broken.pk), str(whole.pk)], "act": "download:original"},
        )
        with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
            assert {name.rpartition("/")[2] for name in archive.namelist()} == {
                "Whole.wav",
                "Please note.txt",
            }
            assert "Broken.wav: left out" in archive.read("Please note.txt").decode()


class TestNaming:
    @pytest.fixture(autouse=True)
    def damaged(self, track: Track) -> None:
        flip(path_of(track))
        doctor("--verify")

    def test_to_its_owner_on_the_tracks_page(self, track: Track, alice_client: Client) -> None:
        page = alice_client.get(track.get_absolute_url()).content.decode()
        assert "The stored file is damaged" in page
        assert "Its content is no longer what was uploaded." in page

    def test_to_staff(self, track: Track, make_track: MakeTrack, alice: User, bob_client: Client) -> None:
        services.user_share(user=alice, share=True)
        whole = make_track(title="Whole")
        page = bob_client.get(reverse("admin:library_track_changelist"), {"file_check__damage": "content"})
        assert track.title in page.content.decode()
        assert whole.title not in page.content.decode()
        page = bob_client.get(reverse("admin:library_track_change", args=[track.pk]))
        assert "no longer what was uploaded" in page.content.decode()
        page = bob_client.get(reverse("admin:library_track_audio", args=[track.pk]))
        assert page.status_code == 409

    def test_in_the_metrics(self) -> None:
        text = exposition().decode()
        assert 'earmark_originals_damaged{damage="content"} 1.0' in text
        assert 'earmark_originals_damaged{damage="size"} 0.0' in text


class TestMending:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_from_a_backup(
        self, make_track: MakeTrack, tmp_path: Path, damage: Callable[[Path], object]
    ) -> None:
        track = make_track()
        before = path_of(track).read_bytes()
        call_command("backup", str(tmp_path / "saved"), stdout=io.StringIO())
        damage(path_of(track))
        assert doctor("--verify", "--repair-from", str(tmp_path / "saved"))[0] == 0
        assert path_of(track).read_bytes() == before
        assert not known_damage()
        assert doctor("--verify", "--again") == (0, "No problems found.\n")

    def test_a_damaged_backup_mends_nothing(self, track: Track, tmp_path: Path) -> None:
        call_command("backup", str(tmp_path / "saved"), stdout=io.StringIO())
        flip(tmp_path / "saved" / "files" / track.original.name)
        flip(path_of(track))
        damaged = path_of(track).read_bytes()
        code, text = doctor("--verify", "--repair-from", str(tmp_path / "saved"))
        assert code == 1
        assert "not in the backup" in text
        assert path_of(track).read_bytes() == damaged

    def test_no_backup(self, track: Track, tmp_path: Path) -> None:
        assert doctor("--repair-from", str(tmp_path / "nothing"))[1].startswith("There is no backup")

    @pytest.mark.parametrize("damage", DAMAGES)
    def test_by_uploading_it_again(
        self, alice: User, alice_client: Client, damage: Callable[[Path], object]
    ) -> None:
        track, _ = services.track_add(owner=alice, upload=upload(wav(7)))
        damage(path_of(track))
        doctor("--verify")
        alice_client.post("/upload/", {"file": upload(wav(7))})
        assert path_of(track).read_bytes() == wav(7)
        assert not known_damage()
        row = alice.partial_uploads.get()
        assert (row.track, row.error) == (track, services.uploads.MENDED_MESSAGE)
        assert Track.objects.get().status == "queued"

    def test_by_hand(self, track: Track) -> None:
        flip(path_of(track))
        doctor("--verify")
        flip(path_of(track))
        code, text = doctor()
        assert code == 0
        assert "mended original" in text
        assert not known_damage()


class TestTheWorker:
    """It reads every original again once in a set number of days."""

    @pytest.fixture(autouse=True)
    def long_ago(self, make_track: MakeTrack) -> None:
        for title in ("first", "second"):
            make_track(title=title)
        Track.objects.update(created_at=timezone.now() - timedelta(days=31))

    def verify(self) -> int:
        return services.originals_verify_due(seconds=60, pace=Pace(0))

    def test_each_once(self) -> None:
        flip(path_of(Track.objects.get(title="first")))
        assert self.verify() == 2
        assert known_damage() == {"first": "content"}
        assert self.verify() == 0

    def test_again_when_the_time_has_come(self) -> None:
        self.verify()
        flip(path_of(Track.objects.get(title="second")))
        FileCheck.objects.update(checked_at=timezone.now() - timedelta(days=31))
        assert "earmark_originals_to_verify 2.0" in exposition().decode()
        assert self.verify() == 2
        assert known_damage() == {"second": "content"}

    def test_what_another_worker_reads_is_left_to_it(self) -> None:
        first = Track.objects.get(title="first")
        until = timezone.now() + timedelta(hours=1)
        FileCheck.objects.create(track=first, leased_until=until)
        assert self.verify() == 1
        FileCheck.objects.filter(track=first).update(leased_until=timezone.now() - timedelta(hours=1))
        assert self.verify() == 1  # that worker has died

    def test_not_before_and_not_when_switched_off(self, make_track: MakeTrack, settings: Settings) -> None:
        make_track(title="new")
        settings.EARMARK_VERIFY_DAYS = 0
        assert self.verify() == 0
        settings.EARMARK_VERIFY_DAYS = 30
        assert self.verify() == 2

    def test_a_storage_that_is_not_mounted_damages_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "files").rename(tmp_path / "elsewhere")
        with pytest.raises(FileNotFoundError):
            self.verify()
        assert not known_damage()


def test_a_reader_keeps_to_its_pace() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(1000, clock=lambda: now[0], sleep=sleep)
    for _ in range(11):
        pace.wait(500)
    assert now[0] == 5.0  # 5,000 bytes were read before the last piece
