"""Genres: three layers of which none overwrites another, and every change can be undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.errors import DomainError
from library.genres import builtin_genre_from_tag, finer_genre_names
from library.models import Genre, Track, User, Verdict
from library.services import genres
from library.text.genre_names import genre_names
from tests.factories import PredictionFactory

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def genre_state(track: Track) -> tuple[str, str, str, bool]:
    track.refresh_from_db()
    return track.genre, track.genre_source, track.owner_genre, track.needs_you


@pytest.mark.parametrize(
    ("tag", "genre"),
    [
        ("Blues", "blues"), ("Heavy Metal", "metal"), ("Hip-Hop/Rap", "hiphop"), ("ROCK", "rock"),
        ("Blues Rock", ""), ("Shoegaze", ""), ("", ""), ("Popular", ""), ("Discothèque", ""), ("Trip Hop", ""),
        ("Classic Rock", "rock"), ("Classic", "classical"), ("Classic Soul", ""), ("Classic Jazz", "jazz"),
        ("Rhythm & Blues", ""), ("Rhythm and Blues", ""), ("R&B", ""), ("Soul Blues", "blues"),
        ("Hip\u2010Hop", "hiphop"), ("Hip Hop", "hiphop"), ("HIPHOP", "hiphop"), ("Christian Gangsta Rap", "hiphop"),
        ("Death Metal", "metal"), ("Neo-Classical Metal", "metal"), ("Rap Metal", "metal"), ("Metalcore", "metal"),
        ("Rock & Roll", "rock"), ("Rock'n'Roll", "rock"), ("Rock N Roll", "rock"), ("AlternRock", "rock"),
        ("Pop Punk", "rock"), ("Lovers Rock", "reggae"), ("Rock Steady", "reggae"), ("Dub", "reggae"), ("Dubstep", ""),
        ("Bebob", "jazz"), ("Jazz+Funk", "jazz"), ("Acid Jazz", "jazz"), ("Big Band", "jazz"), ("K-Pop", "pop"),
        ("Pop/Rock", ""), ("Pop-Rock", ""), ("Bluegrass", "country"), ("Indian Classical", ""), ("Opera", "classical"),
        ("ジャズ", "jazz"), ("Классика", "classical"), ("摇滚", "rock"), ("Musique classique", "classical"),
        # several names
        ("Rock; Jazz", ""), ("Rock; Hard Rock", "rock"), ("Electronic; House/Techno", ""),
        ("Metal/Death Metal", "metal"), ("Folk, World, & Country", ""), ("Electronic | Disco", "disco"),
        ("Rap/Hip Hop", "hiphop"),
    ],
)  # fmt: skip
def test_a_file_tag_may_name_a_builtin_genre(tag: str, genre: str) -> None:
    assert builtin_genre_from_tag(tag) == genre


@pytest.mark.parametrize(
    ("tag", "names"),
    [
        ("Electronic; House/Techno", ["Electronic", "House", "Techno"]), ("Jazz", ["Jazz"]), ("", []), (" ; ", []),
        ("R&B/Soul", ["R&B/Soul"]), ("Hip-Hop/Rap", ["Hip-Hop/Rap"]), ("House, Dub, house", ["House", "Dub"]),
        ("Singer/Songwriter; Folk", ["Singer/Songwriter", "Folk"]), ("Drum & Bass", ["Drum & Bass"]),
        ("Folk, World, & Country", ["Folk, World, & Country"]),
        ("Trip-Hop", ["Trip-Hop"]), ("Rock\0Jazz", ["Rock", "Jazz"]), ("Pop\\Dance", ["Pop", "Dance"]),
    ],
)  # fmt: skip
def test_several_genres_in_one_tag(tag: str, names: list[str]) -> None:
    assert genre_names(tag) == names


def test_finer_names_are_kept(alice: User, make_track: MakeTrack) -> None:
    """As suggestions for tags, and for an own genre, also where they mean a built-in genre."""
    assert finer_genre_names("Metal; Death Metal") == ["Death Metal"]
    track = make_track(file_genre="Metal; Death Metal")
    assert (track.file_label, selectors.tag_suggestions_for(alice, track)) == ("metal", ["Death Metal"])
    track = make_track(file_genre="Electronic; House/Techno")
    assert track.file_label == ""
    assert selectors.tag_suggestions_for(alice, track) == ["Electronic", "House", "Techno"]
    answers = selectors.answer_options_for(track, selectors.genre_names_of(alice))
    assert selectors.suggested_own_genre(track, answers) == "Electronic"


def test_an_own_genre_among_several_names(alice: User, make_track: MakeTrack) -> None:
    techno = services.own_genre_add(owner=alice, name="Techno")
    assert make_track(file_genre="Electronic; House/Techno").file_label == techno.key
    house = services.own_genre_add(owner=alice, name="House")
    assert make_track(file_genre="Electronic; House/Techno").file_label == ""  # it could be either
    assert make_track(file_genre="House; Disco").file_label == house.key


class TestEffectiveGenre:
    def test_the_models_genre_while_it_is_sure(self, track: Track) -> None:
        assert genre_state(track) == ("blues", "model", "", False)

    def test_no_genre_while_the_model_is_not_sure(self, make_track: MakeTrack) -> None:
        assert genre_state(make_track(heard={"label": None})) == ("", "", "", True)

    def test_the_owners_verdict_before_the_models_genre(self, alice: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        assert genre_state(track) == ("jazz", "owner", "jazz", False)
        assert track.prediction
        assert track.prediction.label == "blues"

    def test_a_contradicting_file_tag_asks_for_a_verdict(self, alice: User, make_track: MakeTrack) -> None:
        track = make_track(file_genre="Jazz")
        assert genre_state(track) == ("blues", "model", "", True)
        services.genre_confirm(track=track, person=alice)
        assert genre_state(track) == ("blues", "owner", "blues", False)

    @pytest.mark.parametrize("tag", ["Blues", "Shoegaze", "Blues Rock"])
    def test_a_tag_that_agrees_or_says_something_else_entirely_does_not(
        self, make_track: MakeTrack, tag: str
    ) -> None:
        assert not make_track(file_genre=tag).needs_you

    def test_a_verdict_survives_a_new_model(self, alice: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        newer = PredictionFactory(track=track, model_version="2", top="rock")
        Track.objects.filter(pk=track.pk).update(prediction=newer)
        services.prediction_adopt(track=track, prediction=newer, embedding=[])
        assert genre_state(track) == ("jazz", "owner", "jazz", False)
        services.genre_undo(track=track, person=alice)
        assert genre_state(track) == ("rock", "model", "", False)


class TestUndo:
    def test_one_verdict_after_the_other(self, alice: User, track: Track) -> None:
        for genre in ("jazz", "rock", ""):
            services.genre_set(track=track, person=alice, genre=genre)
        assert genre_state(track)[0] == "blues"
        for expected in ("rock", "jazz", "blues"):
            services.genre_undo(track=track, person=alice)
            assert genre_state(track)[0] == expected
        with pytest.raises(DomainError, match="no verdict"):
            services.genre_undo(track=track, person=alice)

    def test_history_keeps_what_was_undone(self, alice: User, track: Track) -> None:
        services.genre_set(track=track, person=alice, genre="jazz")
        services.genre_undo(track=track, person=alice)
        verdict = Verdict.objects.get()
        assert (verdict.person, verdict.before, verdict.genre, verdict.heard) == (
            alice,
            "blues",
            "jazz",
            "blues",
        )
        assert verdict.undone_at


class TestOwnGenres:
    def test_made_used_and_renamed(self, alice: User, track: Track) -> None:
        genre = services.own_genre_add(owner=alice, name="Dream  Pop")
        services.genre_set(track=track, person=alice, genre=genre.key)
        services.own_genre_rename(genre=genre, name="Shoegaze")
        assert genre.name == "Shoegaze"
        assert genre_state(track)[0] == genre.key

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 41, "!!!"])
    def test_names_that_will_not_do(self, alice: User, name: str) -> None:
        if name == "a\nb":
            name = "a\x07b"
        with pytest.raises(DomainError) as refusal:
            services.own_genre_add(owner=alice, name=name)
        assert refusal.value.code == "bad_name"

    @pytest.mark.parametrize("name", ["Jazz", "hip-hop", "HIPHOP", "dream pop", "DREAM\u3000POP"])
    def test_names_that_are_taken(self, alice: User, name: str) -> None:
        services.own_genre_add(owner=alice, name="Dream Pop")
        with pytest.raises(DomainError) as refusal:
            services.own_genre_add(owner=alice, name=name)
        assert refusal.value.code == "taken"

    def test_anothers_is_unknown(self, charlie: User, alice: User, track: Track) -> None:
        theirs = services.own_genre_add(owner=charlie, name="Shoegaze")
        with pytest.raises(DomainError, match="no such genre"):
            services.genre_set(track=track, person=alice, genre=theirs.key)

    def test_deleted_its_tracks_are_what_the_model_heard(self, alice: User, track: Track) -> None:
        genre = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=track, person=alice, genre=genre.key)
        action = services.own_genre_delete(genre=genre)
        assert action.done == 1
        assert genre_state(track) == ("blues", "model", "", False)
        # The undo brings genre and tracks back.
        assert services.bulk_action_undo(action=action) == 1
        assert genre_state(track)[0] == genre.key
        assert Genre.objects.get().retired_at is None

    def test_given_to_a_track_while_it_is_deleted_it_stays(
        self, alice: User, make_track: MakeTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        genre = services.own_genre_add(owner=alice, name="Shoegaze")
        services.genre_set(track=make_track(), person=alice, genre=genre.key)
        late, retire = make_track(), genres.own_genre_retire

        def add_and_retire(genre: Genre) -> None:
            services.genre_set(track=late, person=alice, genre=genre.key)
            retire(genre)

        monkeypatch.setattr(genres, "own_genre_retire", add_and_retire)
        services.own_genre_delete(genre=genre)
        assert genre_state(late)[0] == genre.key
        assert Genre.objects.get().retired_at is None

    def test_merged_its_tracks_are_the_other(self, alice: User, track: Track) -> None:
        genre = services.own_genre_add(owner=alice, name="Bebop")
        services.genre_set(track=track, person=alice, genre=genre.key)
        services.own_genre_delete(genre=genre, into="jazz")
        assert genre_state(track) == ("jazz", "owner", "jazz", False)
        assert services.own_genre_add(owner=alice, name="Bebop").pk == genre.pk


class TestMany:
    def test_set_and_undone_as_one(self, alice: User, make_track: MakeTrack) -> None:
        tracks = [make_track() for _ in range(3)]
        services.genre_set(track=tracks[0], person=alice, genre="jazz")
        action = services.genres_set(tracks=Track.objects.filter(owner=alice), person=alice, genre="jazz")
        assert (action.done, action.skipped) == (2, 1)
        services.genre_set(track=tracks[1], person=alice, genre="rock")

        # Counted only where it was in force.
        assert services.bulk_action_undo(action=action) == 1
        # What was said before and after the act stays.
        assert [genre_state(track)[0] for track in tracks] == ["jazz", "rock", "blues"]
        with pytest.raises(DomainError, match="undone already"):
            services.bulk_action_undo(action=action)

    def test_confirming_skips_what_nobody_heard(self, alice: User, make_track: MakeTrack) -> None:
        make_track(status="failed")
        heard = make_track(heard={"top": "rock"})
        action = services.genres_set(tracks=Track.objects.filter(owner=alice), person=alice, genre=None)
        assert (action.done, action.skipped) == (1, 1)
        assert genre_state(heard) == ("rock", "owner", "rock", False)

    def test_queries_do_not_grow_with_tracks(
        self, alice: User, make_track: MakeTrack, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(5):
            make_track()
        with django_assert_max_num_queries(20):
            services.genres_set(tracks=Track.objects.filter(owner=alice), person=alice, genre="jazz")


class TestOnThePage:
    def test_confirm_correct_undo(self, alice_client: Client, track: Track) -> None:
        url = track.get_absolute_url()
        assert "Yes, it’s blues" in alice_client.get(url).content.decode()
        for action, data, expected in [
            ("genre/confirm/", {}, "You confirmed blues"),
            ("genre/", {"genre": "rock"}, "You said rock (it was blues)"),
            ("genre/", {"new": "Shoegaze"}, "You said shoegaze (it was rock)"),
            ("genre/undo/", {}, "undone"),
        ]:
            page = alice_client.post(url + action, data, headers={"Referer": url}, follow=True)
            assert expected in page.content.decode()
        assert genre_state(track)[0] == "rock"

    def test_a_refusal_is_shown(self, alice_client: Client, track: Track) -> None:
        url = track.get_absolute_url()
        page = alice_client.post(url + "genre/", {"genre": "polka"}, headers={"Referer": url}, follow=True)
        assert "There is no such genre" in page.content.decode()

    def test_the_way_back_never_leaves_the_site(self, alice_client: Client, track: Track) -> None:
        for address in ("https://evil.example/x", "//evil.example/x", "javascript:alert(1)"):
            url = track.get_absolute_url() + "genre/confirm/"
            response = alice_client.post(url, {"next": address}, headers={"Referer": address})
            assert response["Location"] == "/"
