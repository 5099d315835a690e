"""An owner's edits of a track survive later analyses."""

from __future__ import annotations

import pytest
from django.test import Client

from library import services
from library.errors import DomainError
from library.models import Track
from library.services import analysis

pytestmark = pytest.mark.django_db


def test_a_later_analysis_overwrites_only_what_was_not_set_by_hand(track: Track) -> None:
    services.track_edit(track=track, title="Mine")
    track.edited = []  # as the worker found the track, before
    analysis._tags_record(track, {"title": "The file's", "artist": "The file's"})
    track.refresh_from_db()
    assert track.edited == ["title"]
    track.lease = None
    assert (track.title, track.search_text[:4]) == ("Mine", "mine")


@pytest.mark.parametrize("changes", [{"title": " "}, {"artist": "x" * 256}, {"year": 0}, {"album": "\x00"}])
def test_values_that_will_not_do(track: Track, changes: dict[str, object]) -> None:
    with pytest.raises(DomainError) as refusal:
        services.track_edit(track=track, **changes)
    assert refusal.value.code == "bad_value"


def test_on_the_page(alice_client: Client, track: Track) -> None:
    url = track.get_absolute_url() + "edit/"
    page = alice_client.post(
        url, {"title": "Ænima", "artist": "Tool", "album": "", "year": "1996"}, follow=True
    )
    assert "Ænima" in page.content.decode()
    track.refresh_from_db()
    assert (track.title, track.artist, track.year, sorted(track.edited)) == (
        "Ænima",
        "Tool",
        1996,
        ["artist", "title", "year"],
    )
    wrong = alice_client.post(url, {"title": "", "year": "x"}).content.decode()
    assert "This field is required" in wrong
    assert "Enter a whole number" in wrong
