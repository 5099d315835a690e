"""Under a web server that does not mark the end of a chunked body, a length is required."""

from __future__ import annotations

import pytest
from django.test import Client

CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize("path", ["/api/v1/tags/", "/file-upload"])
def test_programs_get_a_problem(client: Client, path: str) -> None:
    answer = client.post(path, headers=CHUNKED)
    assert answer.status_code == 411
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "length_required"


def test_people_get_a_sentence(client: Client) -> None:
    answer = client.post("/playlists/", headers=CHUNKED)
    assert answer.status_code == 411
    assert "Content-Length" in answer.content.decode()
