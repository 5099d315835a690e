"""The client follows a library: changes with deletions, and bulk actions in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from earmark_client import BulkAction, Library, LibraryError
from earmark_client.library import retry_delay
from tests.stub_server import StubRequest, StubResponse, stub_site

ID = "0198c0de-0000-7000-8000-000000000001"


class Script:
    """Prepared responses, given one after the other, and the requests for them."""

    def __init__(self, *answers: StubResponse) -> None:
        self.answers = list(answers)
        self.requests: list[tuple[str, str]] = []
        self.queries: list[dict[str, list[str]]] = []
        self.headers: list[Any] = []
        self.bodies: list[bytes] = []

    def __call__(self, request: StubRequest) -> StubResponse:
        self.requests.append((request.method, request.path))
        self.queries.append(request.query)
        self.headers.append(request.headers)
        self.bodies.append(request.body())
        return self.answers.pop(0)


@contextmanager
def library(script: Script, waits: list[float] | None = None) -> Iterator[Library]:
    with (
        stub_site(script) as url,
        Library(url, "token", wait=(waits if waits is not None else []).append) as client,
    ):
        yield client


def bulk_action_json(status: str, done: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": ID, "kind": "tag", "summary": "Tagged “live”", "status": status, "total": 3, "done": done,
        "skipped": 0, "created_at": "2026-01-01T00:00:00Z", "undone_at": None,
    } | more  # fmt: skip


def test_changes_come_with_deletions_and_go_on_later() -> None:
    """The host in the site's addresses is ignored: behind a proxy it may be wrong."""
    deletion = {"id": "2", "deleted_at": "2026-01-02T00:00:00Z"}
    elsewhere = "http://192.0.2.1/api/v1/tracks/changes/?updated_since=then&cursor="
    script = Script(
        (200, {"results": [{"id": "1"}], "deleted": [deletion], "next": elsewhere + "a", "resume": elsewhere + "a"}),
        (200, {"results": [{"id": "3"}], "deleted": [], "next": None, "resume": elsewhere + "b"}),
        (200, {"results": [], "deleted": [], "next": None, "resume": elsewhere + "b"}),
    )  # fmt: skip
    with library(script) as client:
        first, second = client.changes(datetime(2026, 1, 1, tzinfo=UTC))
        assert ([track["id"] for track in first.tracks], first.deleted) == (["1"], [deletion])
        assert ([track["id"] for track in second.tracks], second.deleted) == (["3"], [])
        [later] = client.changes(second.resume)
    assert (later.tracks, later.resume) == ([], second.resume)
    assert script.requests == [("GET", "tracks/changes/")] * 3
    assert script.queries[0]["updated_since"] == ["2026-01-01T00:00:00+00:00"]
    assert [query.get("cursor") for query in script.queries] == [None, ["a"], ["b"]]


def test_a_site_without_deletions_in_its_feed() -> None:
    script = Script((200, {"results": [{"id": "1"}], "next": None, "resume": "http://x/?cursor=a"}))
    with library(script) as client:
        [page] = client.changes("http://x/?updated_since=2026-01-01T00:00:00Z")
    assert page.deleted == []
    assert script.queries[0]["updated_since"] == ["2026-01-01T00:00:00Z"]


def test_a_bulk_action_is_followed_until_it_is_done() -> None:
    script = Script(
        (202, bulk_action_json("queued")),
        (200, bulk_action_json("running", 1)),
        (200, bulk_action_json("running", 2)),
        (200, bulk_action_json("done", 3)),
    )
    seen: list[int] = []
    waits: list[float] = []
    with library(script, waits) as client:
        action = client.start_bulk_action("tag", query="genre=jazz", value="live")
        assert (action.status, action.finished, action.total) == ("queued", False, 3)
        action = client.wait_for(action, lambda action: seen.append(action.done))
    assert action == BulkAction(
        id=ID, status="done", total=3, done=3, kind="tag", summary="Tagged “live”",
        created_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    assert seen == [1, 2, 3]
    assert waits == [1, 1, 1]
    assert script.requests == [("POST", "acts/"), *[("GET", f"acts/{ID}/")] * 3]
    assert json.loads(script.bodies[0]) == {"act": "tag", "query": "genre=jazz", "value": "live"}
    assert script.headers[0]["Prefer"] == "respond-async"


def test_a_site_that_answers_when_it_is_done() -> None:
    script = Script((200, {"id": None, "done": 2, "skipped": 1}))
    with library(script) as client:
        action = client.wait_for(
            client.start_bulk_action("delete", ids=iter(["1", "2", "3"]), permanently=True)
        )
    assert action == BulkAction(id=None, status="done", total=3, done=2, skipped=1, kind="delete")
    assert json.loads(script.bodies[0]) == {"act": "delete", "ids": ["1", "2", "3"], "permanently": True}
    assert len(script.requests) == 1


def test_a_bulk_action_that_is_sent_again_is_done_once() -> None:
    """While the site still processes the first request, the client repeats it with the same key."""
    script = Script(
        (409, {"code": "in_progress", "detail": "…"}), (503, None), (200, {"id": ID, "done": 1, "skipped": 0})
    )
    with library(script) as client:
        assert client.start_bulk_action("analyse", query="").done == 1
        keys = [headers["Idempotency-Key"] for headers in script.headers]
        assert len(keys) == 3
        assert len(set(keys)) == 1
        assert keys[0]
        script.answers = [(200, {"id": ID, "done": 1, "skipped": 0})]
        client.start_bulk_action("analyse", query="")
    assert script.headers[-1]["Idempotency-Key"] != keys[0]


def test_a_refusal_is_not_tried_again() -> None:
    script = Script((409, {"code": "changed", "detail": "Seven tracks match now."}))
    with library(script) as client, pytest.raises(LibraryError, match="Seven tracks") as refused:
        client.start_bulk_action("tag", query="", value="live", expected=6)
    assert (refused.value.code, refused.value.status) == ("changed", 409)
    assert len(script.requests) == 1


def test_a_bulk_action_is_cancelled() -> None:
    script = Script((202, {}), (200, bulk_action_json("running", 1)), (200, bulk_action_json("cancelled", 1)))
    with library(script) as client:
        action = client.cancel_bulk_action(ID)
        assert action.status == "running"
        assert client.wait_for(action).status == "cancelled"
    assert script.requests[0] == ("POST", f"acts/{ID}/cancel/")


def test_a_cancellation_that_is_sent_again_is_the_same_request() -> None:
    """With the same key, the site repeats its answer; without one, it would find nothing left to cancel (409)."""
    done = bulk_action_json("cancelled", 1)
    script = Script((503, None), (200, {}), (200, done), (200, {}), (200, done))
    with library(script) as client:
        assert client.cancel_bulk_action(ID).status == "cancelled"
        client.cancel_bulk_action(ID)
    first, repeated, _, another, _ = (headers["Idempotency-Key"] for headers in script.headers)
    assert first
    assert first == repeated != another


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", pytest.approx(2.5e11, rel=0.1)),
        ("-5", 0.0),
        ("soon", 1.0),
        ("nan", 1.0),
        ("inf", 1.0),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(retry_after: str, seconds: float) -> None:
    response = httpx.Response(503, headers={"Retry-After": retry_after})
    assert retry_delay(response, attempt=1) == seconds


def test_a_bulk_action_that_fails() -> None:
    script = Script((202, bulk_action_json("running")), (200, bulk_action_json("failed", 2)))
    with library(script) as client, pytest.raises(LibraryError, match="Failed after 2 of 3") as failed:
        client.wait_for(client.start_bulk_action("tag", query="", value="live"))
    assert failed.value.code == "failed"
