"""Shared fixtures: three people, storage of its own for each test, and no background work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from library.api import events
from library.api.views import events as events_view
from library.http.request_checks import SiteWSGIRequest
from library.models import Track, User
from library.services import idempotency
from tests.factories import TrackFactory, UserFactory, make_reviewer, signed_in, with_token


@pytest.fixture(autouse=True)
def isolated_storage(settings: Settings, tmp_path: Path) -> None:
    """Tests never read or write the data of a real site; tasks are recorded, not run."""
    for folder in ("incoming", "static"):
        (tmp_path / folder).mkdir()
    settings.DATA_DIR = tmp_path
    settings.EARMARK_RESERVE_BYTES = settings.EARMARK_KEEP_FREE_BYTES = 0
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.EARMARK_REQUEST_LOG = tmp_path / "requests.sqlite3"
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "files", "file_permissions_mode": 0o600},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}
    # Argon2 is slow by design; tests of it enable it.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def no_lease_is_extended() -> None:
    """The background thread would write at any moment. It is tested in a process of its own."""
    idempotency.EXTEND_SECONDS = 10**6


@pytest.fixture(autouse=True)
def requests_of_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test client makes requests as the site's handler does."""
    monkeypatch.setattr("django.test.client.WSGIRequest", SiteWSGIRequest)


@pytest.fixture
def alice(db: None) -> User:
    """The owner."""
    return UserFactory(email="alice@example.org")


@pytest.fixture
def bob(db: None) -> User:
    """Staff: reviews in the admin, and sees only his own library elsewhere."""
    return make_reviewer(UserFactory(email="bob@example.org"))


@pytest.fixture
def charlie(db: None) -> User:
    """Has an account, and must not see anything of the others."""
    return UserFactory(email="charlie@example.org")


@pytest.fixture
def alice_client(alice: User) -> Client:
    return signed_in(alice)


@pytest.fixture
def bob_client(bob: User) -> Client:
    return signed_in(bob)


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    return signed_in(charlie)


@pytest.fixture
def alice_api(alice: User) -> Client:
    return with_token(alice)


@pytest.fixture
def bob_api(bob: User) -> Client:
    return with_token(bob)


@pytest.fixture
def charlie_api(charlie: User) -> Client:
    return with_token(charlie)


@pytest.fixture
def make_track(alice: User) -> Callable[..., Track]:
    """Return a function that makes tracks: ready and alice's by default."""

    def make(**fields: object) -> Track:
        return TrackFactory(**({"owner": alice} | fields))

    return make


@pytest.fixture
def track(make_track: Callable[..., Track]) -> Track:
    """Alice's, ready, predicted as blues."""
    return make_track()


@pytest.fixture
def crawling(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For tests that request every address: no rate limits, no waiting for events, no log lines for refusals."""
    settings.EARMARK_API_PER_MINUTE = 10**9
    settings.EARMARK_SIGN_IN_PER_ADDRESS = 10**9
    monkeypatch.setattr(events, "STREAM_SECONDS", 0.01)
    monkeypatch.setattr(events, "POLL_SECONDS", 0)
    monkeypatch.setattr(events_view, "MAX_STREAMS_WITH_THREADS", 10**6)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
