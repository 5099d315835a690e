"""Of edits at the same time, all are kept: each is applied to the row as it is by then."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.test import Client

from library import services
from library.errors import DomainError
from library.models import Tag, Track, User
from tests.concurrency import run_concurrently, shared_database
from tests.factories import with_token

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 40


@pytest.fixture(autouse=True)
def shared(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


@pytest.fixture
def people(shared: None, alice: User) -> tuple[Client, Client]:
    """Two programs of alice's."""
    return with_token(alice), with_token(alice)


def test_two_fields_of_a_track(people: tuple[Client, Client], track: Track) -> None:
    address = f"/api/v1/tracks/{track.pk}/"
    for number in range(ROUNDS):
        wanted = {"title": f"Title {number}", "artist": f"Artist {number}"}
        answers = run_concurrently(
            *(
                partial(client.patch, address, {field: value}, content_type="application/json")
                for client, (field, value) in zip(people, wanted.items(), strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        track.refresh_from_db()
        assert {field: getattr(track, field) for field in wanted} == wanted
        assert track.edited == ["artist", "title"]
        assert track.search_text.startswith(f"title {number} artist ")
        assert (track.sort_title, track.sort_artist) == (f"title {number}", f"artist {number}")


def test_a_tags_name_and_colour(people: tuple[Client, Client], alice: User) -> None:
    tag = services.tag_add(owner=alice, name="live")
    address = f"/api/v1/tags/{tag.pk}/"
    for number in range(ROUNDS // 4):
        run_concurrently(
            partial(people[0].patch, address, {"name": f"tag {number}"}, content_type="application/json"),
            partial(people[1].patch, address, {"hue": number}, content_type="application/json"),
        )
        tag.refresh_from_db()
        assert (tag.name, tag.key, tag.hue) == (f"tag {number}", f"tag {number}", number)


def test_two_tags_that_want_the_same_name(alice: User) -> None:
    tags = [services.tag_add(owner=alice, name=name) for name in ("live", "concert")]
    answers = run_concurrently(*(partial(services.tag_change, tag=tag, name="gig") for tag in tags))
    (refused,) = [answer for answer in answers if answer is not None]
    assert isinstance(refused, DomainError)
    assert refused.code == "taken"
    assert Tag.objects.filter(name="gig").count() == 1
