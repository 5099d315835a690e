"""The command-line client, against a real server."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import secrets
import stat
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from earmark_client import Library, LibraryError
from earmark_client.cli import main
from earmark_client.tus import UnfinishedUploads
from tests import sounds
from tests.live import Site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Folders with three songs, one of them twice, and other files."""
    music = tmp_path / "music"
    for number, name in enumerate(["a/one.mp3", "a/b/two.FLAC", "three.ogg"]):
        (music / name).parent.mkdir(parents=True, exist_ok=True)
        sounds.write(music / name.lower(), seconds=3.5 + number).rename(music / name)
    (music / "a/again.mp3").write_bytes((music / "a/one.mp3").read_bytes())
    (music / "cover.jpg").write_bytes(b"picture")
    (music / ".hidden.mp3").write_bytes(b"not looked at")
    return music


@pytest.fixture
def signed_in(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "config.json"))
    token = site.token(f"{secrets.token_hex(6)}@example.org")
    assert main(["login", site.url, "--token", token]) == 0
    return token


def test_a_folder_goes_up_once(
    signed_in: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stat.S_IMODE((tmp_path / "config.json").stat().st_mode) == 0o600
    assert main(["upload", str(folder), "--quiet", "--wait"]) == 0
    first = capsys.readouterr().out
    assert "3 sent, 1 there already, 0 failed." in first
    assert first.count("\n") == 4  # the summary, and three verdicts

    assert main(["upload", str(folder), str(folder / "three.ogg"), "--quiet"]) == 0
    assert "0 sent, 4 there already, 0 failed." in capsys.readouterr().out

    assert main(["status"]) == 0
    assert "3 tracks" in capsys.readouterr().out
    assert main(["export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(row["original_name"] for row in rows) == ["again.mp3", "three.ogg", "two.FLAC"]
    assert main(["export", "--format", "csv"]) == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff"))))
    assert {row["sha256"] for row in table} == {row["sha256"] for row in rows}
    assert main(["export", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["tracks"]) == 3


def test_status_lists_failed_tracks(
    signed_in: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = sounds.write(tmp_path / "short.wav", seconds=0.3)
    assert main(["upload", str(short), "--quiet", "--wait"]) == 1
    capsys.readouterr()
    assert main(["status"]) == 1
    told = capsys.readouterr()
    assert "  failed: 1" in told.out
    assert "1 could not be analysed:\n  short.wav: " in told.err


def test_failures_are_reported_and_do_not_stop_the_rest(
    signed_in: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "fake.mp3").write_text("no music at all\n" * 50)
    assert main(["upload", str(folder), "--quiet"]) == 1
    told = capsys.readouterr()
    assert "3 sent, 1 there already, 1 failed." in told.out
    assert "fake.mp3: This is not an audio file" in told.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [(["upload", "/no/such/folder"], "There is no"), (["status"], "unknown or revoked")],
)
def test_nothing_can_be_done(
    site: Site,
    arguments: list[str],
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "none.json"))
    monkeypatch.setenv("EARMARK_URL", site.url)
    monkeypatch.setenv("EARMARK_TOKEN", "earmark_wrong")
    assert main(arguments) == 2
    assert reason in capsys.readouterr().err


def test_without_a_login(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EARMARK_CONFIG", str(tmp_path / "none.json"))
    assert main(["status"]) == 2
    assert "earmark login" in capsys.readouterr().err


def test_a_connection_that_breaks_off_is_tried_again(site: Site, folder: Path) -> None:
    """The first three attempts break before or after the site has responded; the file is stored once."""
    waits: list[float] = []
    with Library(site.url, site.token("retry@example.org"), wait=waits.append) as library:
        use_transport(library, Flaky(["before", "after", "busy"]))
        track = library.upload(folder / "three.ogg")
        assert track["duplicate"] is True  # the second attempt had arrived
        assert waits == [1.0, 2.0, 3.0]
        assert [row["id"] for row in library.tracks()] == [track["id"]]


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large, and is uploaded in six pieces."""
    monkeypatch.setattr("earmark_client.library.TUS_FROM_BYTES", 100_000)
    monkeypatch.setattr("earmark_client.tus.CHUNK_BYTES", 100_000)
    return sounds.write(tmp_path / "large.wav", seconds=8)


def test_a_large_file_goes_on_where_it_broke_off(site: Site, large: Path, tmp_path: Path) -> None:
    """The second attempt's bytes arrive in part, the third's all; no byte that was acknowledged is sent again."""
    size = large.stat().st_size
    assert size > 600_000
    token, waits, counted = site.token("large@example.org"), [], []
    kept = tmp_path / "unfinished.json"
    with Library(site.url, token, wait=waits.append, unfinished=kept) as library:
        network = use_transport(library, Flaky([None, None, "half", None, None, "after", None, "busy"]))
        track = library.upload(large, counted.append)
        assert track["duplicate"] is False
        assert track["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
        assert sum(counted) == size
        assert size < network.sent <= size + 200_000  # at most a piece for each mishap
        assert json.loads(kept.read_text()) == {}
        assert library.upload(large)["duplicate"] is True


def test_another_run_goes_on_where_one_was_stopped(site: Site, large: Path, tmp_path: Path) -> None:
    token, kept = site.token("stopped@example.org"), tmp_path / "unfinished.json"
    with Library(site.url, token, wait=lambda seconds: None, unfinished=kept) as library:
        use_transport(library, Flaky([None, None, None, None, *["before"] * 9]))
        with pytest.raises(LibraryError, match="cannot be reached"):
            library.upload(large)
    with Library(site.url, token, unfinished=kept) as library:
        network = use_transport(library, Flaky([]))
        assert library.upload(large)["size"] == large.stat().st_size
        assert network.sent <= large.stat().st_size - 200_000


def test_an_upload_that_the_site_has_forgotten_is_begun_anew(
    site: Site, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, kept = site.token("forgotten@example.org"), tmp_path / "unfinished.json"
    with Library(site.url, token, unfinished=kept) as library:
        monkeypatch.setattr(
            UnfinishedUploads, "get", lambda self, key: "00000000-0000-0000-0000-000000000001"
        )
        assert library.upload(large)["duplicate"] is False


def test_a_large_file_that_is_no_music(site: Site, large: Path) -> None:
    large.write_bytes(b"no music at all\n" * 50_000)
    with Library(site.url, site.token("no-music@example.org")) as library:
        network = use_transport(library, Flaky([]))
        with pytest.raises(LibraryError, match="not an audio file"):
            library.upload(large)
        assert network.sent < 300_000  # its first bytes tell


def test_an_archive_is_unpacked(site: Site, folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as album:
        album.write(folder / "three.ogg", "three.ogg")
    with Library(site.url, site.token("archive@example.org")) as library:
        assert library.upload(tmp_path / "album.zip")["id"] is None
        assert [track["original_name"] for track in library.tracks()] == ["three.ogg"]


def test_a_program_runs_bulk_actions_and_follows_changes(site: Site, folder: Path) -> None:
    with Library(site.url, site.token("program@example.org")) as library:
        for name in ["three.ogg", "a/one.mp3"]:
            library.upload(folder / name)
        action = library.wait_for(library.start_bulk_action("tag", query="q=three", value="live"))
        assert (action.status, action.done, action.skipped) == ("done", 1, 0)
        assert [track["tags"] for track in library.tracks(q="three")] == [["live"]]
        # The latest changes appear later; the address to continue from is valid at once.
        pages = list(library.changes(datetime.now(UTC)))
        assert list(library.changes(pages[-1].resume))[-1].resume == pages[-1].resume


def test_it_gives_up_in_the_end() -> None:
    waits: list[float] = []
    with (
        Library("http://127.0.0.1:1", "token", wait=waits.append) as library,
        pytest.raises(LibraryError, match="cannot be reached"),
    ):
        library.account()
    assert len(waits) == 4


def use_transport(library: Library, network: Flaky) -> Flaky:
    library._http = httpx.Client(
        base_url=library._http.base_url,
        headers=library._http.headers,
        timeout=library._http.timeout,
        transport=network,
    )
    return network


class Flaky(httpx.HTTPTransport):
    """A network that delivers requests only after some failures."""

    def __init__(self, mishaps: list[str | None]) -> None:
        super().__init__()
        self.mishaps = mishaps
        self.sent = 0

    def handle_request(self, request: httpx.Request) -> Any:
        mishap = self.mishaps.pop(0) if self.mishaps else None
        if mishap == "before":
            raise httpx.ConnectError("no route")
        if mishap == "busy":
            return httpx.Response(503, headers={"Retry-After": "3"})
        if mishap == "half":
            body = request.read()[: len(request.read()) // 2]
            headers = request.headers.copy()
            headers["Content-Length"] = str(len(body))
            request = httpx.Request(request.method, request.url, headers=headers, content=body)
        self.sent += int(request.headers.get("Content-Length", 0))
        response = super().handle_request(request)
        if mishap == "half":
            response.read()
            raise httpx.WriteError("cut off")
        if mishap == "after":
            response.read()
            raise httpx.ReadError("cut off")
        return response
