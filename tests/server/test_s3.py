"""Files in S3: a real site and worker with a real (if small) S3 server, from upload to deletion."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.factories import wav
from tests.live import Site, running_site
from tests.reliability.installation import wait_for
from tests.s3 import BUCKET, Store, running_store
from tests.sounds import as_bytes

SONG = wav(seconds=7)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with running_store() as store:
        yield store


@pytest.fixture(scope="module")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("s3"), **store.environment) as site:
        yield site


@pytest.fixture(scope="module")
def alice(site: Site) -> Iterator[httpx.Client]:
    with site.client(Authorization=f"Bearer {site.token('alice@example.org')}") as client:
        client.base_url = f"{site.url}/api/v1"
        yield client


def finished(client: httpx.Client, track: str) -> dict:
    def look() -> dict | None:
        found = client.get(f"/tracks/{track}/").json()
        return found if found["status"] in ("ready", "failed") else None

    found: dict = wait_for(look)
    return found


@pytest.fixture(scope="module")
def track(alice: httpx.Client) -> dict:
    added = alice.post("/tracks/", files={"file": ("Café.wav", SONG)})
    assert added.status_code == 202, added.text
    return finished(alice, added.json()["id"])


def test_a_track_is_heard_and_lies_in_the_store_alone(track: dict, store: Store, site: Site) -> None:
    assert track["status"] == "ready", track
    names = sorted(name.rpartition("/")[2] for name in store.names())
    assert re.fullmatch(r"original\.wav peaks-\w+\.json spectrogram-\w+\.png", " ".join(names))
    assert not [
        path
        for path in Path(site.env["EARMARK_DATA_DIR"]).rglob("tracks/**/*")
        if path.suffix in (".wav", ".png")
    ]


def test_the_original_comes_from_the_store_for_a_quarter_of_an_hour(
    track: dict, alice: httpx.Client, store: Store
) -> None:
    answer = alice.get(f"/tracks/{track['id']}/file/")
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "private, no-store"
    address = answer.headers["Location"]
    signed = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{store.endpoint}/{BUCKET}/tracks/")
    assert (signed["X-Amz-Algorithm"], signed["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["900"])
    file = httpx.get(address, timeout=60)
    assert hashlib.sha256(file.content).hexdigest() == track["sha256"]
    assert file.headers["Content-Type"] == "audio/wav"
    assert file.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Caf%C3%A9.wav")
    part = httpx.get(address, headers={"Range": "bytes=10-19"}, timeout=60)
    assert (part.status_code, part.content) == (206, SONG[10:20])


def test_pages_may_play_from_there_and_load_nothing_else(site: Site, store: Store) -> None:
    policy = httpx.get(f"{site.url}/account/login/", timeout=60).headers["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert store.endpoint in rules["media-src"]
    assert [name for name, words in rules.items() if store.endpoint in words] == ["media-src"]


def test_what_browsers_cannot_play_has_a_copy_there(alice: httpx.Client, store: Store) -> None:
    added = alice.post("/tracks/", files={"file": ("song.au", as_bytes(".au", seconds=7))}).json()
    assert finished(alice, added["id"])["status"] == "ready"
    assert [name for name in store.names() if re.search(r"/playable-\w+\.mp3$", name)]
    copy = alice.get(f"/tracks/{added['id']}/audio/", follow_redirects=True)
    assert (copy.status_code, copy.headers["Content-Type"]) == (200, "audio/mpeg")
    assert copy.content[:3] == b"ID3" or copy.content[0] == 0xFF
    assert alice.delete(f"/tracks/{added['id']}/").status_code == 204


@pytest.mark.parametrize("name", ["spectrogram", "peaks"])
def test_pictures_come_through_the_site_whole_and_in_part(
    track: dict, alice: httpx.Client, name: str
) -> None:
    whole = alice.get(f"/tracks/{track['id']}/{name}/")
    assert whole.status_code == 200
    part = alice.get(f"/tracks/{track['id']}/{name}/", headers={"Range": "bytes=3-9"})
    assert (part.status_code, part.content) == (206, whole.content[3:10])


def test_nobody_else_gets_an_address(track: dict, site: Site, alice: httpx.Client) -> None:
    charlie = {"Authorization": f"Bearer {site.token('charlie@example.org')}"}
    at = f"{site.url}/api/v1/tracks/{track['id']}"
    for name in ("file", "audio", "spectrogram", "peaks"):
        assert httpx.get(f"{at}/{name}/", headers=charlie, timeout=60).status_code == 404
        assert httpx.get(f"{at}/{name}/", timeout=60).status_code == 401


def test_heard_again_it_leaves_nothing_behind(track: dict, alice: httpx.Client, store: Store) -> None:
    before = store.names()
    assert alice.post(f"/tracks/{track['id']}/analyse/").status_code == 202
    assert finished(alice, track["id"])["status"] == "ready"
    wait_for(
        lambda: len(store.names()) == len(before)
    )  # the row changes first, then what it named is deleted


def test_deleted_it_is_gone_from_the_store(track: dict, alice: httpx.Client, store: Store) -> None:
    address = alice.get(f"/tracks/{track['id']}/file/").headers["Location"]
    folder = urlsplit(address).path.removeprefix(f"/{BUCKET}/").rpartition("/")[0]
    assert alice.delete(f"/tracks/{track['id']}/").status_code == 204
    assert [name for name in store.names() if name.startswith(folder)]  # it is in the bin
    assert alice.delete(f"/tracks/{track['id']}/", params={"permanently": "true"}).status_code == 204
    wait_for(lambda: not [name for name in store.names() if name.startswith(folder)])  # a worker deletes them
    assert httpx.get(address, timeout=60).status_code in (403, 404)
