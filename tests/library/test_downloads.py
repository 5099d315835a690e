"""Downloads: originals byte for byte, tagged copies, and archives that are never stored."""

from __future__ import annotations

import hashlib
import io
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from library import services
from library.models import Track, User
from library.outgoing.archives import stream_archive
from library.outgoing.tagged_copies import safe_path_part
from tests import sounds
from tests.classifier.audio_files import tag_fields

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def stored(track: Track) -> bytes:
    with track.original.storage.open(track.original.name) as file:
        return file.read()


def with_file(track: Track, extension: str, **tags: str) -> Track:
    """Give a track a real file of this kind."""
    content = sounds.as_bytes(extension, 1, tags=tags)
    track.kind = extension[1:]
    track.sha256 = hashlib.sha256(content).hexdigest()
    track.size = len(content)
    track.original.save(track.original_name, ContentFile(content), save=False)
    track.save()
    return track


class TestTaggedCopy:
    @pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a"])
    def test_it_says_what_is_known_and_the_original_stays(
        self, alice_client: Client, alice: User, track: Track, tmp_path: Path, extension: str
    ) -> None:
        with_file(track, extension, title="Old", artist="Ann", genre="Polka", album_artist="Cid", disc="3/4")
        services.track_edit(track=track, title="Été", artist="Ann & Bob", album="", year=1987)
        services.track_edit(track=track, track_number=7, disc_number=1, disc_total=2, compilation=True)
        genre = services.own_genre_add(owner=alice, name="Dream Pop")
        services.genre_set(track=track, person=alice, genre=genre.key)
        services.own_genre_rename(genre=genre, name="Shoegaze")
        services.track_tag(track=track, name="live")

        response = alice_client.get(reverse("tagged", args=[track.pk]))
        assert response.status_code == 200
        copy = tmp_path / f"copy{extension}"
        copy.write_bytes(body(response))
        assert tag_fields(copy) == {
            "title": "Été",
            "artist": "Ann & Bob",
            "year": 1987,
            "genre": "Shoegaze",
            "album_artist": "Cid",
            "track_number": 7,
            "disc_number": 1,
            "disc_total": 2,
            "compilation": True,
        }
        assert response["Content-Disposition"].startswith("attachment")
        assert "sandbox" in response["Content-Security-Policy"]
        assert hashlib.sha256(stored(track)).hexdigest() == track.sha256

    @pytest.mark.parametrize("extension", [".mp3", ".flac", ".ogg", ".opus", ".m4a"])
    def test_what_nobody_changed_stays_to_the_byte(
        self, alice_client: Client, track: Track, extension: str
    ) -> None:
        """What Earmark shows may be cut, joined, repaired or heard: none of that is written."""
        with_file(track, extension, title="Old" * 99, date="10.03.1975", genre="Death Metal")
        Track.objects.filter(pk=track.pk).update(title="Shown", artist="Ann, Bob", year=1975)
        response = alice_client.get(reverse("tagged", args=[track.pk]))
        assert body(response) == stored(track)

    def test_the_genre_is_the_owners_or_what_earmark_hears_where_asked(
        self, alice_client: Client, alice_api: Client, alice: User, track: Track, tmp_path: Path
    ) -> None:
        with_file(track, ".flac", genre="Polka")

        def genre_in_copy(client: Client, address: str) -> str:
            copy = tmp_path / "copy.flac"
            copy.write_bytes(body(client.get(address)))
            return str(tag_fields(copy)["genre"])

        page, api = reverse("tagged", args=[track.pk]), f"/api/v1/tracks/{track.pk}/tagged/"
        assert genre_in_copy(alice_client, page) == "Polka"
        assert genre_in_copy(alice_client, f"{page}?genre=heard") == "Blues"
        assert genre_in_copy(alice_api, api) == "Blues"  # as ever
        assert genre_in_copy(alice_api, f"{api}?genre=owner") == "Polka"
        assert alice_api.get(f"{api}?genre=mine").status_code == 400
        services.genre_set(track=track, person=alice, genre="jazz")
        for client, address in ((alice_client, page), (alice_api, api), (alice_api, f"{api}?genre=owner")):
            assert genre_in_copy(client, address) == "Jazz"

    def test_an_archive_takes_the_same_choice(self, alice_api: Client, track: Track, tmp_path: Path) -> None:
        with_file(track, ".flac", genre="Polka")
        for genre, expected in (("owner", "Polka"), ("heard", "Blues")):
            asked = {"query": "", "tagged": True, "genre": genre}
            answer = alice_api.post("/api/v1/archive/", asked, content_type="application/json")
            [name] = (archive := zipfile.ZipFile(io.BytesIO(body(answer)))).namelist()
            copy = tmp_path / "copy.flac"
            copy.write_bytes(archive.read(name))
            assert tag_fields(copy)["genre"] == expected

    def test_nothing_stays_on_the_disk(self, alice_client: Client, track: Track, settings: Settings) -> None:
        with_file(track, ".mp3")
        response = alice_client.get(reverse("tagged", args=[track.pk]))
        body(response)
        response.close()
        assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []

    def test_a_file_that_takes_none_is_given_as_it_is_and_that_is_said(
        self, alice_client: Client, track: Track
    ) -> None:
        response = alice_client.get(reverse("tagged", args=[track.pk]))
        assert response["Location"] == reverse("original", args=[track.pk])
        assert "you got the original" in alice_client.get("/").content.decode()

    def test_so_is_a_damaged_one(self, alice_client: Client, track: Track, settings: Settings) -> None:
        track.kind = "mp3"  # but it is none
        track.save()
        response = alice_client.get(reverse("tagged", args=[track.pk]))
        assert response["Location"] == reverse("original", args=[track.pk])
        assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir()) == []

    def test_a_lost_file_is_a_404(self, alice_client: Client, track: Track) -> None:
        with_file(track, ".mp3")
        track.original.storage.delete(track.original.name)
        assert alice_client.get(reverse("tagged", args=[track.pk])).status_code == 404

    def test_the_page_offers_it_where_it_can_be(self, alice_client: Client, track: Track) -> None:
        link = reverse("tagged", args=[track.pk])
        assert link not in alice_client.get(track.get_absolute_url()).content.decode()
        with_file(track, ".mp3")
        assert link in alice_client.get(track.get_absolute_url()).content.decode()


