"""Which opinion on a track's genre counts, when its owner is asked, and what can be confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from library import selectors, services
from library.errors import DomainError
from library.exchange.export_writer import export_as_json
from library.models import Track, User
from library.outgoing.tagged_copies import tags_to_write
from library.services import effective_genres
from tests import sounds
from tests.factories import add_own_genre

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]

NEVER, UNSURE, ALWAYS = User.FileGenreTrust
SURE_OF_BLUES = {"top": "blues"}
NOT_SURE = {"top": "blues", "label": None}


@pytest.fixture
def make(alice: User, make_track: MakeTrack) -> MakeTrack:
    """Makes a track whose owner trusts files as `trust` says."""

    def make(trust: User.FileGenreTrust, **fields: object) -> Track:
        alice.file_genre_trust = trust
        alice.save()
        return make_track(**fields)

    return make


@pytest.mark.parametrize(
    ("trust", "heard", "file", "genre", "source", "asked"),
    [
        # Nothing in the file that counts.
        (UNSURE, SURE_OF_BLUES, "", "blues", "model", False),
        (UNSURE, SURE_OF_BLUES, "Polka", "blues", "model", False),
        (UNSURE, NOT_SURE, "", "", "", True),
        (UNSURE, NOT_SURE, "Polka", "", "", True),
        (ALWAYS, SURE_OF_BLUES, "Polka", "blues", "model", False),
        (ALWAYS, NOT_SURE, "Polka", "", "", True),
        # The file names a genre, and the model is not sure.
        (NEVER, NOT_SURE, "Jazz", "", "", True),
        (UNSURE, NOT_SURE, "Jazz", "jazz", "file", False),
        (ALWAYS, NOT_SURE, "Jazz", "jazz", "file", False),
        # The model is sure of something else.
        (NEVER, SURE_OF_BLUES, "Jazz", "blues", "model", True),
        (UNSURE, SURE_OF_BLUES, "Jazz", "blues", "model", True),
        (ALWAYS, SURE_OF_BLUES, "Jazz", "jazz", "file", False),
        # Both say the same.
        (NEVER, SURE_OF_BLUES, "Blues", "blues", "model", False),
        (UNSURE, SURE_OF_BLUES, "Blues", "blues", "model", False),
        (ALWAYS, SURE_OF_BLUES, "Blues", "blues", "file", False),
    ],
)
def test_the_order_in_which_they_count(
    bob: User,
    make: MakeTrack,
    trust: User.FileGenreTrust,
    heard: dict[str, str],
    file: str,
    genre: str,
    source: str,
    asked: bool,
) -> None:
    track = make(trust, heard=heard, file_genre=file)
    services.user_share(user=track.owner, share=True)
    assert (track.genre, track.genre_source, track.needs_you) == (genre, source, asked)
    # Reviewers are asked for the same reasons.
    assert list(selectors.reviewer_queue_of(bob)) == [track] * asked


@pytest.mark.parametrize("trust", User.FileGenreTrust)
def test_a_verdict_comes_before_all(bob: User, make: MakeTrack, trust: User.FileGenreTrust) -> None:
    for person in ("owner", "reviewer"):
        track = make(trust, heard=SURE_OF_BLUES, file_genre="Jazz")
        services.genre_set(track=track, person=track.owner if person == "owner" else bob, genre="metal")
        assert (track.genre, track.genre_source, track.needs_you) == ("metal", "owner", False)


def test_a_track_that_nobody_could_hear_has_the_genre_of_its_file(alice: User) -> None:
    content = sounds.as_bytes(".mp3", 1, tags={"genre": "Jazz"})
    track, _ = services.track_add(owner=alice, upload=SimpleUploadedFile("short.mp3", content))
    services.track_analyse(track_id=track.pk)
    track.refresh_from_db()
    assert (track.error_code, track.genre, track.genre_source) == ("too_short", "jazz", "file")
    assert not track.needs_you


class TestOwnGenres:
    """A file may name one of its owner's own genres, whatever becomes of that."""

    @pytest.fixture
    def track(self, make: MakeTrack) -> Track:
        return make(UNSURE, heard=NOT_SURE, file_genre="dream-pop")

    def genre_of(self, track: Track) -> tuple[str, str]:
        track.refresh_from_db()
        return track.genre, track.genre_source

    def test_created(self, alice: User, track: Track) -> None:
        assert self.genre_of(track) == ("pop", "file")
        genre = services.own_genre_add(owner=alice, name="Dream Pop")
        assert self.genre_of(track) == (genre.key, "file")

    def test_of_another_person(self, charlie: User, track: Track) -> None:
        services.own_genre_add(owner=charlie, name="Dream Pop")
        assert self.genre_of(track) == ("pop", "file")

    def test_known_when_the_file_is_read(self, alice: User) -> None:
        add_own_genre(alice, "Shoegaze")
        content = sounds.as_bytes(".mp3", 1, tags={"genre": "SHOEGAZE"})
        track, _ = services.track_add(owner=alice, upload=SimpleUploadedFile("song.mp3", content))
        services.track_analyse(track_id=track.pk)
        assert self.genre_of(track) == ("shoegaze", "file")

    def test_renamed(self, alice: User, track: Track) -> None:
        genre = add_own_genre(alice, "Shoegaze")
        services.own_genre_rename(genre=genre, name="Dream Pop")
        assert self.genre_of(track) == ("shoegaze", "file")
        services.own_genre_rename(genre=genre, name="Shoegaze")
        assert self.genre_of(track) == ("pop", "file")

    def test_deleted_and_created_again(self, alice: User, track: Track) -> None:
        genre = add_own_genre(alice, "Dream Pop")
        services.own_genre_delete(genre=genre)
        assert self.genre_of(track) == ("pop", "file")
        services.own_genre_add(owner=alice, name="Dream Pop")
        assert self.genre_of(track) == ("dream-pop", "file")

    def test_merged_and_brought_back_by_undo(self, alice: User, track: Track, make: MakeTrack) -> None:
        genre = add_own_genre(alice, "Dream Pop")
        said = make(UNSURE, heard=NOT_SURE)
        services.genre_set(track=said, person=alice, genre=genre.key)
        action = services.own_genre_delete(genre=genre, into="jazz")
        assert self.genre_of(track) == ("pop", "file")
        services.bulk_action_undo(action=action)
        assert self.genre_of(said) == ("dream-pop", "owner")
        assert self.genre_of(track) == ("dream-pop", "file")

    def test_tracks_in_the_bin_follow_too(self, alice: User, track: Track) -> None:
        action = services.track_delete(track=track)
        add_own_genre(alice, "Dream Pop")
        services.bulk_action_undo(action=action)
        assert self.genre_of(track) == ("dream-pop", "file")

    def test_many_tracks_follow_in_the_background(
        self, alice: User, track: Track, make: MakeTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = make(UNSURE, heard=NOT_SURE, file_genre="Dream Pop")
        monkeypatch.setattr(effective_genres, "BATCH_SIZE", 1)
        add_own_genre(alice, "Dream Pop")
        assert self.genre_of(track) == ("pop", "file")
        services.genre_recompute_run(owner_id=alice.pk)
        assert self.genre_of(track) == self.genre_of(other) == ("dream-pop", "file")

    def test_only_the_tracks_that_name_it_count_as_changed(
        self, alice: User, track: Track, make: MakeTrack
    ) -> None:
        other = make(UNSURE, file_genre="Jazz")
        add_own_genre(alice, "Dream Pop")
        changed = {row.pk for row in Track.objects.filter(updated_at__gt=other.updated_at)}
        assert changed == {track.pk}

    def test_before_it_is_deleted_the_page_says_what_that_changes(
        self, alice: User, alice_client: Client, track: Track
    ) -> None:
        genre = add_own_genre(alice, "Dream Pop")
        page = alice_client.get(reverse("genre-delete", args=[genre.pk])).content.decode()
        assert "The file of 1 track names this genre." in " ".join(page.split())
        assert "You set this genre" not in page


class TestConfirm:
    def test_what_the_file_says(self, alice: User, make: MakeTrack) -> None:
        track = make(UNSURE, heard=NOT_SURE, file_genre="Jazz")
        verdict = services.genre_confirm(track=track, person=alice)
        assert (track.genre, track.genre_source) == ("jazz", "owner")
        # What is kept for agreement is about the model.
        assert (verdict.before, verdict.genre, verdict.heard, verdict.sure) == (
            "jazz",
            "jazz",
            "blues",
            False,
        )

    def test_nothing_of_which_nobody_is_sure(self, alice: User, make: MakeTrack) -> None:
        track = make(UNSURE, heard=NOT_SURE)
        with pytest.raises(DomainError) as refusal:
            services.genre_confirm(track=track, person=alice)
        assert refusal.value.code == "not_sure"
        assert not track.verdicts.exists()

    def test_no_track_with_a_verdict(self, alice: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        with pytest.raises(DomainError) as refusal:
            services.genre_confirm(track=track, person=alice)
        assert refusal.value.code == "has_verdict"


class TestOnThePage:
    def page(self, client: Client, url: str) -> str:
        return unescape(" ".join(client.get(url).content.decode().split()))

    def test_an_unsure_track_offers_to_choose(self, alice_client: Client, make: MakeTrack) -> None:
        url = make(UNSURE, heard=NOT_SURE).get_absolute_url()
        page = self.page(alice_client, url)
        assert "Choose a genre…" in page
        assert "data-confirm-genre" not in page
        answer = alice_client.post(url + "genre/confirm/", headers={"Referer": url}, follow=True)
        assert "Earmark is not sure of this track’s genre." in unescape(answer.content.decode())

    def test_what_the_file_says_is_marked_and_can_be_confirmed(
        self, alice_client: Client, make: MakeTrack
    ) -> None:
        track = make(UNSURE, heard=NOT_SURE, file_genre="Hip-Hop/Rap")
        page = self.page(alice_client, track.get_absolute_url())
        assert "Yes, it’s hip-hop" in page
        assert page.count("layer-effective") == 1
        assert page.index("layer-effective") < page.index("Hip-Hop/Rap") < page.index("</svg> Model")

    def test_a_list_says_that_it_comes_from_the_file(self, alice_client: Client, make: MakeTrack) -> None:
        make(UNSURE, heard=NOT_SURE, file_genre="Jazz", title="From its file")
        make(UNSURE, title="Heard")
        page = self.page(alice_client, "/?source=file")
        assert "From its file" in page
        assert ">Heard<" not in page
        assert 'title="From the file"' in page
        # How sure the model is of something else says nothing about this genre.
        assert 'class="ring"' not in page

    def test_programs_are_told_and_can_search_for_it(self, alice_api: Client, make: MakeTrack) -> None:
        make(UNSURE, heard=NOT_SURE, file_genre="Jazz")
        make(UNSURE)
        [found] = alice_api.get("/api/v1/tracks/?source=file").json()["results"]
        assert (found["genre"]["label"], found["genre"]["source"]) == ("jazz", "file")

    def test_exports_say_it(self, alice: User, make: MakeTrack) -> None:
        make(UNSURE, heard=NOT_SURE, file_genre="Jazz")
        [track] = json.loads("".join(export_as_json(alice)))["tracks"]
        assert (track["genre"], track["genre_source"]) == ("jazz", "file")


def test_a_tagged_copy_keeps_the_words_of_the_file(alice: User, make: MakeTrack) -> None:
    names = selectors.genre_names_of(alice)
    track = make(UNSURE, heard=NOT_SURE, file_genre="Heavy Metal")
    assert "genre" not in tags_to_write(track, names)
    services.genre_confirm(track=track, person=alice)
    assert tags_to_write(track, names)["genre"] == "Metal"
