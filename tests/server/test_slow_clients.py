"""Clients that send slowly, or nothing, keep nobody else waiting."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.factories import PASSWORD, wav
from tests.live import Site
from tests.reliability.installation import wait_for
from tests.server.raw_requests import connected, is_open, request, response_to
from tests.server.test_double_click import fields_on

SLOW = 200
TUS = {"Tus_Resumable": "1.0.0", "Content_Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.token("patient@example.org", PASSWORD)


@pytest.fixture
def browser(site: Site, token: str) -> Iterator[httpx.Client]:
    with site.client() as client:
        login = fields_on(client, "/account/login/", '<form method="post"')
        client.post("/account/login/", data=login | {"username": "patient@example.org", "password": PASSWORD})
        yield client


@contextmanager
def held_open(site: Site, sends: bytes) -> Iterator[None]:
    """Many connections that have sent this and no more; at the end, the server still has to wait for each."""
    with ExitStack() as stack:
        held = [stack.enter_context(connected(site, sends)) for _ in range(SLOW)]
        yield
        assert all(is_open(connection) for connection in held)


def begun_upload(site: Site, token: str, length: int) -> str:
    with site.client(Authorization=f"Bearer {token}") as program:
        name = base64.b64encode(b"song.wav").decode()
        begun = program.post(
            "/api/v1/uploads/",
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Length": str(length),
                "Upload-Metadata": f"filename {name}",
            },
        )
        return httpx.URL(begun.headers["Location"]).path


def slow_requests(site: Site, token: str) -> dict[str, bytes]:
    upload = begun_upload(site, token, 10**6)
    return {
        "headers": b"GET / HTTP/1.1\r\nHost: local",
        "a form": request("POST", "/account/login/", body=b"x", Content_Length="1000"),
        "a file": request(
            "POST", "/api/v1/tracks/", body=b"--b", Content_Length="100000",
            Content_Type="multipart/form-data; boundary=b", Authorization=f"Bearer {token}",
        ),
        "a piece of a file": request(
            "PATCH", upload, Content_Length="100000", Upload_Offset="0",
            Authorization=f"Bearer {token}", **TUS,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["headers", "a form", "a file", "a piece of a file"])
def test_pages_come_while_many_send_slowly(site: Site, token: str, browser: httpx.Client, kind: str) -> None:
    with held_open(site, slow_requests(site, token)[kind]):
        assert browser.get("/healthz").text == "ok\n"
        assert browser.get("/").status_code == 200


def test_strangers_are_refused_before_their_body_is_read(site: Site) -> None:
    for path in (
        "/api/v1/tracks/",
        "/file-upload",
        "/api/v1/classify/",
        "/api/v1/import/",
        "/api/v1/uploads/",
    ):
        asks = request(
            "POST", path, Content_Length=str(10**9), Content_Type="multipart/form-data; boundary=b"
        )
        with connected(site, asks) as connection:
            head = response_to(connection).lower()
        assert head.startswith(b"http/1.1 401 "), path
        assert b"connection: close" in head


def test_a_stranger_may_not_send_more_than_forms_have(site: Site) -> None:
    """Here the body has the key that protects the form, so that it would have to be read before all else."""
    asks = request(
        "POST", "/account/login/", Content_Length=str(10**6), Cookie=f"csrftoken={'c' * 32}",
        Content_Type="multipart/form-data; boundary=b",
    )  # fmt: skip
    with connected(site, asks) as connection:
        assert response_to(connection).startswith(b"HTTP/1.1 413 ")


def test_a_token_without_the_scope_is_refused_before_the_body_is_read(site: Site) -> None:
    reader = site.token("patient@example.org", PASSWORD, may_write=False)
    asks = request(
        "POST", "/api/v1/tracks/", Content_Length=str(10**9), Authorization=f"Bearer {reader}",
        Content_Type="multipart/form-data; boundary=b",
    )  # fmt: skip
    with connected(site, asks) as connection:
        assert response_to(connection).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("arrives", [100, 70_000])
def test_what_came_before_the_connection_broke_counts(site: Site, token: str, arrives: int) -> None:
    song = wav(arrives) + bytes(2**18)
    address = begun_upload(site, token, len(song))
    asks = request(
        "PATCH", address, body=song[:arrives], Content_Length=str(len(song)), Upload_Offset="0",
        Authorization=f"Bearer {token}", **TUS,
    )  # fmt: skip
    connected(site, asks).close()
    tus = {name.replace("_", "-"): value for name, value in TUS.items()}
    with site.client(Authorization=f"Bearer {token}", **tus) as program:
        wait_for(lambda: program.head(address).headers["Upload-Offset"] == str(arrives))
        rest = program.patch(address, content=song[arrives:], headers={"Upload-Offset": str(arrives)})
        assert (rest.status_code, rest.headers["Earmark-State"]) == (204, "added")


def test_a_large_upload_is_passed_on_in_blocks(site: Site, token: str) -> None:
    song = wav(94) + bytes(5 * 2**20)
    address = begun_upload(site, token, len(song))
    tus = {name.replace("_", "-"): value for name, value in TUS.items()}
    with site.client(Authorization=f"Bearer {token}", **tus) as program:
        whole = program.patch(address, content=song, headers={"Upload-Offset": "0"})
        assert (whole.status_code, whole.headers["Upload-Offset"]) == (204, str(len(song)))
        track = program.get(whole.headers["Earmark-Track"], headers={"Content-Type": ""}).json()
        assert track["size"] == len(song)


def test_a_large_form_arrives_whole(site: Site, token: str) -> None:
    song = wav(95) + bytes(5 * 2**20)
    with site.client(Authorization=f"Bearer {token}") as program:
        answer = program.post("/api/v1/tracks/", files={"file": ("song.wav", song)})
        assert (answer.status_code, answer.json()["size"]) == (202, len(song))