def download(client: Client, action: str = "download:original", **data: object) -> zipfile.ZipFile:
    response = client.post(reverse("bulk-action-submit"), {"act": action} | (data or {"all": "1"}))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    found = zipfile.ZipFile(io.BytesIO(body(response)))
    assert found.testzip() is None
    return found


class TestArchive:
    def test_originals_byte_for_byte(self, alice_client: Client, make_track: MakeTrack) -> None:
        one = make_track(title="One", artist="Ann", album="First")
        make_track(title="Two")
        found = download(alice_client)
        assert found.namelist() == ["Unknown artist/Unknown album/Two.wav", "Ann/First/One.wav"]
        assert found.read("Ann/First/One.wav") == stored(one)
        assert {entry.compress_type for entry in found.infolist()} == {zipfile.ZIP_STORED}

    def test_a_date_before_1980(self, alice_client: Client, make_track: MakeTrack) -> None:
        """Archives cannot hold one, and imports bring them."""
        one = make_track(title="One")
        Track.objects.update(created_at=datetime(1970, 1, 1, tzinfo=UTC))
        [entry] = download(alice_client).infolist()
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.file_size == one.size

    def test_those_selected(self, alice_client: Client, make_track: MakeTrack) -> None:
        one, _ = make_track(title="One"), make_track(title="Two")
        assert len(download(alice_client, track=[str(one.pk)]).namelist()) == 1

    def test_copies_with_tags_and_a_note_on_those_without(
        self, alice_client: Client, make_track: MakeTrack, tmp_path: Path
    ) -> None:
        song = with_file(make_track(title="Song", artist="Ann", album="A"), ".mp3", title="Old")
        services.track_edit(track=song, title="New")
        plain = make_track(title="Plain", artist="Ann", album="A")
        found = download(alice_client, "download:tagged")
        copy = tmp_path / "copy.mp3"
        copy.write_bytes(found.read("Ann/A/New.mp3"))
        assert tag_fields(copy)["title"] == "New"
        assert hashlib.sha256(stored(song)).hexdigest() == song.sha256
        assert found.read("Ann/A/Plain.wav") == stored(plain)
        assert found.read("Please note.txt").decode().startswith("Ann/A/Plain.wav: the original")

    def test_the_same_name_twice(self, alice_client: Client, make_track: MakeTrack) -> None:
        for title in ("Song", "song", "Song"):
            make_track(title=title)
        names = [name.rpartition("/")[2] for name in download(alice_client).namelist()]
        assert names == ["Song.wav", "song (2).wav", "Song (3).wav"]

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "..\\..\\x", "/abs", "C:\\x", "a\x01b", "..", ".", "x" * 255, "🎷" * 60]
    )
    def test_names_stay_inside(self, alice_client: Client, make_track: MakeTrack, name: str) -> None:
        make_track(title=name, artist=name, album=name)
        (entry,) = download(alice_client).namelist()
        parts = entry.split("/")
        assert len(parts) == 3
        assert not {"", ".", ".."} & set(parts)
        assert "\\" not in entry
        assert ":" not in entry
        assert all(len(part.encode()) < 200 for part in parts)

    def test_a_lost_file_does_not_stop_the_others(self, alice_client: Client, make_track: MakeTrack) -> None:
        lost, _ = make_track(title="Lost"), make_track(title="There")
        lost.original.storage.delete(lost.original.name)
        found = download(alice_client)
        assert found.namelist()[-1] == "Please note.txt"
        assert "Lost.wav: the file is missing on the server" in found.read("Please note.txt").decode()
        assert found.read("Unknown artist/Unknown album/There.wav")

    def test_anothers_tracks_are_not_there(self, alice: User, charlie: User, track: Track) -> None:
        found = zipfile.ZipFile(io.BytesIO(b"".join(stream_archive(charlie, [track.pk], copies=None))))
        assert found.namelist() == []

    @pytest.mark.parametrize("count", [1, 20])
    def test_as_many_queries_for_one_as_for_many(
        self,
        alice: User,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
        count: int,
    ) -> None:
        ids = [make_track().pk for _ in range(count)]
        with django_assert_num_queries(3):  # own genres, tracks, tags
            for _ in stream_archive(alice, ids, copies=None):
                pass

    def test_it_is_sent_while_it_is_made(
        self, alice: User, track: Track, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Forty megabytes are sent with little memory and no temporary file."""
        track.original.save("long.wav", ContentFile(bytes(40 * 2**20)), save=False)
        track.size = 40 * 2**20
        track.save()

        def none(*args: object, **kwargs: object) -> Iterator[None]:
            raise AssertionError("a temporary file was made")

        monkeypatch.setattr(tempfile, "NamedTemporaryFile", none)
        monkeypatch.setattr(tempfile, "TemporaryFile", none)
        tracemalloc.start()
        total = sum(len(chunk) for chunk in stream_archive(alice, [track.pk], copies=None))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total > 40 * 2**20
        assert peak < 2 * 2**20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AC/DC", "AC_DC"), ("Con", "_Con"), ("nul.mp3", "_nul.mp3"), ("  . a . ", "a"), ("", ""),
        ("a\u202egnp", "agnp"), ("Where?", "Where_"),
    ],
)  # fmt: skip
def test_part(text: str, expected: str) -> None:
    assert safe_path_part(text) == expected
