"""Names of any length are found by every word, and sorted by all that people see of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.http import QueryDict

from library import selectors, services
from library.models import Track, User
from library.search.query import parse_search

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]

#: One letter each of one, three and four bytes.
LETTERS = ("a", "가", "𠀋")


def found(owner: User, **params: str) -> list[str]:
    query = QueryDict(mutable=True)
    query.update(params)
    return [track.album for track in parse_search(owner, query.urlencode()).qs]


def long_words(letter: str, length: int) -> str:
    """Words that are all different."""
    return " ".join(f"{letter * 6}{number:02}" for number in range(100))[:length]


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("parameter", ["q", "search"])
def test_the_last_word_of_long_names_is_found(
    alice: User, make_track: MakeTrack, letter: str, parameter: str
) -> None:
    make_track(
        title=long_words(letter, 250),
        artist=letter * 250,
        album=f"{letter * 200} lastword",
        original_name="cafe.mp3",
    )
    make_track(title="Other", album="lastword")
    assert sorted(found(alice, **{parameter: "lastword"})) == sorted([f"{letter * 200} lastword", "lastword"])
    assert found(alice, **{parameter: f"{letter * 6}07 lastword"}) == [f"{letter * 200} lastword"]
    assert found(alice, **{parameter: "café"}) == [f"{letter * 200} lastword"]
    assert found(alice, **{parameter: "lastwords"}) == []


def test_so_is_a_phrase_and_a_word_of_one_field(alice: User, make_track: MakeTrack) -> None:
    make_track(title=long_words("a", 250), artist="b" * 250, album=f"{'c' * 200} the last words")
    for text in ('"the last words"', 'album:"last words"', "album:words"):
        assert len(found(alice, search=text)) == 1, text
    assert found(alice, search="artist:words") == []


def test_others_and_tracks_in_the_bin_are_not_found(
    alice: User, charlie: User, make_track: MakeTrack
) -> None:
    track = make_track(title=long_words("a", 250), artist="b" * 250, album=f"{'c' * 200} lastword")
    assert found(charlie, q="lastword") == []
    services.tracks_move_to_bin(owner=alice, track_ids=[track.pk])
    assert found(alice, q="lastword") == []


def test_a_name_that_becomes_short_is_found_by_its_new_words_only(alice: User, make_track: MakeTrack) -> None:
    track = make_track(title=long_words("a", 250), artist="b" * 250, album=f"{'c' * 200} lastword")
    services.track_edit(track=track, title="Short", artist="Short", album="Short")
    assert found(alice, q="lastword") == []
    assert found(alice, q="short") == ["Short"]


def test_names_are_sorted_by_what_comes_late_in_them(alice: User, make_track: MakeTrack) -> None:
    concerto = "Concerto for Violin, Strings and Continuo in E major, Op. 8, No. 1, RV 269 “Spring”: {}"
    movements = ["I. Allegro", "II. Largo e pianissimo sempre", "III. Allegro pastorale"]
    for movement in (movements[1], movements[0], movements[2]):
        make_track(title=concerto.format(movement), album=movement)
    assert found(alice, ordering="title") == movements


@pytest.mark.parametrize("letter", LETTERS)
def test_the_longest_names_are_kept(alice: User, make_track: MakeTrack, letter: str) -> None:
    name = letter * 255
    make_track(title=name, artist=name, album=name, album_artist=name)
    assert [album.title for album in selectors.albums_of(alice)] == [name]
    assert [artist.name for artist in selectors.artists_of(alice)] == [name]
