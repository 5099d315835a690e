"""Whether the connection stays open after a response to a request whose body was not read."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

from library.http.asgi.bodies import SMALL_BYTES
from tests.live import Site


def connection_to(site: Site) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=60)


def test_an_answer_that_does_not_wait_for_the_body_says_that_the_connection_ends(site: Site) -> None:
    asked = connection_to(site)
    asked.request("POST", "/api/v1/tracks/", body=bytes(SMALL_BYTES))
    answer = asked.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (401, "close")


def test_an_unread_chunked_body_closes_the_connection(site: Site) -> None:
    asked = connection_to(site)
    asked.request("POST", "/api/v1/tracks/", body=iter([b"little"]), encode_chunked=True)
    answer = asked.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (401, "close")


def test_a_connection_stays_open_for_the_next_request_otherwise(site: Site) -> None:
    asked = connection_to(site)
    asked.connect()
    used = asked.sock
    for body in (None, b"little", bytes(SMALL_BYTES - 1), b"little"):
        asked.request("POST", "/api/v1/tracks/", body=body)
        answer = asked.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (401, None)
        answer.read()
        assert asked.sock is used


def test_a_form_of_somebody_whose_session_has_ended_is_not_too_large(site: Site) -> None:
    """The page asks to sign in again, and then sends it again."""
    asked = connection_to(site)
    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "X-Requested-With": "XMLHttpRequest",
        "X-CSRFToken": "x",
    }
    asked.request("POST", "/upload/", body=bytes(4 * SMALL_BYTES), headers=headers)
    assert asked.getresponse().status in (401, 403)


def test_a_players_long_form_is_read(site: Site) -> None:
    """Who asks stands in the form itself."""
    asked = connection_to(site)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for size, status in ((4 * SMALL_BYTES, 200), (20 * SMALL_BYTES, 413)):
        asked.request("POST", "/rest/ping", body=b"id=" + b"x" * size, headers=headers)
        answer = asked.getresponse()
        assert answer.status == status
        assert answer.read()
        asked.close()
