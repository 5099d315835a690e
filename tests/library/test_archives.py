"""ZIP archives: each song in one becomes a track, and hostile archives do no harm."""

from __future__ import annotations

import resource
import stat
import struct
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipInfo

import pytest
from django.conf import settings as site
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from library.incoming import archives
from library.models import PartialUpload, Track, User
from tests.factories import upload, wav
from tests.hostile.archives import packed
from tests.library.test_resumable import create, patch

pytestmark = pytest.mark.django_db


def send(client: Client, content: bytes, name: str = "album.zip") -> PartialUpload:
    """The archive's row after the upload."""
    client.post(reverse("upload"), {"file": SimpleUploadedFile(name, content)})
    return PartialUpload.objects.get(archive=None)


def entry_results() -> dict[str, str]:
    """The outcome of each entry, by name."""
    rows = PartialUpload.objects.exclude(archive=None)
    return {row.name: row.error_code or ("known" if row.duplicate else "added") for row in rows}


def files() -> list[Path]:
    """All files below the site's folders."""
    roots = (Path(site.FILE_UPLOAD_TEMP_DIR), Path(default_storage.location))
    return [path for root in roots for path in root.rglob("*") if path.is_file()]


def test_each_song_becomes_a_track(alice_client: Client, alice: User) -> None:
    content = packed(
        ("Album/01 one.wav", wav(1)), ("Album/02 two.wav", wav(2)), ("Album/cover.jpg", b"\xff\xd8" * 99)
    )
    row = send(alice_client, content)
    assert row.contents == {"added": 2, "known": 0, "refused": 0, "pictures": 1}
    assert entry_results() == {"01 one.wav": "added", "02 two.wav": "added"}
    tracks = {track.original_name: track for track in Track.objects.filter(owner=alice)}
    assert tracks["01 one.wav"].original.open("rb").read() == wav(1)
    assert tracks["02 two.wav"].original.open("rb").read() == wav(2)
    assert len(files()) == 3  # the picture waits for a worker


def test_a_duplicate_names_the_existing_track(alice_client: Client, make_track: Any) -> None:
    alice_client.post(reverse("upload"), {"file": upload(wav(1), "mine.wav")})
    twin = Track.objects.get()
    PartialUpload.objects.all().delete()
    row = send(alice_client, packed(("one.wav", wav(1)), ("again.wav", wav(1)), ("two.wav", wav(2))))
    assert row.contents == {"added": 1, "known": 2, "refused": 0}
    page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert page.count(f'href="{twin.get_absolute_url()}"') >= 2
    assert "Already in your library" in page


def test_an_archive_may_come_in_pieces(alice_client: Client, alice: User) -> None:
    content = packed(("one.wav", wav(1)), method=ZIP_STORED)
    address = create(alice_client, len(content), "album.zip")["Location"]
    patch(alice_client, address, 0, content[:1000])
    answer = patch(alice_client, address, 1000, content[1000:])
    assert answer["Earmark-State"] == "unpacked"
    assert Track.objects.get(owner=alice).original.open("rb").read() == wav(1)
    assert len(files()) == 1


def test_its_name_does_not_matter(alice_client: Client) -> None:
    assert send(alice_client, packed(("one.wav", wav(1))), "song.mp3").contents == {
        "added": 1, "known": 0, "refused": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["../../escape.wav", "/etc/escape.wav", "a/../../escape.wav", "..\\escape.wav", "C:\\escape.wav"]
)
def test_paths_that_lead_elsewhere_are_skipped(alice_client: Client, tmp_path: Path, name: str) -> None:
    send(alice_client, packed((name, wav(1)), ("good.wav", wav(2))))
    assert entry_results() == {"escape.wav": "archive_entry_path", "good.wav": "added"}
    assert not list(tmp_path.rglob("escape*"))


def test_links_and_devices_are_skipped(alice_client: Client) -> None:
    link, device = ZipInfo("link.wav"), ZipInfo("device.wav")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device.external_attr = (stat.S_IFCHR | 0o666) << 16
    send(alice_client, packed((link, b"/etc/passwd"), (device, b""), ("good.wav", wav(2))))
    assert entry_results() == {
        "link.wav": "archive_entry_special", "device.wav": "archive_entry_special", "good.wav": "added",
    }  # fmt: skip


