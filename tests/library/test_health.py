"""Health checks and metrics."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from classifier.album_tags import READER_VERSION
from library import services
from library.http.asgi.handler import Handler
from library.models import FileTags, Track
from library.selectors.model_cards import default_model_id
from library.services.stage_times import Stopwatch, stage_times_add
from tests.asgi import asgi_get

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]


@pytest.fixture
def numbers(client: Client, settings: Settings) -> Callable[[], dict[str, float]]:
    """The metrics as Prometheus reads them."""
    settings.EARMARK_METRICS_TOKEN = "seen by us alone"

    def ask() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": "Bearer seen by us alone"})
        assert answer.status_code == 200
        return {
            sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.content.decode())
            for sample in family.samples
        }

    return ask


class TestLive:
    def test_nothing_is_looked_at(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            answer = client.get("/healthz")
        assert (answer.status_code, answer.content) == (200, b"ok\n")

    def test_without_the_proxy(self, client: Client, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
        assert client.get("/healthz", headers={"Host": "10.1.2.3:8000"}).status_code == 200

    def test_it_does_not_wait_for_a_busy_site(self, settings: Settings) -> None:
        settings.EARMARK_WEB_THREADS, settings.EARMARK_WEB_LINE = 1, 0

        async def scenario() -> None:
            site, done = Handler(), threading.Event()
            busy = asyncio.create_task(site.threads.run(done.wait, lambda _: None))
            try:
                async with asgi_get(site, "/account/login/") as page:
                    assert page.status == 503
                async with asgi_get(site, "/healthz") as answer:
                    assert (answer.status, await answer.read()) == (200, b"ok\n")
            finally:
                done.set()
                await busy

        asyncio.run(scenario())


class TestReady:
    def test_all_is_there(self, client: Client) -> None:
        answer = client.get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {"database": True, "storage": True, "model": True, "queue": True}

    def test_the_model_is_not(self, client: Client, settings: Settings) -> None:
        settings.EARMARK_MODEL = "nobodys-1"
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["model"]) == (503, False)

    def test_the_storage_is_not(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object) -> bool:
            raise OSError("the key is 12345")

        monkeypatch.setattr(FileSystemStorage, "exists", away)
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["storage"]) == (503, False)
        assert b"12345" not in answer.content

    def test_the_database_is_not(self, alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(*_: object, **__: object) -> None:
            raise OperationalError("the password is 12345")

        monkeypatch.setattr(connections["default"], "cursor", away)
        answer = alice_client.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, False)
        assert b"12345" not in answer.content
        assert alice_client.get("/healthz").status_code == 200

    def test_nobody_works(self, client: Client, make_track: Make, settings: Settings) -> None:
        waiting = make_track(status="queued")
        assert client.get("/readyz").status_code == 200
        Track.objects.filter(pk=waiting.pk).update(updated_at=timezone.now() - timedelta(hours=2))
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()["queue"]) == (503, False)
        settings.EARMARK_READY_QUEUE_SECONDS = 0
        assert client.get("/readyz").status_code == 200


class TestMetrics:
    def test_not_there_without_the_token(
        self, client: Client, alice_client: Client, settings: Settings
    ) -> None:
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
        settings.EARMARK_METRICS_TOKEN = "seen by us alone"
        assert client.get("/metrics").status_code == 404
        assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
        assert alice_client.get("/metrics").status_code == 404

    def test_the_queue(self, make_track: Make, numbers: Callable[[], dict[str, float]]) -> None:
        make_track()
        assert numbers()["earmark_tracks_unfinished waiting"] == 0
        first, second, _ = (make_track(status="queued") for _ in range(3))
        Track.objects.filter(pk=first.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
        assert services.analysis.track_lease(track_id=second.pk)
        now = numbers()
        assert now["earmark_tracks_unfinished waiting"] == 2
        assert now["earmark_tracks_unfinished in_work"] == 1
        assert 300 <= now["earmark_queue_age_seconds"] < 330

    def test_failures(self, make_track: Make, numbers: Callable[[], dict[str, float]]) -> None:
        for code in ("corrupt", "corrupt", "crashed"):
            make_track(status="failed", error_code=code)
        now = numbers()
        assert now["earmark_tracks_failed corrupt"] == 2
        assert now["earmark_tracks_failed crashed"] == 1

    def test_what_tracks_lack(self, make_track: Make, numbers: Callable[[], dict[str, float]]) -> None:
        name, version = default_model_id()
        heard = {"model_name": name, "model_version": version}
        track, _, failed = make_track(heard=heard), make_track(), make_track(status="failed")
        make_track(status="queued")
        for known in (track, failed):
            FileTags.objects.create(track=known, reader_version=READER_VERSION)
        now = numbers()
        assert now["earmark_tracks_incomplete tags"] == 1
        assert now["earmark_tracks_incomplete vectors"] == 2
        assert now["earmark_tracks_incomplete predictions"] == 1

    def test_time_by_stage(self, numbers: Callable[[], dict[str, float]]) -> None:
        stage_times_add(seconds={"listening": 1.5, "drawing": 0.25})
        stage_times_add(seconds={"listening": 2.5})
        now = numbers()
        assert now["earmark_analysis_seconds_count listening"] == 2
        assert now["earmark_analysis_seconds_sum listening"] == pytest.approx(4)
        assert now["earmark_analysis_seconds_sum drawing"] == pytest.approx(0.25)

    def test_as_many_queries_for_any_number(
        self,
        make_track: Make,
        numbers: Callable[[], dict[str, float]],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(20):
            make_track(status=("queued", "failed", "ready")[number % 3])
        with django_assert_num_queries(19):
            numbers()


def test_a_stopwatch_adds_up_what_comes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 11.0, 11.0, 14.0, 14.0, 14.5])
    monkeypatch.setattr("library.services.stage_times.time.monotonic", lambda: next(times))
    watch = Stopwatch()
    for stage in ("listening", "drawing", "listening"):
        watch.begin(stage)
    watch.end()
    watch.end()
    assert watch.seconds == {"listening": 1.5, "drawing": 3.0}
