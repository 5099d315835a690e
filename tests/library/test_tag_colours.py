"""A tag is neutral until its owner chooses a colour for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from library import services
from library.exchange.export_writer import export_as_json
from library.models import Tag, Track, User
from tests.factories import signed_in

pytestmark = pytest.mark.django_db


def shown(client: Client, tag: Tag) -> str:
    """The class of its chip on “Genres and tags”."""
    page = client.get(reverse("labels")).content.decode()
    return (
        page.partition(f'href="{reverse("tag", args=[tag.pk])}"')[0]
        .rpartition('class="chip tag ')[2]
        .split('"')[0]
    )


def test_it_is_shown_once_it_was_chosen_and_not_after_it_was_taken_back(alice: User, track: Track) -> None:
    client = signed_in(alice)
    tag = services.track_tag(track=track, name="live")
    change = reverse("tag-change", args=[tag.pk])
    assert shown(client, tag) == "hue-none"
    form = {"initial-name": "live", "initial-hue": str(tag.hue), "name": "live"}
    # The colour that it would have anyway, which nobody had chosen.
    client.post(change, form | {"hue": str(tag.hue)})
    assert shown(client, tag) == f"hue-{tag.hue}"
    client.post(change, form | {"name": "on stage"})
    assert shown(client, tag) == f"hue-{tag.hue}"
    client.post(change, form | {"initial-name": "on stage", "name": "on stage", "coloured": "false"})
    assert shown(client, tag) == "hue-none"


def test_by_the_api(alice: User, alice_api: Client) -> None:
    def send(method: str, path: str, **data: Any) -> dict[str, Any]:
        response = getattr(alice_api, method)(f"/api/v1/tags/{path}", data, content_type="application/json")
        found: dict[str, Any] = response.json()
        return found

    plain, red = send("post", "", name="live"), send("post", "", name="late", hue=0)
    assert (plain["coloured"], red["coloured"]) == (False, True)
    address = f"{plain['id']}/"
    assert send("patch", address, name="on stage")["coloured"] is False
    assert send("patch", address, hue=plain["hue"])["coloured"] is True
    assert send("patch", address, coloured=False)["coloured"] is False
    assert send("patch", address, coloured=True)["coloured"] is True


def test_it_comes_back_with_an_undo(alice: User, track: Track) -> None:
    tag = services.track_tag(track=track, name="live")
    services.tag_change(tag=tag, hue=3)
    action = services.tag_delete(tag=tag)
    services.bulk_action_undo(action=action)
    assert (alice.tags.get().hue, alice.tags.get().coloured) == (3, True)


def test_it_is_in_exports_and_was_not_chosen_in_those_of_before(alice: User, charlie: User) -> None:
    services.tag_add(owner=alice, name="live", hue=3)
    services.tag_add(owner=alice, name="late")
    document = "".join(export_as_json(alice))
    before = json.loads(document)
    for tag in before["tags"]:
        del tag["coloured"]
    for text, is_coloured in ((document, True), (json.dumps(before), False)):
        charlie.tags.all().delete()
        services.library_import(owner=charlie, file=ContentFile(text.encode()), size=len(text.encode()))
        assert dict(charlie.tags.values_list("name", "coloured")) == {"live": is_coloured, "late": False}
