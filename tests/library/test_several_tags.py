"""Several tags are put on many tracks, or taken off them, by one bulk action with one undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.errors import DomainError
from library.models import BulkAction, Tag, Tagging, TagRejection, Track, User
from library.services import bulk_actions

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
ACTS = "/api/v1/acts/"


@pytest.fixture
def three(make_track: MakeTrack) -> list[Track]:
    return [make_track(title=title) for title in "abc"]


def names(*tracks: Track) -> list[str]:
    return [" ".join(sorted(track.tags.values_list("name", flat=True))) for track in tracks]


def page_of(client: Client, act: str, tag: str, *tracks: Track) -> str:
    form = {"act": act, "tag": tag, "track": [str(track.pk) for track in tracks], "next": "/"}
    response = client.post(reverse("bulk-action-submit"), form, follow=True)
    return " ".join(response.content.decode().split())


def tag_all(alice: User, *names: str) -> BulkAction:
    return services.tracks_tag(tracks=selectors.tracks_of(alice), person=alice, names=names)


def untag_all(alice: User, *names: str) -> BulkAction:
    return services.tracks_untag(tracks=selectors.tracks_of(alice), person=alice, names=names)


class TestPage:
    def test_one_message_and_one_undo_for_all(self, alice_client: Client, three: list[Track]) -> None:
        services.track_tag(track=three[0], name="live")
        for name in ("live", "jazz"):
            services.track_tag(track=three[2], name=name)
        page = page_of(alice_client, "tag", "live, jazz", *three)
        assert "Tagged “jazz” and “live”: 2 tracks." in page
        assert "1 track skipped: already tagged." in page
        assert "See what sounds like it" not in page
        assert names(*three) == ["jazz live"] * 3
        action = BulkAction.objects.get()
        page = alice_client.post(reverse("bulk-action-undo", args=[action.pk]), follow=True).content.decode()
        assert "Undone: Tagged “jazz” and “live”" in page
        assert names(*three) == ["live", "", "jazz live"]

    def test_several_are_taken_off(self, alice_client: Client, three: list[Track]) -> None:
        services.track_tag(track=three[0], name="live")
        services.track_tag(track=three[1], name="jazz")
        page = page_of(alice_client, "untag", "JAZZ, live", *three)
        assert "Removed the tags “jazz” and “live”: 2 tracks." in page
        assert names(*three) == [""] * 3
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert names(*three) == ["live", "jazz", ""]

    def test_not_when_one_of_them_is_not_there(self, alice_client: Client, three: list[Track]) -> None:
        services.track_tag(track=three[0], name="live")
        assert "You have not all of these tags." in page_of(alice_client, "untag", "live, nope", *three)
        assert names(three[0]) == ["live"]

    def test_a_tag_with_a_comma_stays_one(
        self, alice: User, alice_client: Client, three: list[Track]
    ) -> None:
        services.tag_add(owner=alice, name="Earth, Wind & Fire")
        page_of(alice_client, "tag", "earth, wind & fire", three[0])
        assert names(three[0]) == ["Earth, Wind & Fire"]

    @pytest.mark.parametrize("typed", [",", "live, " + "x" * 41, "a," * 25])
    def test_if_one_is_refused_none_is_there(
        self, alice_client: Client, three: list[Track], typed: str
    ) -> None:
        page = page_of(alice_client, "tag", typed, *three)
        assert "A name has 1 to 40 characters" in page or "more than 20 tags at once" in page
        assert not Tag.objects.exists()
        assert not BulkAction.objects.exists()

    def test_of_very_many_the_first_are_named(self, alice_client: Client, three: list[Track]) -> None:
        page = page_of(alice_client, "tag", "a, b, c, d, e", *three)
        assert "Tagged “a”, “b”, “c” and 2 more: 3 tracks." in page


class TestUndo:
    def test_the_same_tag_twice_is_one(self, alice: User, three: list[Track]) -> None:
        action = tag_all(alice, "live", "LIVE")
        assert action.data["name"] == "live"
        assert services.bulk_action_undo(action=action) == 3

    def test_in_several_batches(
        self, alice: User, three: list[Track], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk_actions, "BATCH_SIZE", 1)
        services.track_tag(track=three[1], name="jazz")
        action = tag_all(alice, "live", "jazz")
        assert (action.done, action.skipped) == (3, 0)
        assert services.bulk_action_undo(action=action) == 3
        assert names(*three) == ["", "jazz", ""]

    def test_what_was_rejected_is_rejected_again(self, alice: User, three: list[Track]) -> None:
        for track, name in zip(three, ("live", "jazz"), strict=False):
            services.track_untag(track=track, tag=services.track_tag(track=track, name=name))
        rejected = set(TagRejection.objects.values_list("track", "key"))
        action = tag_all(alice, "live", "jazz")
        assert not TagRejection.objects.exists()
        services.bulk_action_undo(action=action)
        assert set(TagRejection.objects.values_list("track", "key")) == rejected
        assert len(rejected) == 2

    def test_a_deleted_tag_comes_back_with_the_undo(self, alice: User, three: list[Track]) -> None:
        tag_all(alice, "live", "jazz")
        action = untag_all(alice, "live", "jazz")
        live = Tag.objects.get(name="live")
        services.tag_delete(tag=live)
        assert services.bulk_action_undo(action=action) == 3
        assert names(*three) == ["jazz live"] * 3
        assert Tag.objects.get(name="live").pk == live.pk

    def test_a_tag_that_has_taken_the_name_is_taken_by_every_action(
        self, alice: User, three: list[Track]
    ) -> None:
        tagged, one = tag_all(alice, "live", "jazz"), tag_all(alice, "live", "late")
        untagged = untag_all(alice, "live", "jazz")
        services.tag_delete(tag=Tag.objects.get(name="live"))
        new = services.tag_add(owner=alice, name="Live")
        assert services.bulk_action_undo(action=untagged) == 3
        assert names(*three) == ["Live jazz late"] * 3
        assert services.bulk_action_undo(action=tagged) == 3
        assert names(*three) == ["late"] * 3
        one.refresh_from_db()
        assert new.pk in [known["tag"] for known in one.data["tags"]]

    def test_only_on_ones_own_tracks(self, alice: User, charlie: User, three: list[Track]) -> None:
        theirs = services.tracks_tag(tracks=Track.objects.all(), person=charlie, names=["live", "jazz"])
        assert (theirs.done, theirs.skipped) == (0, 3)
        assert not Tagging.objects.exists()


class TestApi:
    @staticmethod
    def ask(client: Client, **body: Any) -> Any:
        return client.post(ACTS, {"query": "", **body}, content_type="application/json")

    def test_names_are_put_on_and_taken_off(self, alice_api: Client, three: list[Track]) -> None:
        done = self.ask(alice_api, act="tag", names=["live", "jazz"]).json()
        assert (done["done"], done["skipped"]) == (3, 0)
        assert names(*three) == ["jazz live"] * 3
        assert alice_api.get(ACTS).json()["results"][0]["summary"] == "Tagged “jazz” and “live”"
        assert self.ask(alice_api, act="untag", names=["live"]).json()["done"] == 3
        assert alice_api.post(f"{ACTS}{done['id']}/undo/").json()["done"] == 3
        assert names(*three) == [""] * 3

    def test_a_value_is_one_name_commas_included(self, alice_api: Client, three: list[Track]) -> None:
        assert self.ask(alice_api, act="tag", value="live, late").status_code == 200
        assert names(three[0]) == ["live, late"]
        assert self.ask(alice_api, act="tag", names=["a, b", "c"]).status_code == 200
        assert set(Tag.objects.values_list("name", flat=True)) == {"live, late", "a, b", "c"}

    @pytest.mark.parametrize(
        "body",
        [
            {"act": "tag"},
            {"act": "tag", "names": []},
            {"act": "tag", "names": [""]},
            {"act": "tag", "names": "live"},
            {"act": "tag", "names": list("abcdefghijklmnopqrstu")},
            {"act": "tag", "names": ["live"], "value": "jazz"},
            {"act": "genre", "names": ["live"], "value": "jazz"},
            {"act": "star", "names": ["live"]},
        ],
    )
    def test_refused(self, alice_api: Client, three: list[Track], body: dict[str, Any]) -> None:
        assert self.ask(alice_api, **body).status_code == 400
        assert not Tag.objects.exists()

    def test_an_unknown_one_is_refused(self, alice_api: Client, alice: User, three: list[Track]) -> None:
        tag_all(alice, "live")
        response = self.ask(alice_api, act="untag", names=["live", "nope"])
        assert (response.status_code, response.json()["code"]) == (422, "unknown_tag")
        assert names(*three) == ["live"] * 3


def test_a_name_that_no_tag_can_have_is_refused(alice: User, three: list[Track]) -> None:
    for some in (["live", ""], ["live", "a\x00b"]):
        with pytest.raises(DomainError) as refused:
            tag_all(alice, *some)
        assert refused.value.code == "bad_name"
        assert not Tag.objects.exists()