def test_encrypted_entries_are_skipped(alice_client: Client) -> None:
    content = bytearray(packed(("secret.wav", wav(1)), method=ZIP_STORED))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    send(alice_client, bytes(content))
    assert entry_results() == {"secret.wav": "archive_entry_locked"}


@pytest.mark.parametrize("method", [ZIP_BZIP2, ZIP_LZMA])
def test_methods_that_inflate_without_bounds_are_skipped(alice_client: Client, method: int) -> None:
    send(alice_client, packed(("bomb.wav", wav(1)[:44] + bytes(30_000_000)), method=method))
    assert entry_results() == {"bomb.wav": "archive_entry_method"}


def test_archives_in_archives_are_not_opened(alice_client: Client) -> None:
    send(alice_client, packed(("inner.zip", packed(("one.wav", wav(1)))), ("good.wav", wav(2))))
    assert entry_results() == {"inner.zip": "archive_in_archive", "good.wav": "added"}


def test_a_file_that_swells_is_stopped_early(alice_client: Client) -> None:
    bomb = wav(1)[:44] + bytes(100_000_000)
    row = send(alice_client, packed(("bomb.wav", bomb), ("good.wav", wav(2))))
    assert row.length < 200_000
    assert entry_results() == {"bomb.wav": "archive_entry_ratio", "good.wav": "added"}
    assert len(files()) == 1


def test_the_limit_of_one_file_holds_whatever_the_header_says(alice_client: Client, settings: Any) -> None:
    settings.EARMARK_MAX_UPLOAD_BYTES = 50_000
    big = wav(1, seconds=5)
    assert len(big) > 50_000
    content = bytearray(packed(("big.wav", big), ("good.wav", wav(2))))
    start = content.index(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<I", 100)
    send(alice_client, bytes(content))
    assert entry_results()["good.wav"] == "added"
    assert entry_results()["big.wav"] in ("too_large", "archive_entry_damaged")
    assert len(files()) == 1


def test_the_whole_archive_has_a_limit(alice_client: Client, settings: Any) -> None:
    songs = [wav(1)[:44] + bytes([number]) * 60_000 for number in range(9)]
    settings.EARMARK_MAX_UPLOAD_BYTES = len(songs[0])
    content = packed(*((f"{number}.wav", song) for number, song in enumerate(songs)))
    row = send(alice_client, content)
    assert row.contents == {"added": 4, "known": 0, "refused": 5}
    assert set(entry_results().values()) == {"added", "archive_too_large"}


def test_the_quota_holds(alice_client: Client, settings: Any) -> None:
    settings.EARMARK_QUOTA_BYTES = 2 * len(wav(1)) + 10
    row = send(alice_client, packed(*((f"{n}.wav", wav(n)) for n in range(4)), method=ZIP_DEFLATED))
    assert row.contents == {"added": 2, "known": 0, "refused": 2}
    assert "over_quota" in entry_results().values()
    assert len(files()) == 2


def test_too_many_entries_are_refused_as_a_whole(alice_client: Client) -> None:
    row = send(alice_client, packed(*((f"{n}", b"") for n in range(archives.MAX_ENTRIES + 1))))
    assert row.error_code == "archive_too_many"
    assert not Track.objects.exists()
    assert files() == []


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(alice_client: Client) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    content = packed(("a.wav", wav(1)))
    start = content.index(b"PK\x01\x02")
    entry = content[start : content.index(b"PK\x05\x06")]
    table = entry * 250_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(table), start, 0)
    row = send(alice_client, content[:start] + table + end)
    assert row.error_code == "archive_damaged"
    # In kilobytes: the upload itself is 13 MB, the table would be some 150.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_an_archive_that_breaks_off_is_refused(alice_client: Client, keep: float) -> None:
    content = packed(("one.wav", wav(1)), ("two.wav", wav(2)))
    row = send(alice_client, content[: int(len(content) * keep)])
    assert row.error_code == "archive_damaged"
    assert "Nothing was stored" in alice_client.get(reverse("upload")).content.decode()


def test_a_damaged_entry_does_not_stop_the_others(alice_client: Client) -> None:
    content = bytearray(packed(("bad.wav", wav(1)), ("good.wav", wav(2)), method=ZIP_STORED))
    content[200] ^= 0xFF
    send(alice_client, bytes(content))
    assert entry_results() == {"bad.wav": "archive_entry_damaged", "good.wav": "added"}
    assert len(files()) == 1


