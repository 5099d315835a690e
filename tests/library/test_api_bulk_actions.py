"""Bulk actions by the API, and their undo."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.tasks import default_task_backend
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from library import services
from library.models import Tag, Track, User
from library.services.file_tags import file_tags_record
from tests.factories import run_enqueued_tasks

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OnCommit = DjangoCaptureOnCommitCallbacks
ACTS = "/api/v1/acts/"


def action(client: Client, **body: Any) -> Any:
    return client.post(ACTS, body, content_type="application/json")


def test_by_ids_and_undone(alice_api: Client, make_track: MakeTrack) -> None:
    tracks = [make_track() for _ in range(3)]
    done = action(alice_api, act="genre", value="jazz", ids=[str(track.pk) for track in tracks[:2]]).json()
    assert (done["done"], done["skipped"]) == (2, 0)
    assert Track.objects.filter(genre="jazz").count() == 2
    assert alice_api.post(f"{ACTS}{done['id']}/undo/").json()["done"] == 2
    assert Track.objects.filter(genre="jazz").count() == 0
    assert alice_api.post(f"{ACTS}{done['id']}/undo/").json()["code"] == "undone_already"


def test_what_was_deleted_comes_back(alice_api: Client, charlie_api: Client, track: Track) -> None:
    """A DELETE is answered without an id, so the list says what can be undone."""
    tag = services.track_tag(track=track, name="live")
    playlist = services.playlist_add(owner=track.owner, name="Late")
    for address in (f"/api/v1/tags/{tag.pk}/", f"/api/v1/playlists/{playlist.pk}/"):
        assert alice_api.delete(address).status_code == 204
    done = alice_api.get(ACTS).json()["results"]
    assert [(row["kind"], row["undone_at"]) for row in done] == [("unlist", None), ("untag", None)]
    assert "live" in done[1]["summary"]
    assert charlie_api.get(ACTS).json()["results"] == []
    assert charlie_api.post(f"{ACTS}{done[0]['id']}/undo/").status_code == 404
    for row in done:
        assert alice_api.post(f"{ACTS}{row['id']}/undo/").status_code == 200
    assert [tag.name for tag in track.tags.all()] == ["live"]
    assert alice_api.get("/api/v1/playlists/").json()["results"][0]["name"] == "Late"
    assert all(row["undone_at"] for row in alice_api.get(ACTS).json()["results"])


def test_the_list_comes_in_pages(
    alice_api: Client, track: Track, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for name in "abc":
        action(alice_api, act="tag", value=name, query="")
    with django_assert_max_num_queries(6):
        first = alice_api.get(f"{ACTS}?page_size=2").json()
    rest = alice_api.get(first["next"]).json()
    told = [row["summary"] for row in first["results"] + rest["results"]]
    assert [summary.strip("”")[-1] for summary in told] == ["c", "b", "a"]
    assert rest["next"] is None


def test_by_a_query(alice_api: Client, make_track: MakeTrack) -> None:
    make_track(heard={"top": "rock"})
    make_track(heard={"label": None})
    assert action(alice_api, act="confirm", query="genre=rock").json()["done"] == 1
    assert action(alice_api, act="tag", value="live", query="").json()["done"] == 2
    assert action(alice_api, act="untag", value="LIVE", query="genre=unsure").json()["done"] == 1
    assert action(alice_api, act="analyse", query="").json()["done"] == 2
    deleted = action(alice_api, act="delete", query="genre=rock").json()
    assert (deleted["done"], deleted["skipped"]) == (1, 0)
    assert Track.objects.count() == 1
    assert alice_api.post(f"{ACTS}{deleted['id']}/undo/").json()["done"] == 1
    assert Track.objects.count() == 2


def test_other_peoples_tracks_are_not_touched(charlie_api: Client, track: Track) -> None:
    for body in ({"ids": [str(track.pk)]}, {"query": ""}):
        assert action(charlie_api, act="delete", **body).json()["done"] == 0
    assert Track.objects.exists()


def test_deleting_needs_that_scope(alice: User, track: Track) -> None:
    _, key = services.token_create(owner=alice, name="tagger", may_delete=False)
    tagger = Client(headers={"Authorization": f"Bearer {key}"})
    response = action(tagger, act="delete", query="")
    assert (response.status_code, response.json()["code"]) == (403, "insufficient_scope")
    assert action(tagger, act="tag", value="live", query="").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"act": "polish", "query": ""}, "/act"),
        ({"act": "confirm"}, ""),
        ({"act": "confirm", "ids": [], "query": ""}, "/ids"),
        ({"act": "tag", "query": ""}, "/value"),
        ({"act": "confirm", "ids": ["x"]}, "/ids/0"),
    ],
)
def test_what_is_wrong_is_pointed_at(alice_api: Client, body: dict[str, Any], pointer: str) -> None:
    response = action(alice_api, **body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_into_a_playlist_in_the_order_given(alice: User, alice_api: Client, make_track: MakeTrack) -> None:
    tracks = [make_track() for _ in range(3)]
    playlist = services.playlist_add(owner=alice, name="Late")
    ids = [str(tracks[number].pk) for number in (1, 2, 0)]
    done = action(alice_api, act="playlist", value=str(playlist.pk), ids=ids).json()
    assert (done["done"], done["skipped"]) == (3, 0)
    assert [str(item.track_id) for item in playlist.items.all()] == ids
    again = action(alice_api, act="playlist", value=str(playlist.pk), query="ordering=title").json()
    assert (again["done"], again["skipped"]) == (0, 3)
    assert alice_api.post(f"{ACTS}{done['id']}/undo/").json()["done"] == 3
    assert not playlist.items.exists()


def test_only_into_the_owners_playlist(
    alice: User, charlie: User, charlie_api: Client, alice_api: Client, make_track: MakeTrack
) -> None:
    make_track(owner=charlie)
    alices = services.playlist_add(owner=alice, name="Late")
    smart = services.search_save(owner=alice, name="Blues", query="genre=blues")
    refused = [
        action(charlie_api, act="playlist", value=value, query="")
        for value in (str(alices.pk), "00000000-0000-0000-0000-000000000001", "late")
    ]
    assert {(response.status_code, response.json()["code"]) for response in refused} == {
        (422, "unknown_playlist")
    }
    assert len({response.content for response in refused}) == 1
    response = action(alice_api, act="playlist", value=str(smart.pk), query="")
    assert (response.status_code, response.json()["code"]) == (409, "saved_search")


def test_a_thousand_by_id(alice: User, alice_api: Client, track: Track) -> None:
    playlist = services.playlist_add(owner=alice, name="Late")
    ids = [*(str(uuid.UUID(int=number)) for number in range(999)), str(track.pk)]
    assert action(alice_api, act="playlist", value=str(playlist.pk), ids=ids).json()["done"] == 1
    assert action(alice_api, act="tag", value="live", ids=ids).json()["done"] == 1


class TestLater:
    """With `Prefer: respond-async`, a worker does it."""

    PREFER: ClassVar = {"Prefer": "respond-async"}

    @pytest.fixture
    def live(self, alice: User, make_track: MakeTrack) -> Tag:
        for _ in range(3):
            services.track_tag(track=make_track(), name="live")
        services.tag_add(owner=alice, name="late")
        default_task_backend.clear()
        return Tag.objects.get(name="live")

    def followed(self, client: Client, response: Any) -> Any:
        """What the address says to which a response leads, after a worker has done its tasks."""
        assert (response.status_code, response["Preference-Applied"]) == (202, "respond-async")
        run_enqueued_tasks()
        return client.get(response["Location"]).json()

    def test_an_undo(
        self, alice_api: Client, live: Tag, django_capture_on_commit_callbacks: OnCommit
    ) -> None:
        done = action(alice_api, act="untag", value="live", query="").json()
        with django_capture_on_commit_callbacks(execute=True):
            response = alice_api.post(f"{ACTS}{done['id']}/undo/", headers=self.PREFER)
        answer = response.json()
        assert (answer["undoing"], answer["undone"], answer["can_be_undone"]) == (True, 0, False)
        assert not live.taggings.exists()
        row = self.followed(alice_api, response)
        assert (row["undoing"], row["undone"], row["done"]) == (False, 3, 3)
        assert live.taggings.count() == 3
        again = alice_api.post(f"{ACTS}{done['id']}/undo/", headers=self.PREFER)
        assert (again.status_code, again.json()["code"]) == (409, "undone_already")

    def test_only_ones_own(self, alice_api: Client, charlie_api: Client, live: Tag) -> None:
        done = action(alice_api, act="untag", value="live", query="").json()
        assert charlie_api.post(f"{ACTS}{done['id']}/undo/", headers=self.PREFER).status_code == 404

    @pytest.mark.parametrize("what", ["tag", "merge", "playlist", "genre"])
    def test_a_deletion(
        self,
        alice: User,
        alice_api: Client,
        live: Tag,
        what: str,
        django_capture_on_commit_callbacks: OnCommit,
    ) -> None:
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=Track.objects.all())
        genre = services.own_genre_add(owner=alice, name="Dub")
        services.genres_set(tracks=Track.objects.all(), person=alice, genre=genre.key)
        late = Tag.objects.get(name="late")
        address = {
            "tag": f"/api/v1/tags/{live.pk}/",
            "merge": f"/api/v1/tags/{live.pk}/?into={late.pk}",
            "playlist": f"/api/v1/playlists/{playlist.pk}/",
            "genre": f"/api/v1/genres/{genre.key}/?into=jazz",
        }[what]
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            response = alice_api.delete(address, headers=self.PREFER)
        place = address.partition("?")[0]
        if what != "genre":
            assert alice_api.get(place).status_code == 200
        row = self.followed(alice_api, response)
        assert (row["status"], row["total"], row["done"]) == ("done", 3, 3)
        assert alice_api.delete(place).status_code == 404
        assert alice_api.post(f"{ACTS}{row['id']}/undo/").json()["done"] == 3
        assert alice_api.delete(place).status_code in (200, 204)


def test_fields_are_edited(alice_api: Client, make_track: MakeTrack) -> None:
    tracks = [make_track(artist=artist, year=1990) for artist in ("Ann", "Bob")]
    ids = [str(track.pk) for track in tracks]
    changes = {"artist": "  Björk ", "year": None, "compilation": True}
    done = action(alice_api, act="edit", changes=changes, ids=ids, expected=2).json()
    assert (done["done"], done["skipped"]) == (2, 0)
    row = alice_api.get(f"/api/v1/tracks/{ids[0]}/").json()
    assert (row["artist"], row["year"], row["compilation"]) == ("Björk", None, True)
    assert alice_api.post(f"{ACTS}{done['id']}/undo/").json()["done"] == 2
    assert set(Track.objects.values_list("artist", "year")) == {("Ann", 1990), ("Bob", 1990)}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"act": "edit"}, "/changes"),
        ({"act": "edit", "changes": {}}, "/changes"),
        ({"act": "edit", "changes": {"artits": "Björk", "year": 1990}}, "/changes/artits"),
        ({"act": "edit", "changes": {"title": ""}}, "/changes/title"),
        ({"act": "edit", "changes": {"year": 10000}}, "/changes/year"),
        ({"act": "edit", "changes": {"artist": None}}, "/changes/artist"),
        ({"act": "tag", "value": "live", "changes": {"year": 1990}}, "/changes"),
        ({"act": "reset"}, "/fields"),
        ({"act": "reset", "fields": []}, "/fields"),
        ({"act": "reset", "fields": ["genre"]}, "/fields/0"),
        ({"act": "from_filename"}, "/value"),
    ],
)
def test_an_edit_that_is_wrong_is_pointed_at(
    alice_api: Client, track: Track, body: dict[str, Any], pointer: str
) -> None:
    response = action(alice_api, query="", **body)
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_fields_are_set_as_the_file_says_and_by_its_name(alice_api: Client, make_track: MakeTrack) -> None:
    track = make_track(title="Mine", artist="Cid", original_name="01 - Ann - Cinders.mp3")
    file_tags_record(track=track, tags={"title": "Slag", "artist": "Bob"})
    done = action(alice_api, act="reset", fields=["title", "artist"], ids=[str(track.pk)]).json()
    track.refresh_from_db()
    assert (done["done"], track.title, track.artist) == (1, "Slag", "Bob")
    named = action(alice_api, act="from_filename", value="track-artist-title", query="").json()
    track.refresh_from_db()
    assert (track.title, track.artist, track.track_number) == ("Cinders", "Ann", 1)
    for each in (named, done):
        assert alice_api.post(f"{ACTS}{each['id']}/undo/").json()["done"] == 1
    track.refresh_from_db()
    assert (track.title, track.artist, track.track_number) == ("Mine", "Cid", None)
    response = action(alice_api, act="from_filename", value="polka", query="")
    assert (response.status_code, response.json()["code"]) == (422, "bad_value")
