"""An address has the parameters that the schema names for it, and no others: a typing error is not passed over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from library import services
from library.models import Tag, Track

pytestmark = pytest.mark.django_db
TRACKS = "/api/v1/tracks/"


def operations() -> list[tuple[str, str, set[str]]]:
    """Every operation of the schema: method, an address, and the parameters that are described for it."""
    described = []
    for path, methods in SchemaGenerator().get_schema(request=None, public=True)["paths"].items():
        for method, operation in methods.items():
            address, in_query = path, set()
            for row in operation.get("parameters", []):
                if row["in"] == "query":
                    in_query.add(row["name"])
                elif row["in"] == "path":
                    # Nothing needs to be there: what is refused is refused before anything is looked for.
                    example = str(UUID(int=1)) if row["schema"].get("format") == "uuid" else "1"
                    address = address.replace(f"{{{row['name']}}}", example)
            described.append((method, address, in_query))
    return described


def refused(client: Client, method: str, address: str, name: str) -> bool:
    response = client.generic(method.upper(), f"{address}?{name}=1", "{}", content_type="application/json")
    if response.status_code != 400:
        return False
    errors = response.json().get("errors", [])
    return any(
        row["pointer"] == f"/{name}" and "not a parameter of this URL" in row["detail"] for row in errors
    )


@pytest.mark.usefixtures("crawling")
def test_what_the_schema_names_is_taken_and_nothing_else(alice_api: Client) -> None:
    # The two that classify a file without storing it are not about the owner's data.
    checked = [one for one in operations() if one[1] not in ("/file-upload", "/api/v1/classify/")]
    assert len(checked) > 50
    for method, address, described in checked:
        for name in {"nonsense", "page", "format"} - described:
            assert refused(alice_api, method, address, name), (method, address, name)
        for name in described:
            assert not refused(alice_api, method, address, name), (method, address, name)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("gnere=jazz", ["/gnere"]),
        ("?genre=jazz", ["/?genre"]),
        ("page=2&sort=title", ["/page", "/sort"]),
        ("year_min=2O24", ["/year_min"]),
        ("genre=nonsense", ["/genre"]),
        ("needs_you=maybe", ["/needs_you"]),
        ("ordering=size", ["/ordering"]),
        ("page_size=abc", ["/page_size"]),
        ("page_size=0", ["/page_size"]),
        ("page_size=-1", ["/page_size"]),
    ],
)
def test_each_is_named(query: str, pointers: list[str], alice_api: Client, track: Track) -> None:
    response = alice_api.get(f"{TRACKS}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    errors = response.json()["errors"]
    assert [error["pointer"] for error in errors] == pointers
    assert all(isinstance(error["code"], str) for error in errors)


@pytest.mark.parametrize("query", ["q=%FF", "q=a%00", "&" * 1001, "q=\xff"])
def test_what_cannot_be_read_is_refused(query: str, alice_api: Client, track: Track) -> None:
    response = alice_api.get(TRACKS, QUERY_STRING=query)
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    "query", ["", "q=&genre=", "page_size=", "page_size=1000", "fields=title,nonsense", "genre=BLUES"]
)
def test_what_was_taken_before_is_taken(query: str, alice_api: Client, track: Track) -> None:
    assert [row["title"] for row in alice_api.get(f"{TRACKS}?{query}").json()["results"]] == [track.title]


def test_a_mistyped_into_deletes_nothing(alice_api: Client, track: Track) -> None:
    kept, other = (services.track_tag(track=track, name=name) for name in ("live", "concert"))
    response = alice_api.delete(f"/api/v1/tags/{kept.pk}/?inot={other.pk}")
    assert response.status_code == 400
    assert Tag.objects.count() == 2


def test_strangers_get_401_whatever_they_send(client: Client) -> None:
    response: Any = client.get(f"{TRACKS}?nonsense=1")
    assert response.status_code == 401
