"""Server-sent events from a real server, for an upload until it is ready."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from earmark_client import Library
from tests import sounds
from tests.live import Site, running_site

Event = tuple[str, dict[str, Any]]


def listening(site: Site, token: str, **headers: str) -> Any:
    return httpx.stream(
        "GET",
        f"{site.url}/api/v1/events/",
        headers={"Authorization": f"Bearer {token}"} | headers,
        timeout=120,
    )


def events(lines: Iterator[str]) -> Iterator[Event]:
    """(id, data) of each event of a stream: fields, then an empty line, as the standard says."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields.get("event") == "track":
            yield fields["id"], json.loads(fields["data"])
            fields = {}


def until_ready(stream: Iterator[Event], track_id: str) -> list[Event]:
    told = []
    for event in stream:
        told.append(event)
        if event[1]["id"] == track_id and event[1]["status"] in ("ready", "failed"):
            return told
    raise AssertionError(f"the stream ended after {told}")


def test_an_upload_sends_events_until_it_is_ready(site: Site, tmp_path: Path) -> None:
    token, others = site.token("listener@example.org"), site.token("somebody-else@example.org")
    with Library(site.url, token) as library, Library(site.url, others) as other:
        with listening(site, token) as response:
            assert response.headers["Content-Type"] == "text/event-stream"
            lines = response.iter_lines()
            assert next(lines) == "retry: 2000"  # it listens now
            other.upload(sounds.write(tmp_path / "other.ogg", seconds=4))
            track = library.upload(sounds.write(tmp_path / "song.mp3", seconds=20))
            told = until_ready(events(lines), track["id"])
        assert {data["id"] for _, data in told} == {track["id"]}
        last = told[-1][1]
        assert (last["status"], last["progress"], last["stage"]) == ("ready", 1.0, "")
        assert [data["progress"] for _, data in told] == sorted(data["progress"] for _, data in told)
        assert [event_id for event_id, _ in told] == [data["updated_at"] for _, data in told]
        assert library.track(track["id"])["genre"]["label"] == last["genre"]

        # A client that reconnects with the last id it saw gets what it missed.
        with listening(site, token, **{"Last-Event-ID": told[0][0]}) as response:
            assert until_ready(events(response.iter_lines()), track["id"])[-1][1] == last


def test_a_stream_ends_in_order_when_the_site_stops(tmp_path: Path) -> None:
    with running_site(tmp_path, workers=0) as site, listening(site, site.token("a@example.org")) as response:
        lines = response.iter_lines()
        assert next(lines) == "retry: 2000"
        assert site.web
        site.web.terminate()
        assert not any(lines)  # cut off in the middle, this would raise
        assert site.web.wait(60) == 0
