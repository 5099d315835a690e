"""Events about one's own tracks: each once and none missed, found by one look for all streams."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from library import services
from library.api import event_hub, events
from library.api.event_hub import EventHub
from library.api.events import COMMENT, FIRST_LINE, EventStream, deletion_event, look
from library.api.views.events import MAX_STREAMS_WITH_THREADS
from library.http import serving
from library.models import ApiToken, Track, TrackDeletion, User
from library.text import aware_datetime
from tests.asgi import Answer, asgi_get, database_of_threads
from tests.factories import TrackFactory, UserFactory, close_response

URL = "/api/v1/events/"
MakeTrack = Callable[..., Track]


def opened(owner: User, since: datetime | None = None, **rights: Any) -> EventStream:
    stream = EventStream(owner, **rights)
    stream.begin(since)
    return stream


def new_events(stream: EventStream) -> list[tuple[str, dict[str, Any]]]:
    missed, stream.missed = stream.missed, []
    return decoded([*missed, *look([stream])[stream]])


def decoded(texts: list[str]) -> list[tuple[str, dict[str, Any]]]:
    lines = [dict(line.split(": ", 1) for line in text.strip().split("\n")) for text in texts]
    return [(line["event"], json.loads(line["data"])) for line in lines]


def ids(found: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [data["id"] for _, data in found]


@pytest.mark.django_db
class TestWhatIsSent:
    def test_only_new_changes_and_each_once(self, alice: User, track: Track) -> None:
        stream = opened(alice)
        assert new_events(stream) == []
        Track.objects.update(status="analysing", updated_at=timezone.now())
        ((name, data),) = new_events(stream)
        assert (name, data["id"], data["status"]) == ("track", str(track.pk), "analysing")
        assert new_events(stream) == []

    def test_a_row_that_becomes_visible_late_is_sent(self, alice: User, make_track: MakeTrack) -> None:
        stream = opened(alice)
        late = make_track()
        Track.objects.filter(pk=late.pk).update(updated_at=timezone.now() - timedelta(seconds=5))
        assert ids(new_events(stream)) == [str(late.pk)]

    def test_a_client_that_reconnects_misses_nothing(self, alice: User, track: Track) -> None:
        since = aware_datetime((track.updated_at - timedelta(seconds=1)).isoformat())
        assert ids(new_events(opened(alice, since))) == [str(track.pk)]

    def test_a_deletion_and_a_restored_track(self, alice: User, track: Track) -> None:
        stream = opened(alice)
        services.tracks_move_to_bin(owner=alice, track_ids=[track.pk])
        when = TrackDeletion.objects.get().deleted_at.isoformat()
        assert new_events(stream) == [("deleted", {"id": str(track.pk), "deleted_at": when})]
        assert new_events(stream) == []
        services.tracks_restore(owner=alice, track_ids=[track.pk])
        ((name, data),) = new_events(stream)
        assert (name, data["id"]) == ("track", str(track.pk))
        services.tracks_purge(owner=alice, track_ids=[track.pk])
        assert [name for name, _ in new_events(stream)] == ["deleted"]

    def test_earlier_deletions_only_to_a_client_that_reconnects(self, alice: User, track: Track) -> None:
        services.tracks_move_to_bin(owner=alice, track_ids=[track.pk])
        assert new_events(opened(alice)) == []
        since = TrackDeletion.objects.get().deleted_at - timedelta(seconds=1)
        assert [name for name, _ in new_events(opened(alice, since))] == ["deleted"]

    def test_only_the_owners_tracks(self, alice: User, charlie: User) -> None:
        hers, his = opened(alice), opened(charlie)
        track, gone = TrackFactory(owner=alice), TrackFactory(owner=alice)
        services.tracks_move_to_bin(owner=alice, track_ids=[gone.pk])
        found = look([hers, his])
        assert sorted(ids(decoded(found[hers]))) == sorted([str(track.pk), str(gone.pk)])
        assert found[his] == []

    @pytest.mark.parametrize("text", ["", "x", "2026-01-01", "2026-01-01T00:00:00", "2026-99-01T00:00:00Z"])
    def test_invalid_event_ids(self, text: str) -> None:
        assert aware_datetime(text) is None

    @pytest.mark.parametrize(("year", "expected"), [(1, 1), (9999, 0)])
    def test_event_ids_of_any_year(self, alice: User, track: Track, year: int, expected: int) -> None:
        Track.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
        assert len(new_events(opened(alice, datetime(year, 1, 1, tzinfo=UTC)))) == expected

    def test_a_look_that_fails_loses_nothing(
        self, alice: User, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = opened(alice)
        track = make_track()
        with monkeypatch.context() as patch:
            patch.setattr("django.db.models.query.QuerySet.in_bulk", _fail)
            with pytest.raises(OperationalError):
                look([stream])
        assert ids(new_events(stream)) == [str(track.pk)]


def _fail(*args: Any, **kwargs: Any) -> None:
    raise OperationalError("the database is away")


@pytest.mark.django_db
class TestOneLookForAll:
    def test_as_many_queries_for_many_people_as_for_one(self) -> None:
        def queries(count: int) -> int:
            people = UserFactory.create_batch(count)
            streams = [
                opened(person, token=services.token_create(owner=person, name="x")[0]) for person in people
            ]
            for person in people:
                TrackFactory(owner=person)
            with CaptureQueriesContext(connection) as queries:
                found = look(streams)
            assert [len(texts) for texts in found.values()] == [1] * count
            return len(queries)

        assert queries(20) == queries(1)

    def test_a_stream_that_joins_with_an_older_look_repeats_nothing_for_others(
        self, alice: User, make_track: MakeTrack
    ) -> None:
        track = make_track()
        Track.objects.update(updated_at=timezone.now() - timedelta(seconds=40))
        early, late = opened(alice), opened(alice)
        early.looked_at -= timedelta(seconds=30)
        found = look([early, late])
        assert ids(decoded(found[early])) == [str(track.pk)]
        assert found[late] == []


@pytest.mark.django_db
class TestTheRightToListen:
    @pytest.fixture
    def token(self, alice: User) -> ApiToken:
        return services.token_create(owner=alice, name="radio")[0]

    def may(self, stream: EventStream) -> bool:
        return stream in look([stream])

    def test_until_the_token_is_revoked(self, alice: User, token: ApiToken) -> None:
        stream = opened(alice, token=token)
        assert self.may(stream)
        token.delete()
        assert not self.may(stream)

    def test_until_the_token_expires(self, alice: User, token: ApiToken) -> None:
        stream = opened(alice, token=token)
        ApiToken.objects.update(expires_at=timezone.now() + timedelta(hours=1))
        assert self.may(stream)
        ApiToken.objects.update(expires_at=timezone.now())
        assert not self.may(stream)

    def test_until_the_session_ends(self, alice: User, alice_client: Client) -> None:
        stream = opened(alice, session_key=alice_client.session.session_key)
        assert self.may(stream)
        alice_client.logout()
        assert not self.may(stream)

    def test_a_session_until_the_password_changes(self, alice: User, alice_client: Client) -> None:
        stream = opened(alice, session_key=alice_client.session.session_key)
        alice.set_password("another quiet room")
        alice.save()
        assert not self.may(stream)

    def test_until_the_account_is_closed(self, alice: User, token: ApiToken) -> None:
        stream, without = opened(alice, token=token), opened(alice)
        User.objects.update(is_active=False)
        assert not self.may(stream)
        assert not self.may(without)


@pytest.mark.django_db
class TestPlaces:
    """By a server with threads, which have room for few."""

    def test_only_a_few_at_a_time(self, alice_api: Client) -> None:
        open_streams = [alice_api.get(URL) for _ in range(MAX_STREAMS_WITH_THREADS)]
        assert open_streams[0]["Content-Type"] == "text/event-stream"
        refused = alice_api.get(URL)
        assert (refused.status_code, refused.json()["code"]) == (503, "too_many_streams")
        close_response(open_streams.pop())
        again = alice_api.get(URL)
        assert again.status_code == 200
        for stream in (again, *open_streams):
            close_response(stream)

    def test_a_stream_that_cannot_start_takes_no_place(
        self, alice_api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alice_api.raise_request_exception = False
        with monkeypatch.context() as patch:
            patch.setattr(EventStream, "begin", _fail)
            for _ in range(MAX_STREAMS_WITH_THREADS):
                assert alice_api.get(URL).status_code == 500
        response = alice_api.get(URL)
        assert response.status_code == 200
        close_response(response)

    def test_a_response_that_is_never_sent_takes_no_place(self, alice_api: Client) -> None:
        for _ in range(MAX_STREAMS_WITH_THREADS + 1):
            assert alice_api.get(URL).status_code == 200  # and nobody closes it
            gc.collect()


@pytest.mark.django_db
def test_a_thread_s_stream(alice: User, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_SECONDS", 0)
    monkeypatch.setattr(events, "KEEPALIVE_SECONDS", 0)
    texts = iter(opened(alice))
    assert next(texts) == FIRST_LINE
    track = make_track()
    assert ids(decoded([next(texts)])) == [str(track.pk)]
    assert next(texts) == COMMENT
    User.objects.update(is_active=False)
    assert list(texts) == []


def test_nothing_but_events_ends_with_an_empty_line() -> None:
    """Some programs take every empty line for the end of an event, also when there was no data before it."""
    text = FIRST_LINE + COMMENT + deletion_event(Track().pk, timezone.now()) + COMMENT + COMMENT
    *blocks, rest = text.split("\n\n")
    assert ["data: " in block for block in blocks] == [True]
    assert rest == COMMENT + COMMENT


# Under an event loop, through Django's own handler.


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_SECONDS", 0.01)


@pytest.fixture
def threads(transactional_db: None, alice: User, fast: None, tmp_path: Path) -> Iterator[None]:
    with database_of_threads(tmp_path):
        yield


def bearer(person: User) -> str:
    return f"Bearer {services.token_create(owner=person, name='x')[1]}"


async def next_event(pieces: AsyncIterator[bytes]) -> tuple[str, dict[str, Any]]:
    while True:
        piece = (await anext(pieces)).decode()
        if piece not in (FIRST_LINE, COMMENT):
            return decoded([piece.removeprefix(FIRST_LINE)])[0]


async def first_line(answer: Answer) -> AsyncIterator[bytes]:
    """The pieces of a stream after the first."""
    assert answer.status == 200, await answer.read()
    pieces = answer.pieces()
    assert await anext(pieces) == FIRST_LINE.encode()
    return pieces


@pytest.mark.usefixtures("threads")
class TestByAnEventLoop:
    def test_streams_of_several_people(self, alice: User, charlie: User) -> None:
        site, hers, his = ASGIHandler(), bearer(alice), bearer(charlie)

        async def scenario() -> None:
            async with (
                asgi_get(site, URL, Authorization=hers) as first,
                asgi_get(site, URL, Authorization=hers) as second,
                asgi_get(site, URL, Authorization=his) as third,
            ):
                assert first.headers["content-type"] == "text/event-stream"
                streams = [await first_line(answer) for answer in (first, second, third)]
                track = await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=alice))
                own = await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=charlie))
                found = [await next_event(pieces) for pieces in streams]
                assert ids(found) == [str(track.pk), str(track.pk), str(own.pk)]

        asyncio.run(scenario())
        assert not len(event_hub.places)

    def test_many_streams_are_looked_for_once_a_tick(
        self, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.EARMARK_EVENT_STREAMS_PER_PERSON = settings.EARMARK_EVENT_STREAMS
        sizes: list[int] = []

        def counted(streams: list[EventStream]) -> dict[EventStream, list[str]]:
            sizes.append(len(streams))
            return look(streams)

        monkeypatch.setattr(event_hub, "look", counted)
        hub = EventHub()
        streams = [opened(alice) for _ in range(500)]

        async def scenario() -> None:
            listening = [hub.listen(stream) for stream in streams]
            for texts in listening:
                assert await anext(texts) == FIRST_LINE
            track = await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=alice))
            for texts in listening:
                assert ids(decoded([await anext(texts)])) == [str(track.pk)]
            for texts in listening:
                await texts.aclose()  # type: ignore[attr-defined]

        asyncio.run(scenario())
        assert 500 in sizes
        assert len(sizes) < 100

    def test_a_limit_for_each_person_that_leaves_others_theirs(
        self, alice: User, charlie: User, settings: Settings
    ) -> None:
        settings.EARMARK_EVENT_STREAMS, settings.EARMARK_EVENT_STREAMS_PER_PERSON = 3, 2
        site, hers, his = ASGIHandler(), bearer(alice), bearer(charlie)

        async def scenario() -> list[int]:
            async with AsyncExitStack() as stack:
                answers = [
                    await stack.enter_async_context(asgi_get(site, URL, Authorization=token))
                    for token in (hers, hers, hers, his, his)
                ]
                return [answer.status for answer in answers]

        assert asyncio.run(scenario()) == [200, 200, 503, 200, 503]
        # Their clients are gone.
        assert asyncio.run(scenario()) == [200, 200, 503, 200, 503]

    def test_a_revoked_token_ends_its_streams(self, alice: User) -> None:
        site, revoked, kept = ASGIHandler(), bearer(alice), bearer(alice)
        first = ApiToken.objects.earliest("created_at")

        async def scenario() -> None:
            async with (
                asgi_get(site, URL, Authorization=revoked) as ending,
                asgi_get(site, URL, Authorization=kept) as lasting,
            ):
                pieces, others = await first_line(ending), await first_line(lasting)
                await asyncio.to_thread(_in_thread, first.delete)
                assert [piece async for piece in pieces] == []
                track = await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=alice))
                assert ids([await next_event(others)]) == [str(track.pk)]

        asyncio.run(scenario())

    def test_a_session_that_ends(self, alice_client: Client) -> None:
        site, cookie = ASGIHandler(), f"sessionid={alice_client.session.session_key}"

        async def scenario() -> None:
            async with asgi_get(site, URL, Cookie=cookie) as answer:
                pieces = await first_line(answer)
                await asyncio.to_thread(_in_thread, alice_client.logout)
                assert [piece async for piece in pieces] == []

        asyncio.run(scenario())

    def test_comments_while_nothing_happens(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(events, "KEEPALIVE_SECONDS", 0.01)
        site, token = ASGIHandler(), bearer(alice)

        async def scenario() -> None:
            async with asgi_get(site, URL, Authorization=token) as answer:
                pieces = await first_line(answer)
                assert await anext(pieces) == COMMENT.encode()

        asyncio.run(scenario())

    def test_a_database_that_is_away_for_a_while(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        site, token = ASGIHandler(), bearer(alice)

        async def scenario() -> None:
            async with asgi_get(site, URL, Authorization=token) as answer:
                pieces = await first_line(answer)
                failed = asyncio.Event()
                loop = asyncio.get_running_loop()

                def fail(streams: list[EventStream]) -> None:
                    loop.call_soon_threadsafe(failed.set)
                    _fail()

                with monkeypatch.context() as patch:
                    patch.setattr(event_hub, "look", fail)
                    track = await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=alice))
                    await failed.wait()
                assert ids([await next_event(pieces)]) == [str(track.pk)]

        asyncio.run(scenario())

    def test_they_end_when_the_process_is_to_stop(self, alice: User) -> None:
        site, token, alive = ASGIHandler(), bearer(alice), [True]
        serving.set_serving_check(lambda: alive[0])

        async def scenario() -> None:
            async with asgi_get(site, URL, Authorization=token) as answer:
                pieces = await first_line(answer)
                alive[0] = False
                assert [piece async for piece in pieces] == []

        try:
            asyncio.run(scenario())
        finally:
            serving.set_serving_check(None)

    def test_a_client_that_does_not_read_is_sent_no_more(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(event_hub, "MAX_UNREAD", 2)
        hub, stream = EventHub(), opened(alice)

        async def scenario() -> None:
            texts = hub.listen(stream)
            assert await anext(texts) == FIRST_LINE
            while stream in hub.unread:
                await asyncio.to_thread(_in_thread, lambda: TrackFactory(owner=alice))
            assert [text async for text in texts] == []

        asyncio.run(scenario())


def _in_thread(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connection.close()
