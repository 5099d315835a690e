"""The web server's processes: connections to the database, stopping, and what replaces one that dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from tests.live import DEADLINE, Site, running_site
from tests.reliability.installation import wait_for
from tests.server.raw_requests import connected, request, response_to
from tests.server.test_events import listening

AT_ONCE = 300


def web_processes(site: Site) -> set[int]:
    assert site.web
    children = Path(f"/proc/{site.web.pid}/task/{site.web.pid}/children").read_text()
    return {int(pid) for pid in children.split()}


def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    with running_site(tmp_path, workers=0, web_processes=2) as site, site.client() as client:
        before = wait_for(lambda: len(found := web_processes(site)) == 2 and found)
        assert client.get("/healthz").text == "ok\n"
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(found := web_processes(site)) == 2 and killed not in found)
        assert all(client.get("/healthz").text == "ok\n" for _ in range(10))


def test_it_stops_while_events_are_streamed_and_bodies_are_missing(tmp_path: Path) -> None:
    with running_site(tmp_path, workers=0) as site:
        token = site.token("a@example.org")
        asks = request(
            "POST", "/api/v1/tracks/", Content_Length="1000000", Authorization=f"Bearer {token}",
            Content_Type="multipart/form-data; boundary=b",
        )  # fmt: skip
        idle = [connected(site, b"GET /") for _ in range(10)]
        with listening(site, token) as events, connected(site, asks) as upload:
            lines = events.iter_lines()
            assert next(lines) == "retry: 2000"
            assert site.web
            site.web.terminate()
            site.web.wait(DEADLINE)
            assert list(lines) == []  # the stream ended as streams do
            assert response_to(upload) == b""
        assert [response_to(connection) for connection in idle] == [b""] * 10


def test_many_requests_at_once_share_few_connections(tmp_path: Path) -> None:
    """With PostgreSQL: as many connections as threads, and none more for requests that wait."""
    settings = {
        "EARMARK_WEB_THREADS": "3",
        "EARMARK_WEB_LINE": str(AT_ONCE),
        "EARMARK_API_PER_MINUTE": "100000",
    }
    with running_site(tmp_path, workers=0, web_processes=2, **settings) as site:
        token = site.token("a@example.org")
        url = site.env.get("EARMARK_DATABASE_URL", "")
        if not url.startswith("postgres"):
            pytest.skip("the connections of SQLite are no processes of a server")
        asks = request("GET", "/api/v1/tracks/", Authorization=f"Bearer {token}", Connection="close")
        with closing(psycopg2.connect(url)) as watching, ThreadPoolExecutor(AT_ONCE) as people:
            watching.autocommit = True
            wait_for(lambda: not connections(watching))  # the command that made the token has ended
            answers = [people.submit(response_to, connected(site, asks)) for _ in range(AT_ONCE)]
            most = 0
            while not all(answer.done() for answer in answers):
                most = max(most, connections(watching))
            assert {answer.result()[:15] for answer in answers} == {b"HTTP/1.1 200 OK"}
            assert 1 < max(most, connections(watching)) <= 2 * 3


def connections(watching: Any) -> int:
    """Connections of programs to the database, but for this one. The server's own autovacuum is none."""
    with watching.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return int(cursor.fetchone()[0])


def test_who_finds_the_line_full_is_told_to_come_again(tmp_path: Path) -> None:
    settings = {"EARMARK_WEB_THREADS": "1", "EARMARK_WEB_LINE": "0"}
    with running_site(tmp_path, workers=0, **settings) as site, ThreadPoolExecutor(40) as people:
        answers = list(
            people.map(lambda _: httpx.get(f"{site.url}/api/v1/tracks/", timeout=DEADLINE), range(40))
        )
    assert {answer.status_code for answer in answers} == {401, 503}
    full = next(answer for answer in answers if answer.status_code == 503)
    assert (full.json()["code"], full.headers["Retry-After"]) == ("busy", "2")
