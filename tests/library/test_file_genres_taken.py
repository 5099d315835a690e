"""The genre that each file names is taken for many tracks at once; those whose files name none are left and counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from library import services
from library.models import BulkAction, Track, User
from tests.factories import add_own_genre

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
URL = "/tracks/edit/"


@pytest.fixture
def five(alice: User, make_track: MakeTrack) -> list[Track]:
    """Not sure, sure of another genre, an own genre, said by their owner already, and no genre that is known."""
    add_own_genre(alice, "Dub techno")
    tracks = [
        make_track(title="Unsure", heard={"label": None}, file_genre="Jazz"),
        make_track(title="Sure", heard={"top": "rock"}, file_genre="Heavy Metal"),
        make_track(title="Own", file_genre="dub techno"),
        make_track(title="Said", file_genre="Jazz"),
        make_track(title="Unknown", file_genre="Polka"),
    ]
    services.genre_set(track=tracks[3], person=alice, genre="jazz")
    return tracks


def genres() -> dict[str, str]:
    return dict(Track.objects.values_list("title", "owner_genre"))


def said(client: Client, **form: object) -> str:
    return " ".join(client.post(URL, {"how": "file_genre"} | form, follow=True).content.decode().split())


def test_each_gets_its_own_and_loses_it_again(alice: User, five: list[Track]) -> None:
    services.genre_set(track=five[1], person=alice, genre="pop")
    before = genres()
    action = services.genres_take_from_files(tracks=Track.objects.all(), person=alice)
    assert (action.done, action.skipped) == (3, 2)
    assert genres() == {
        "Unsure": "jazz",
        "Sure": "metal",
        "Own": "dub-techno",
        "Said": "jazz",
        "Unknown": "",
    }
    assert Track.objects.get(title="Unsure").genre_source == Track.Source.OWNER
    assert not Track.objects.filter(needs_you=True, title__in=["Unsure", "Sure", "Own"]).exists()
    assert services.bulk_action_undo(action=action) == 3
    assert genres() == before


def test_only_the_owners_tracks_on_the_page(
    charlie: User, five: list[Track], alice_client: Client, charlie_client: Client
) -> None:
    ids = [str(track.pk) for track in five]
    assert "Select some tracks first." in said(charlie_client, track=ids, step="save")
    assert not BulkAction.objects.exists()


def test_a_preview_first_then_done_and_undone(five: list[Track], alice_client: Client) -> None:
    form = {"track": [str(track.pk) for track in five], "next": "/"}
    page = said(alice_client, **form)
    assert "3 of 5 tracks would change" in page
    assert "1 file names no genre that Earmark knows, and is left." in page
    assert '<del dir="auto">Rock</del> <span aria-hidden="true">→</span> <ins dir="auto">Metal</ins>' in page
    assert '<ins dir="auto">Jazz</ins>, confirmed' in page
    assert "Dub techno" in page
    assert not BulkAction.objects.exists()
    page = said(alice_client, step="save", **form)
    assert "Took the file’s genre: 3 tracks." in page
    assert "1 track left: the file names no genre that Earmark knows." in page
    assert "1 track skipped: already set to that genre." in page
    assert genres()["Own"] == "dub-techno"
    alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
    assert genres() == {"Unsure": "", "Sure": "", "Own": "", "Said": "jazz", "Unknown": ""}


def test_nothing_to_take(make_track: MakeTrack, alice_client: Client) -> None:
    page = said(alice_client, track=[str(make_track(file_genre="Polka").pk)])
    assert "Nothing would change" in page
    assert 'value="save"' not in page


def test_of_a_search(five: list[Track], alice_client: Client) -> None:
    form = {"all": "1", "query": "q=sure", "expected": "2", "step": "save"}
    assert "Took the file’s genre: 2 tracks." in said(alice_client, **form)
    assert genres() == {"Unsure": "jazz", "Sure": "metal", "Own": "", "Said": "jazz", "Unknown": ""}


def test_by_a_program(five: list[Track], alice_api: Client) -> None:
    def ask(address: str, **body: object) -> dict[str, object]:
        return alice_api.post(address, body, content_type="application/json").json()

    done = ask("/api/v1/acts/", act="file_genre", query="", expected=5)
    assert (done["done"], done["skipped"]) == (3, 2)
    assert ask(f"/api/v1/acts/{done['id']}/undo/")["done"] == 3


def test_the_menu_of_genres_leads_there(five: list[Track], alice_client: Client) -> None:
    assert "Take the file’s genre…" in alice_client.get("/").content.decode()
