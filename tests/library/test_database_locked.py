"""While something else is being written, reading goes on, and a write is refused soon and in so many words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from library.database_errors import _limit_waiting
from library.models import ApiToken, Playlist, Track, User
from tests.concurrency import shared_database
from tests.factories import signed_in, with_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked(alice: User, track: Track, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Another connection is in the middle of a write: of the whole database, or of playlists and tokens."""
    settings.EARMARK_DATABASE_WAIT_SECONDS = 0.1
    connection_created.connect(_limit_waiting)
    try:
        with shared_database(tmp_path):
            connection.close()
            if connection.vendor == "sqlite":
                with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
                    other.execute("PRAGMA journal_mode=WAL")
                    other.execute("BEGIN IMMEDIATE")
                    yield
                    other.rollback()
                    connection.close()
                return
            settings_dict = connection.settings_dict
            with closing(
                psycopg2.connect(
                    dbname=settings_dict["NAME"], user=settings_dict["USER"], password=settings_dict["PASSWORD"],
                    host=settings_dict["HOST"], port=settings_dict["PORT"],
                )
            ) as other, other.cursor() as cursor:  # fmt: skip
                cursor.execute("LOCK TABLE library_playlist IN EXCLUSIVE MODE")
                cursor.execute("SELECT * FROM library_apitoken FOR UPDATE")
                yield
                other.rollback()
                connection.close()
    finally:
        connection_created.disconnect(_limit_waiting)


@pytest.fixture
def program(alice: User) -> Client:
    client = with_token(alice)
    client.raise_request_exception = False
    return client


@pytest.fixture
def browser(alice: User) -> Client:
    client = signed_in(alice)
    client.raise_request_exception = False
    return client


def test_a_program_reads_on(program: Client, locked: None) -> None:
    """Its token's last use is not recorded, for which it would have had to wait."""
    assert program.get("/api/v1/tracks/").status_code == 200
    assert ApiToken.objects.get().last_used_at is None


def test_people_read_on(browser: Client, track: Track, locked: None) -> None:
    for address in (reverse("library"), track.get_absolute_url(), reverse("playlists")):
        assert browser.get(address).status_code == 200


def test_a_write_of_a_program_is_refused(program: Client, locked: None) -> None:
    response = program.post("/api/v1/playlists/", {"name": "late"}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (503, "database_busy")
    assert response["Retry-After"] == "5"
    assert response["Content-Type"] == "application/problem+json"


def test_a_write_of_a_page_is_refused(browser: Client, locked: None) -> None:
    response = browser.post(reverse("playlists"), {"name": "late"})
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "Try again in a moment" in response.content.decode()


def test_afterwards_it_is_recorded(program: Client) -> None:
    program.get("/api/v1/tracks/")
    assert ApiToken.objects.get().last_used_at is not None
    assert not Playlist.objects.exists()
