"""What players send in addresses is written into no log: not into ours, the server's or nginx's."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from gunicorn.config import Config
from gunicorn.glogging import Logger

from config import gunicorn as wsgi_config
from config import server as asgi_config
from library.models import User
from library.monitoring.logs import LogContextFilter
from tests.subsonic import Player

pytestmark = pytest.mark.django_db


def test_our_own(alice: User, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    caplog.handler.addFilter(LogContextFilter())
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "earmark.requests")
    player = Player(alice)
    secrets = [
        player.password,
        player.credentials["t"],
        player.credentials["s"],
        alice.email,
        "a quiet search",
    ]
    player.ask("search3", query="a quiet search")
    player.refused("getSong", id="a quiet search")
    Client().get("/rest/ping.view", {"u": alice.email, "p": player.password})
    Client().get("/rest/nothing", {"apiKey": player.password})
    monkeypatch.setattr("library.selectors.usage_of", lambda owner: 1 / 0)
    assert player.send("getScanStatus", query="a quiet search").status_code == 500
    lines = [record.getMessage() + json.dumps(record.__dict__, default=str) for record in caplog.records]
    requests = [line for line in lines if line.startswith(("GET /rest/search3 200", "GET /rest/ "))]
    assert len(requests) == 3
    assert any("Internal Server Error" in line for line in lines)
    # Queries of the database are for whoever debugs it.
    told = "".join(
        line
        for record, line in zip(caplog.records, lines, strict=True)
        if record.name != "django.db.backends"
    )
    assert [secret for secret in secrets if secret in told] == []


@pytest.mark.parametrize("module", [asgi_config, wsgi_config])
def test_the_servers(module: Any) -> None:
    config = Config()
    config.set("access_log_format", module.access_log_format)
    request = type("Request", (), {"headers": [("REFERER", "http://x/?p=sesame")]})()
    response = type("Response", (), {"status": "200 OK", "sent": 10, "headers": []})()
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": "/rest/ping?u=a&p=sesame", "SERVER_PROTOCOL": "HTTP/1.1",
        "PATH_INFO": "/rest/ping", "QUERY_STRING": "u=a&p=sesame", "HTTP_REFERER": "http://x/?p=sesame",
    }  # fmt: skip
    atoms = Logger(config).atoms(response, request, environ, _Duration())
    line = module.access_log_format % {
        key: atoms.get(key, "-") for key in re.findall(r"%\((.*?)\)s", module.access_log_format)
    }
    assert "GET /rest/ping HTTP/1.1" in line
    assert "sesame" not in line


class _Duration:
    seconds, microseconds = 0, 1500

    def total_seconds(self) -> float:
        return 0.0015


def test_errors_of_the_wsgi_server() -> None:
    """gunicorn writes the address of a request that failed into its log."""
    request = type("Request", (), {"uri": "/rest/ping?p=sesame", "path": "/rest/ping", "headers": []})()
    wsgi_config.pre_request(None, request)  # type: ignore[arg-type]
    assert request.uri == "/rest/ping"


class TestNginx:
    text = Path(settings.BASE_DIR, "deploy/nginx.conf").read_text()

    def test_the_access_log_has_no_queries(self) -> None:
        form = re.search(r"log_format earmark (.*?);", self.text, re.DOTALL)
        assert form
        variables = set(re.findall(r"\$(\w+)", form[1]))
        assert variables.isdisjoint({"request", "request_uri", "args", "query_string", "http_referer"})
        servers = self.text.split("\nserver {")[1:]
        assert len(servers) == 2
        assert all("access_log /var/log/nginx/access.log earmark;" in server for server in servers)

    @pytest.mark.parametrize("place", ["/rest/", "/private-files/"])
    def test_the_error_log_has_no_addresses_of_players(self, place: str) -> None:
        """nginx writes the whole line of a request into it, and has no setting for that."""
        block = re.search(rf"location {place} \{{(.*?)\n    \}}", self.text, re.DOTALL)
        assert block
        assert "error_log /dev/null emerg;" in block[1]