def test_entries_that_overlap_are_not_read_over_and_over(alice_client: Client) -> None:
    content = packed(("one.wav", wav(1)), method=ZIP_STORED)
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    table = content[start:end] * 100
    record = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 100, 100, len(table), start, 0)
    send(alice_client, content[:start] + table + record)
    # All of them are one stretch of the file: a twin at most.
    assert Track.objects.count() <= 1
    assert len(files()) <= 1


def test_macos_metadata_and_folders_are_skipped(alice_client: Client) -> None:
    row = send(
        alice_client, packed(("Album/", b""), ("Album/a.wav", wav(1)), ("__MACOSX/Album/._a.wav", b"x"))
    )
    assert row.contents == {"added": 1, "known": 0, "refused": 0}


LITTER = (
    "__MACOSX/._a.wav", "Album/__MACOSX/x.wav", "Album/._a.wav", "Album/.DS_Store", "Album/Thumbs.db",
    "Album/desktop.ini", "ALBUM/THUMBS.DB", "Album/@eaDir/a.wav", "Album\\._b.wav",
)  # fmt: skip


def test_what_systems_leave_beside_music_is_left_out(alice_client: Client) -> None:
    content = packed(("Album/a.wav", wav(1)), *((name, b"litter") for name in LITTER))
    row = send(alice_client, content)
    assert row.contents == {"added": 1, "known": 0, "refused": 0}
    assert entry_results() == {"a.wav": "added"}


def test_files_that_are_not_music_are_no_alarm(alice_client: Client) -> None:
    playlist, notes = ("album.m3u", b"#EXTM3U\n01.wav\n"), ("info.txt", b"")
    row = send(
        alice_client, packed(("a.wav", wav(1)), playlist, notes, ("scan.pdf", b"%PDF-1.7\n" + b"\0" * 99))
    )
    assert row.contents == {"added": 1, "known": 0, "refused": 0, "not_music": 3}
    assert entry_results() == {"a.wav": "added"}
    page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert "0 rejected, 3 skipped: not music." in page
    assert "3 skipped: not music" in alice_client.get(reverse("upload")).content.decode()


def test_music_by_its_name_that_is_none_is_told(alice_client: Client) -> None:
    row = send(alice_client, packed(("a.wav", wav(1)), ("b.mp3", b"#EXTM3U\n01.wav\n")))
    assert row.contents == {"added": 1, "known": 0, "refused": 1}
    assert entry_results() == {"a.wav": "added", "b.mp3": "not_audio"}


def test_an_empty_archive_says_so(alice_client: Client) -> None:
    row = send(alice_client, packed())
    page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert "This archive was empty" in page


def test_an_archive_without_music_says_so(alice_client: Client) -> None:
    row = send(alice_client, packed(("notes.txt", b"words " * 99)))
    page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert "There is no music in this archive" in page


def test_the_page_of_an_archive_lists_what_was_refused_first(
    alice_client: Client, django_assert_max_num_queries: Any
) -> None:
    row = send(
        alice_client, packed(*((f"{n}.wav", wav(n)) for n in range(20)), ("notes.mp3", b"words " * 99))
    )
    with django_assert_max_num_queries(9):
        page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert page.index("notes.mp3") < page.index("0.wav")
    assert "not an audio file" in page


def test_names_are_shown_as_text(alice_client: Client) -> None:
    row = send(alice_client, packed(("<script>alert(1)</script>.wav", wav(1)), ("a\x07b.wav", wav(2))))
    page = alice_client.get(reverse("upload-archive", args=[row.pk])).content.decode()
    assert "<script>alert" not in page
    assert Track.objects.filter(original_name="ab.wav").exists()


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Beyoncé – Déjà.wav", "utf-8"), ("椎名林檎.wav", "utf-8"), ("Группа крови.wav", "cp866"),
        ("Группа крови.wav", "cp1251"), ("椎名林檎.wav", "cp932"), ("月亮代表我的心.wav", "gb18030"),
        ("Beyoncé.wav", "cp437"), ("Motörhead – Ace.wav", "cp1252"), ("plain.wav", "ascii"),
    ],
)  # fmt: skip
def test_names_are_read_as_they_were_written(alice_client: Client, name: str, encoding: str) -> None:
    """Without the flag for UTF-8, as macOS and Windows make archives."""
    raw = name.encode(encoding)
    content = packed((("x" * len(raw)), wav(1)), method=ZIP_STORED).replace(b"x" * len(raw), raw)
    send(alice_client, content)
    assert entry_results() == {name: "added"}
