"""Log lines name their request or track, and no people, files or titles."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable
from logging.config import dictConfig
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pythonjsonlogger.json import JsonFormatter

from config.settings import LOGGING
from library.management.commands.worker import Command
from library.models import Track
from library.monitoring.logs import LogContextFilter, log_context

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    """The log output, formatted by the settings."""
    form = LOGGING["formatters"]["json"]
    assert form["()"] == "pythonjsonlogger.json.JsonFormatter"
    formatter = JsonFormatter(fmt=form["fmt"], reserved_attrs=form["reserved_attrs"])
    caplog.handler.addFilter(LogContextFilter())
    caplog.set_level(logging.INFO)
    for logger in LOGGING["loggers"]:
        caplog.set_level(logging.INFO, logger)
    return lambda: [json.loads(formatter.format(record)) for record in caplog.records]


def test_the_settings_are_understood() -> None:
    root = logging.getLogger()
    before = root.handlers[:]
    try:
        dictConfig(LOGGING)
        assert any(
            isinstance(each, LogContextFilter) for handler in root.handlers for each in handler.filters
        )
    finally:
        root.handlers[:] = before


class TestRequests:
    def test_a_line_each(self, alice_client: Client, track: Track, lines: Lines) -> None:
        answer = alice_client.get(f"/tracks/{track.pk}/?q=secret", headers={"X-Request-ID": "from-the-proxy"})
        assert answer["X-Request-ID"] == "from-the-proxy"
        (line,) = (line for line in lines() if line["name"] == "earmark.requests")
        assert (line["method"], line["status"], line["request_id"]) == ("GET", 200, "from-the-proxy")
        assert line["route"] == "/tracks/<uuid:track_id>/"
        assert line["milliseconds"] >= 0

    def test_nothing_of_people(
        self, alice_client: Client, track: Track, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alice_client.get("/", {"q": track.title})
        alice_client.post(f"/tracks/{track.pk}/edit/", {"title": "A quiet song"})
        monkeypatch.setattr("library.views.library.tracks_page", lambda *_: 1 / 0)
        alice_client.raise_request_exception = False
        assert alice_client.get("/", {"q": track.title}).status_code == 500
        told = json.dumps(lines())
        assert "Internal Server Error: /" in told
        for secret in ("alice@example.org", track.title, "A quiet song", track.sha256, track.original_name):
            assert secret not in told

    @pytest.mark.parametrize("sent", ["", "short", "x" * 65, "two words here", "lines\u2028inside"])
    @pytest.mark.django_db
    def test_an_id_that_is_none_is_not_taken(self, client: Client, sent: str) -> None:
        given = client.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
        assert given != sent
        assert len(given) == 32


def test_a_line_about_a_track(lines: Lines) -> None:
    logger = logging.getLogger("library.services.analysis")
    with log_context(track="1234"):
        logger.info("Analysed")
    logger.info("Nothing else")
    assert [line["track_id"] for line in lines()] == ["1234", ""]


@pytest.mark.parametrize(
    ("variables", "logged"),
    [
        ({}, "Failed"),
        ({"EARMARK_LOG_LEVEL": "INFO"}, "Done Failed"),
        ({"EARMARK_LOG_LEVEL": "ERROR"}, ""),
        ({"EARMARK_LOG_FORMAT": "json"}, "Done Failed"),
    ],
    ids=str,
)
def test_lines_about_each_task_are_not_for_a_terminal(
    variables: dict[str, str], logged: str, tmp_path: Path
) -> None:
    code = (
        "import django, logging; django.setup(); log = logging.getLogger('django.tasks');"
        " log.info('Done'); log.warning('Failed')"
    )
    env = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EARMARK_DATA_DIR": str(tmp_path),
    }
    run = subprocess.run(
        [sys.executable, "-c", code], env=env | variables, capture_output=True, text=True, check=True
    )
    assert " ".join(re.findall("Done|Failed", run.stderr)) == logged


@pytest.mark.parametrize(("verbosity", "level"), [(1, logging.WARNING), (2, logging.DEBUG)])
def test_the_worker_leaves_levels_to_the_settings(
    caplog: pytest.LogCaptureFixture, verbosity: int, level: int
) -> None:
    names = ("django.tasks", "django_tasks_db")
    for name in names:
        caplog.set_level(logging.WARNING, name)
    Command().configure_logging(verbosity)
    assert [logging.getLogger(name).level for name in names] == [level, level]
