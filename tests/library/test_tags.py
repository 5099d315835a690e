"""Tags, and suggested tags to accept or reject."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.errors import DomainError
from library.models import BulkAction, Tag, Track, User
from library.services import tags

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def names(track: Track) -> list[str]:
    return list(track.tags.values_list("name", flat=True))


def test_the_same_name_is_the_same_tag(alice: User, track: Track) -> None:
    first = services.track_tag(track=track, name=" Café  music ")
    assert first.name == "Café music"
    assert services.track_tag(track=track, name="CAFE MUSIC") == first
    assert names(track) == ["Café music"]


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "a\x00b"])
def test_names_that_will_not_do(track: Track, name: str) -> None:
    with pytest.raises(DomainError) as refusal:
        services.track_tag(track=track, name=name)
    assert refusal.value.code == "bad_name"


def test_renamed_everywhere(track: Track) -> None:
    tag = services.track_tag(track=track, name="live")
    services.tag_change(tag=tag, name="On stage", hue=5)
    assert names(track) == ["On stage"]
    assert track.tags.get().hue == 5


def test_not_renamed_to_what_there_is(alice: User) -> None:
    services.tag_add(owner=alice, name="live")
    with pytest.raises(DomainError, match="Merge the two"):
        services.tag_change(tag=services.tag_add(owner=alice, name="concert"), name="LIVE")


def test_merged(alice: User, make_track: MakeTrack) -> None:
    one, both = make_track(), make_track()
    concert = services.track_tag(track=one, name="concert")
    services.track_tag(track=both, name="concert")
    live = services.track_tag(track=both, name="live")
    action = services.tag_merge(tag=concert, into=live)
    assert (action.summary, action.done) == ("Merged “concert” into “live”", 2)
    assert names(one) == names(both) == ["live"]
    assert Tag.objects.count() == 1

    assert services.bulk_action_undo(action=action) == 2
    assert (names(one), names(both)) == (["concert"], ["concert", "live"])


def test_deleted_its_tracks_stay(track: Track) -> None:
    tag = services.track_tag(track=track, name="Live")
    services.tag_change(tag=tag, hue=5)
    action = services.tag_delete(tag=tag)
    assert action.done == 1
    assert names(track) == []

    assert services.bulk_action_undo(action=action) == 1
    back = track.tags.get()
    assert (back.name, back.hue) == ("Live", 5)


def test_a_merge_whose_tracks_and_tags_are_gone_is_undone_on_none(alice: User, track: Track) -> None:
    concert, live = (
        services.track_tag(track=track, name="concert"),
        services.tag_add(owner=alice, name="live"),
    )
    action = services.tag_merge(tag=concert, into=live)
    services.tag_delete(tag=live)
    services.track_delete(track=track)
    assert services.bulk_action_undo(action=action) == 0


def test_one_button_takes_back_what_was_done_to_a_tag(
    alice_client: Client, charlie_client: Client, track: Track
) -> None:
    tag = services.track_tag(track=track, name="live")
    page = alice_client.post(reverse("tag-delete", args=[tag.pk]), follow=True).content.decode()
    assert "Deleted “live”: 1 track changed." in page
    undo = reverse("bulk-action-undo", args=[BulkAction.objects.get().pk])
    assert undo in page
    charlie_client.post(undo)
    assert names(track) == []
    alice_client.post(undo)
    assert names(track) == ["live"]


def test_a_track_is_tagged_wholly_or_not_at_all(
    alice: User, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(ids: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(tags, "tracks_touch", break_off)
    with pytest.raises(ZeroDivisionError):
        services.track_tag(track=track, name="live")
    assert not Tag.objects.exists()


def test_a_tag_that_is_deleted_just_now_is_an_error_with_a_code(
    alice: User, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = tags.tag_add

    def add_and_lose(*, owner: User, name: str) -> Tag:
        tag = add(owner=owner, name=name)
        Tag.objects.filter(pk=tag.pk).delete()
        return tag

    monkeypatch.setattr(tags, "tag_add", add_and_lose)
    with pytest.raises(DomainError) as refusal:
        services.track_tag(track=track, name="live")
    assert refusal.value.code == "not_found"


def test_a_tag_that_was_deleted_meanwhile_is_neither_merged_nor_deleted(alice: User, track: Track) -> None:
    tag, gone = services.track_tag(track=track, name="live"), services.tag_add(owner=alice, name="concert")
    services.tag_delete(tag=Tag.objects.get(pk=gone.pk))
    attempts = [
        lambda: services.tag_merge(tag=tag, into=gone),
        lambda: services.tag_merge(tag=gone, into=tag),
        lambda: services.tag_delete(tag=gone),
    ]
    for attempt in attempts:
        with pytest.raises(DomainError) as refusal:
            attempt()
        assert refusal.value.code == "not_found"
    assert names(track) == ["live"]


class TestMany:
    def test_tagging_is_undone_only_where_it_was_new(self, alice: User, make_track: MakeTrack) -> None:
        had, new = make_track(), make_track()
        services.track_tag(track=had, name="live")
        action = services.tracks_tag(tracks=selectors.tracks_of(alice), person=alice, names=["Live"])
        assert (action.done, action.skipped) == (1, 1)
        assert names(new) == ["live"]
        assert services.bulk_action_undo(action=action) == 1
        assert (names(had), names(new)) == (["live"], [])

    def test_untagging_is_undone_even_when_the_tag_is_gone(self, alice: User, make_track: MakeTrack) -> None:
        had, _ = make_track(), make_track()
        tag = services.track_tag(track=had, name="live")
        action = services.tracks_untag(tracks=selectors.tracks_of(alice), person=alice, names=[tag.name])
        assert (action.done, action.skipped) == (1, 1)
        services.tag_delete(tag=tag)
        assert services.bulk_action_undo(action=action) == 1
        assert names(had) == ["live"]


class TestSuggestions:
    def suggested(self, track: Track) -> list[str]:
        return selectors.tag_suggestions_for(track.owner, track)

    def test_strong_moods_and_a_file_tag_that_is_no_builtin_genre(self, make_track: MakeTrack) -> None:
        track = make_track(file_genre="Shoegaze", heard={"moods": {"chill": 0.85, "sad": 0.95, "happy": 0.5}})
        assert self.suggested(track) == ["Shoegaze", "sad", "chill"]

    def test_not_what_is_there(self, make_track: MakeTrack) -> None:
        track = make_track(file_genre="Jazz", heard={"moods": {"sad": 0.95}})
        services.track_tag(track=track, name="Sad")
        assert self.suggested(track) == []

    def test_a_rejected_one_does_not_come_back(self, make_track: MakeTrack) -> None:
        track = make_track(heard={"moods": {"sad": 0.95}})
        services.suggestion_reject(track=track, name="sad")
        services.prediction_adopt(track=track, prediction=track.prediction, embedding=[])
        assert self.suggested(track) == []


def test_on_the_page(alice_client: Client, make_track: MakeTrack) -> None:
    track = make_track(heard={"moods": {"sad": 0.95}})
    url = track.get_absolute_url()
    assert "No, not sad" in alice_client.get(url).content.decode()
    alice_client.post(url + "tags/reject/", {"name": "sad"})
    alice_client.post(url + "tags/", {"name": "live"})
    page = alice_client.get(url).content.decode()
    assert "No, not sad" not in page
    assert "Remove live" in page


def test_the_page_of_labels(alice: User, alice_client: Client, track: Track) -> None:
    services.track_tag(track=track, name="live")
    genre = services.own_genre_add(owner=alice, name="Shoegaze")
    services.genre_set(track=track, person=alice, genre=genre.key)
    page = alice_client.get("/labels/").content.decode()
    assert "Shoegaze" in page
    assert page.count("1 track<") == 2
    assert (
        "You set this genre on 1 track."
        in alice_client.get(f"/labels/genres/{genre.pk}/delete/").content.decode()
    )

    page = alice_client.post(f"/labels/genres/{genre.pk}/delete/", {"into": ""}, follow=True).content.decode()
    assert "Deleted the genre Shoegaze: 1 track changed." in page
    assert "Undo" in page


def test_a_new_name_is_a_change_of_the_tracks(make_track: MakeTrack) -> None:
    """It shows up in the change feed. A new colour does not, since tracks do not contain it."""
    tagged, other = make_track(), make_track()
    tag = services.track_tag(track=tagged, name="live")

    def changed(**change: object) -> list[bool]:
        before = {track.pk: track.updated_at for track in Track.objects.all()}
        services.tag_change(tag=tag, **change)
        return [Track.objects.get(pk=track.pk).updated_at > before[track.pk] for track in (tagged, other)]

    assert changed(name="On stage") == [True, False]
    assert changed(name="On stage") == [False, False]
    assert changed(hue=5) == [False, False]
