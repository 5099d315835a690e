"""Bodies with chunked transfer encoding are read like all others; ambiguous ones are refused."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings

from tests.factories import PASSWORD, wav
from tests.live import Site
from tests.server.test_double_click import fields_on

TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return site.token("chunks@example.org", PASSWORD)


@pytest.fixture
def program(site: Site, token: str) -> Iterator[httpx.Client]:
    with site.client(Authorization=f"Bearer {token}") as client:
        yield client


def chunks(body: bytes, size: int = 1000) -> Iterator[bytes]:
    """A body without a Content-Length."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


def form_of(content: bytes, boundary: str = "b") -> tuple[dict[str, str], Iterator[bytes]]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="song.wav"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={boundary}"}, chunks(body)


def raw(site: Site, request: bytes) -> bytes:
    """Everything the server sends in response to these bytes, until it closes the connection."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3}) ", answer, re.MULTILINE)]


def test_a_file_and_a_change(program: httpx.Client) -> None:
    headers, body = form_of(wav(91))
    track = program.post("/api/v1/tracks/", content=body, headers=headers)
    assert track.status_code == 202
    assert track.json()["size"] == len(wav(91))
    headers = {"Content-Type": "application/json"}
    changed = program.patch(
        track.json()["url"], content=chunks(b'{"title": "In chunks"}', 5), headers=headers
    )
    assert (changed.status_code, changed.json()["title"]) == (200, "In chunks")


def test_a_file_that_is_only_to_be_heard(program: httpx.Client) -> None:
    headers, body = form_of(b"Dear diary, this is no music. " * 100)
    assert program.post("/file-upload", content=body, headers=headers).json()["code"] == "not_audio"


def test_an_upload_in_pieces(program: httpx.Client) -> None:
    song, half = wav(92), len(wav(92)) // 2
    begun = program.post("/api/v1/uploads/", headers=TUS | {"Upload-Length": str(len(song))})
    address = begun.headers["Location"]
    first = program.patch(address, content=chunks(song[:half]), headers=TUS | {"Upload-Offset": "0"})
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    at_half = TUS | {"Upload-Offset": str(half)}
    longer = program.patch(address, content=chunks(song[half:] + b"more"), headers=at_half)
    assert (longer.status_code, longer.json()["code"]) == (413, "too_much")
    assert program.head(address, headers=TUS).headers["Upload-Offset"] == str(half)
    last = program.patch(address, content=chunks(song[half:]), headers=at_half)
    assert last.headers["Earmark-State"] == "added"


def test_a_form_of_a_page(site: Site, token: str) -> None:
    with site.client() as client:
        login = fields_on(client, "/account/login/", '<form method="post"')
        client.post("/account/login/", data=login | {"username": "chunks@example.org", "password": PASSWORD})
        form = fields_on(client, "/playlists/", 'action="/playlists/"') | {"name": "In chunks"}
        body = httpx.Request("POST", "/", data=form).content
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert client.post("/playlists/", content=chunks(body, 7), headers=headers).status_code == 302
        assert ">In chunks<" in client.get("/playlists/").text


def test_what_is_read_into_memory_has_its_limit(program: httpx.Client) -> None:
    """A body of exactly the limit is read, and is not valid JSON; one more byte is too large."""
    headers = {"Content-Type": "application/json"}
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for size, status, code in ((limit, 400, "parse_error"), (limit + 1, 413, "too_large")):
        answer = program.post("/api/v1/tags/", content=chunks(bytes(size), 2**16), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("chunk", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}garbled"])
@pytest.mark.parametrize("path", ["/api/v1/tags/", "/account/login/"])
def test_garbled_chunks_are_the_clients_fault(site: Site, token: str, path: str, chunk: bytes) -> None:
    secret = "c" * 32
    headers = {
        "Host": "localhost",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json" if "api" in path else "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={secret}",
        "X-CSRFToken": secret,
        "Transfer-Encoding": "chunked",
    }
    head = "\r\n".join([f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())])
    answer = raw(site, head.encode() + b"\r\n\r\n" + chunk)
    assert statuses(answer) == [400]


@pytest.mark.parametrize(
    "framing",
    [
        "HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
        "HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "HTTP/1.1\r\nTransfer-Encoding: chunked, identity",
        "HTTP/1.1\r\nTransfer-Encoding: gzip",
        "HTTP/1.0\r\nTransfer-Encoding: chunked",
    ],
)
def test_no_request_hides_in_the_body_of_another(site: Site, framing: str) -> None:
    """Request smuggling: what one server reads as a body and another as the next request is refused."""
    version, _, headers = framing.partition("\r\n")
    hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    request = f"POST /account/login/ {version}\r\nHost: localhost\r\n{headers}\r\n\r\n0\r\n\r\n{hidden}"
    assert statuses(raw(site, request.encode())) == [400]


def test_what_is_compressed_on_the_way_is_not_stored_as_it_is(site: Site, token: str) -> None:
    head = f"POST /api/v1/tags/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    answer = raw(site, head.encode() + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
    assert statuses(answer) == [411]
    assert b'"code": "length_required"' in answer
