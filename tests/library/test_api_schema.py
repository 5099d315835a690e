"""The schema is complete and true, and the page drawn from it needs nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from jsonschema import Draft202012Validator

from classifier.errors import MESSAGES
from library.models import Track

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    response = client.get(reverse("api-schema"))
    assert response.status_code == 200
    loaded: dict[str, Any] = yaml.safe_load(response.content)
    return loaded


@pytest.fixture
def page(client: Client) -> str:
    response = client.get(reverse("api-docs"))
    assert response.status_code == 200
    return response.content.decode()


def test_the_schema_is_valid_and_nothing_had_to_be_guessed(tmp_path: Path) -> None:
    # Exits when anything is wrong.
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_every_operation_is_in_it(schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.1"
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]


def test_everything_is_described(schema: dict[str, Any]) -> None:
    undescribed = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            rows = [operation, *(row for row in operation.get("parameters", []) if row["in"] != "path")]
            undescribed += [
                f"{method} {path} {row.get('name', '')}" for row in rows if not row.get("description")
            ]
    for name, component in schema["components"]["schemas"].items():
        if (
            "properties" in component
            and not name.startswith("Paginated")
            and not component.get("description")
        ):
            undescribed.append(name)
    assert undescribed == []


def test_the_committed_copy_is_what_the_code_says(tmp_path: Path) -> None:
    """`make schema` writes it; a difference is a change of the API that somebody should have looked at."""
    call_command("spectacular", "--file", str(tmp_path / "schema.yaml"))
    committed = settings.BASE_DIR / "docs" / "openapi.yaml"
    assert committed.read_text() == (tmp_path / "schema.yaml").read_text()


def test_every_operation_lists_its_errors(schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            assert {"401", "403", "429"} <= set(answers)
            assert ("{id}" not in path) or "404" in answers
            for status, answer in answers.items():
                if int(status) >= 400:
                    (content,) = answer["content"].items()
                    assert content == (
                        "application/problem+json",
                        {"schema": {"$ref": "#/components/schemas/Problem"}},
                    )


def test_a_track_is_as_the_schema_says(schema: dict[str, Any], alice_api: Client, track: Track) -> None:
    described = schema["components"]["schemas"]["Track"]["properties"]
    assert set(alice_api.get(f"/api/v1/tracks/{track.pk}/").json()) == set(described)


def test_the_page_shows_every_operation(page: str, schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            assert f"<code>{path}</code>" in page
            assert f"{method.upper()} {path}" in page
            assert escape(operation["summary"]) in page
    assert 'curl -H "Authorization: Bearer $TOKEN" -F file=@song.mp3 http://testserver/api/v1/tracks/' in (
        page.replace("&quot;", '"')
    )


def test_the_page_says_what_a_status_can_be(page: str) -> None:
    assert "queued | analysing | ready | failed" in page


def test_every_link_on_the_page_leads_somewhere(page: str) -> None:
    anchors = set(re.findall(r'id="([^"]+)"', page))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in anchors
    assert len(anchors) == len(re.findall(r'\bid="', page))
    assert {f"error-{code}" for code in MESSAGES} <= anchors


def test_the_page_brings_no_script_or_style_of_its_own(page: str) -> None:
    assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
    assert re.findall(r'(?:src|href)="(https?:[^"]+)"', page) == []


def test_both_are_open_to_everybody_and_the_page_also_frames_who_is_signed_in(alice_client: Client) -> None:
    assert alice_client.get(reverse("api-docs")).status_code == 200
    assert alice_client.get(
        reverse("api-schema"), headers={"Accept": "application/vnd.oai.openapi+json"}
    ).json()


def test_examples_are_as_the_schema_says(schema: dict[str, Any]) -> None:
    shown = 0
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [answer.get("content", {}) for answer in operation["responses"].values()]
            for content in (content for some in contents for content in some.values()):
                for example in content.get("examples", {}).values():
                    shown += 1
                    described = Draft202012Validator(content["schema"] | {"components": schema["components"]})
                    assert [error.message for error in described.iter_errors(example["value"])] == [], path
    assert shown > 20
