"""Bulk actions on the library page: by ids or for a whole search, with one undo, and a count of skipped tracks."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.tasks import default_task_backend
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from library import services
from library.models import BulkAction, Playlist, Tag, Track, User
from library.services import bulk_actions

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def action(client: Client, name: str, *tracks: Track, status: int = 200, **more: object) -> str:
    """The page that the response redirects to."""
    data = {"act": name, "track": [str(track.pk) for track in tracks], "next": "/"} | more
    response = client.post(reverse("bulk-action-submit"), data, follow=True)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def undo(client: Client) -> str:
    response = client.post(
        reverse("bulk-action-undo", args=[BulkAction.objects.latest("created_at").pk]), follow=True
    )
    return response.content.decode()


def genres(*tracks: Track) -> list[str]:
    for track in tracks:
        track.refresh_from_db()
    return [track.owner_genre for track in tracks]


@pytest.fixture
def three(make_track: MakeTrack) -> list[Track]:
    return [make_track(heard={"top": top}) for top in ("blues", "jazz", "rock")]


class TestPlaylist:
    def test_creates_a_playlist_in_the_order_of_the_list_and_undoes_it(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        tracks = [make_track(title=title) for title in "bca"]
        page = action(
            alice_client, "playlist", *tracks, new_playlist="Late", query="q=nothing&ordering=-title"
        )
        assert "Added to “Late”: 3 tracks." in page
        late = Playlist.objects.get()
        assert [item.track.title for item in late.items.all()] == ["c", "b", "a"]
        undo(alice_client)
        assert not late.items.exists()

    def test_adds_all_matches_to_an_existing_playlist(self, alice_client: Client, three: list[Track]) -> None:
        late = services.playlist_add(owner=three[0].owner, name="Late")
        value = f"playlist:{late.pk}"
        action(alice_client, value, three[0])
        page = action(alice_client, value, all="1", query="genre=blues&genre=jazz")
        assert "Added to “Late”: 1 track." in page
        assert "1 track skipped: already in that playlist." in page
        assert late.items.count() == 2

    def test_refuses_no_playlist_and_other_peoples(
        self, alice_client: Client, charlie: User, three: list[Track]
    ) -> None:
        theirs = services.playlist_add(owner=charlie, name="Theirs")
        for value in (theirs.pk, "nonsense"):
            assert "You have no such playlist." in action(alice_client, f"playlist:{value}", three[0])
        assert "Choose a playlist first" in action(alice_client, "playlist", three[0])
        assert not theirs.items.exists()


class TestGenre:
    def test_confirms_each_genre_and_undoes_all_at_once(
        self, alice_client: Client, three: list[Track]
    ) -> None:
        page = action(alice_client, "confirm", *three[:2])
        assert "Confirmed the genre of 2 tracks." in page
        assert genres(*three) == ["blues", "jazz", ""]
        assert "(2 tracks)." in undo(alice_client)
        assert genres(*three) == ["", "", ""]

    def test_unanalysed_tracks_are_skipped_and_counted(
        self, alice_client: Client, three: list[Track], make_track: MakeTrack
    ) -> None:
        page = action(alice_client, "confirm", three[0], make_track(status=Track.Status.QUEUED))
        assert "Confirmed the genre of 1 track." in page
        assert "1 track skipped: already set by somebody, or not analysed yet." in page

    def test_confirms_only_what_is_asserted_and_counts_what_is_left(
        self, alice: User, alice_client: Client, three: list[Track], make_track: MakeTrack
    ) -> None:
        unsure = [make_track(heard={"label": None}) for _ in range(2)]
        from_file = make_track(heard={"label": None}, file_genre="Hip-Hop/Rap")
        services.genre_set(track=three[0], person=alice, genre="pop")
        page = action(alice_client, "confirm", *three, *unsure, from_file)
        assert "3 confirmed, 2 left for you." in page
        assert "1 track skipped: already set by somebody, or not analysed yet." in page
        assert genres(*three[1:], from_file, *unsure) == ["jazz", "rock", "hiphop", "", ""]
        assert genres(three[0]) == ["pop"]

    def test_of_unsure_tracks_alone_nothing_is_confirmed(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        page = action(alice_client, "confirm", make_track(heard={"label": None}))
        assert "None confirmed, 1 left for you: choose a genre for these." in page
        assert "skipped" not in page

    def test_sets_one_genre_for_all(self, alice_client: Client, alice: User, three: list[Track]) -> None:
        services.genre_set(track=three[0], person=alice, genre="pop")
        page = action(alice_client, "genre:pop", *three)
        assert "Set the genre of 2 tracks to Pop." in page
        assert "1 track skipped: already set to that genre." in page
        undo(alice_client)
        assert genres(*three) == ["pop", "", ""]

    def test_creates_an_own_genre(self, alice: User, alice_client: Client, three: list[Track]) -> None:
        action(alice_client, "genre", *three, new_genre="Shoegaze")
        assert genres(*three) == [alice.genres.get(name="Shoegaze").key] * 3

    def test_an_existing_genre_is_found_by_name(
        self, alice: User, alice_client: Client, three: list[Track]
    ) -> None:
        own = services.own_genre_add(owner=alice, name="Shoegaze")
        for name, key in (("shoegaze", own.key), ("Jazz", "jazz")):
            action(alice_client, "genre", *three, new_genre=name)
            assert genres(*three) == [key] * 3

    @pytest.mark.parametrize("name", ["genre:polka", "genre", "genre:"])
    def test_an_unknown_genre_is_refused(self, alice_client: Client, three: list[Track], name: str) -> None:
        page = action(alice_client, name, *three)
        assert "Choose" in page
        assert genres(*three) == [""] * 3


class TestTags:
    def test_put_on_and_undo(self, alice_client: Client, three: list[Track]) -> None:
        services.track_tag(track=three[0], name="live")
        page = action(alice_client, "tag", *three, tag="Live")
        assert "Tagged “live”: 2 tracks." in page
        assert "1 track skipped: already tagged." in page
        undo(alice_client)
        assert list(Tag.objects.get().tracks.all()) == [three[0]]

    def test_take_off_and_undo(self, alice_client: Client, three: list[Track]) -> None:
        services.track_tag(track=three[0], name="live")
        page = action(alice_client, "untag", *three, tag="LIVE")
        assert "Removed the tag “live”: 1 track." in page
        assert "2 tracks skipped" in page
        assert not three[0].tags.exists()
        undo(alice_client)
        assert three[0].tags.exists()

    def test_a_tag_that_is_not_there_is_refused(self, alice_client: Client, three: list[Track]) -> None:
        assert "You have no such tag" in action(alice_client, "untag", *three, tag="nope")

    @pytest.mark.parametrize(
        ("tag", "message"),
        [
            ("", "Name a tag first."),
            (" ", "A name has 1 to 40 characters"),
            ("x" * 41, "A name has 1 to 40 characters"),
        ],
    )
    def test_no_name_is_refused(
        self, alice_client: Client, three: list[Track], tag: str, message: str
    ) -> None:
        assert message in action(alice_client, "tag", *three, tag=tag)


class TestWhich:
    def test_all_that_match(self, alice_client: Client, three: list[Track]) -> None:
        page = action(alice_client, "tag", all="1", query="genre=jazz&page=3", tag="live")
        assert "1 track." in page
        assert [track.pk for track in Tag.objects.get().tracks.all()] == [three[1].pk]

    def test_tracks_on_other_pages_of_the_list_take_part(
        self, alice_client: Client, three: list[Track], make_track: MakeTrack
    ) -> None:
        left = make_track()
        others = f"{three[1].pk} {three[2].pk} nonsense"
        page = action(alice_client, "genre:jazz", three[0], others=others)
        assert "Set the genre of 3 tracks to Jazz." in page
        assert genres(*three, left) == ["jazz", "jazz", "jazz", ""]
        # The confirmation asks about all of them, and sends them again.
        page = action(alice_client, "delete", three[0], others=others)
        assert "Delete 3 tracks?" in page
        assert f'name="others" value="{others}"' in page

    def test_other_peoples_among_them_do_not(self, charlie_client: Client, three: list[Track]) -> None:
        page = action(charlie_client, "delete", others=str(three[0].pk), confirmed="1")
        assert "Select some tracks first." in page
        assert Track.objects.count() == 3

    def test_all_goes_before_ids(self, alice_client: Client, three: list[Track]) -> None:
        assert "3 tracks." in action(alice_client, "tag", three[0], all="1", query="", tag="live")

    def test_nothing_is_refused(self, alice_client: Client, three: list[Track]) -> None:
        assert "Select some tracks first" in action(alice_client, "confirm")
        assert "Select some tracks first" in action(alice_client, "confirm", track=["nonsense"])
        assert "Select some tracks first" in action(alice_client, "confirm", all="1", query="genre=disco")

    @pytest.mark.parametrize("name", ["", "explode", ":", "genre_set"])
    def test_an_unknown_action_is_refused(self, alice_client: Client, three: list[Track], name: str) -> None:
        assert "Choose what to do" in action(alice_client, name, *three)

    def test_a_huge_number_is_no_error(self, alice_client: Client, three: list[Track]) -> None:
        """Python refuses to parse numbers of more than 4,300 digits."""
        page = action(alice_client, "tag", all="1", query="", tag="live", expected="9" * 5000, status=409)
        assert "The list has changed" in page

    def test_missing_tracks_are_counted(self, alice_client: Client, three: list[Track]) -> None:
        page = action(alice_client, "confirm", track=[str(three[0].pk), str(uuid.uuid4())])
        assert "1 track no longer in your library." in page

    @pytest.mark.parametrize("name", ["confirm", "genre:pop", "tag", "untag", "analyse", "delete"])
    def test_other_peoples_tracks_are_not_found(
        self, charlie_client: Client, alice: User, three: list[Track], name: str
    ) -> None:
        services.tag_add(owner=alice, name="live")
        for more in ({}, {"all": "1", "query": ""}):
            page = action(charlie_client, name, *three, tag="live", confirmed="1", **more)
            assert "Select some tracks first" in page
        assert genres(*three) == [""] * 3
        assert Track.objects.filter(status="ready").count() == 3
        assert not Tag.objects.get().tracks.exists()

    def test_staff_cannot_either(self, bob_client: Client, three: list[Track]) -> None:
        assert "Select some tracks first" in action(bob_client, "delete", *three, confirmed="1")


class TestAnalyseAgain:
    def test_finished_ones_are_queued_with_one_task_for_all(
        self,
        alice_client: Client,
        three: list[Track],
        make_track: MakeTrack,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        default_task_backend.clear()
        waiting = make_track(status=Track.Status.QUEUED)
        with django_capture_on_commit_callbacks(execute=True):
            page = action(alice_client, "analyse", *three, waiting)
        assert "3 tracks will be analysed again" in page
        assert "1 track skipped: already waiting for analysis." in page
        (task,) = default_task_backend.results
        assert task.task.name == "enqueue_tracks"
        assert Track.objects.filter(status="queued", attempts=0).count() == 4

        default_task_backend.clear()
        task.task.func(*task.args)
        assert {result.args[0] for result in default_task_backend.results} == {str(t.pk) for t in three}
        assert {result.task.priority for result in default_task_backend.results} == {-10}


class TestDelete:
    def test_it_asks_with_the_number_first(self, alice_client: Client, three: list[Track]) -> None:
        page = action(alice_client, "delete", *three[:2])
        assert "Delete 2 tracks?" in page
        assert "go to the bin" in page
        assert Track.objects.count() == 3

    def test_they_go_to_the_bin_and_come_back(self, alice_client: Client, three: list[Track]) -> None:
        page = action(alice_client, "delete", *three[:2], confirmed="1")
        assert "Deleted 2 tracks." in page
        assert list(Track.objects.all()) == [three[2]]
        assert default_storage.exists(three[0].original.name)
        assert "Undone: Deleted (2 tracks)." in undo(alice_client)
        assert Track.objects.count() == 3

    def test_it_asks_again_when_there_are_more_by_now(
        self, alice_client: Client, three: list[Track], make_track: MakeTrack
    ) -> None:
        assert "Delete 3 tracks?" in action(alice_client, "delete", all="1", query="", expected="3")
        make_track()
        page = action(alice_client, "delete", all="1", query="", expected="3", confirmed="1", status=409)
        assert "It had 3 tracks when you selected them, and has <strong>4</strong> now." in page
        assert Track.objects.count() == 4

    def test_the_return_address_survives_the_confirmation(
        self, alice_client: Client, three: list[Track]
    ) -> None:
        page = action(alice_client, "delete", *three, next="/?genre=jazz")
        assert 'href="/?genre=jazz"' in page
        assert 'name="next" value="/?genre=jazz"' in page


class TestBatches:
    """A batch takes as many queries as a single track."""

    @pytest.mark.parametrize(
        ("name", "queries"), [("confirm", 40), ("tag", 40), ("analyse", 40), ("delete", 40)]
    )
    def test_no_query_per_track(
        self,
        alice_client: Client,
        make_track: MakeTrack,
        django_assert_max_num_queries: DjangoAssertNumQueries,
        name: str,
        queries: int,
    ) -> None:
        for _ in range(60):
            make_track()
        with django_assert_max_num_queries(queries):
            data = {"act": name, "all": "1", "query": "", "tag": "live", "confirmed": "1"}
            assert alice_client.post(reverse("bulk-action-submit"), data).status_code == 302

    def test_several_batches(
        self, monkeypatch: pytest.MonkeyPatch, alice_client: Client, three: list[Track]
    ) -> None:
        monkeypatch.setattr(bulk_actions, "BATCH_SIZE", 2)
        assert "3 tracks will be analysed again" in action(alice_client, "analyse", all="1")
        assert "Deleted 3 tracks." in action(alice_client, "delete", all="1", confirmed="1")


class TestPage:
    def test_every_row_can_be_selected(self, alice_client: Client, three: list[Track]) -> None:
        page = alice_client.get("/?genre=jazz").content.decode()
        assert page.count('name="track"') == 1
        assert 'value="genre=jazz"' in page

    def test_an_empty_library_has_nothing_to_select(self, alice_client: Client) -> None:
        assert 'id="bulk-action-form"' not in alice_client.get("/").content.decode()

    def test_only_post_is_allowed(self, alice_client: Client) -> None:
        assert alice_client.get(reverse("bulk-action-submit")).status_code == 405
