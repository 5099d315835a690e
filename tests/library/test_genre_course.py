"""How an album moves through genres, in one sentence."""

from __future__ import annotations

import pytest
from django.template import Context

from library.models import Track
from library.selectors.genres import BUILTIN_CHOICES, GenreChoice, GenreNames
from library.templatetags.albums import genre_course

GENRES = GenreNames([*BUILTIN_CHOICES, GenreChoice("dub", "Dub Techno", "hue-1", own=True)])


@pytest.mark.parametrize(
    ("tracks", "sentence"),
    [
        ("", ""),
        ("?5 ?5", ""),
        ("rock5 ?5 ?5", ""),
        ("rock5 rock3 ?2", "Rock from beginning to end."),
        ("rock5 rock5 rock5 rock5 jazz1", "Mostly rock."),
        ("rock5 jazz5", "Begins as rock, ends as jazz."),
        ("rock3 metal5 metal3 blues2 country2", "Begins as rock, turns to metal, ends as blues and country."),
        ("rock3 jazz4 rock3", "Begins and ends as rock, with jazz in between."),
        ("rock3 ?4 rock3", "Mostly rock."),
        ("dub5 jazz5", "Begins as Dub Techno, ends as jazz."),
        ("?2 rock4 jazz4", "Begins as rock, ends as jazz."),
        # The end counts by time, and what is short there is not named.
        ("rock10 metal6 jazz1", "Begins as rock, ends as metal."),
    ],
)
def test_course(tracks: str, sentence: str) -> None:
    made = []
    for text in tracks.split():
        genre = text.rstrip("0123456789")
        made.append(Track(genre="" if genre == "?" else genre, duration=60.0 * int(text[len(genre) :])))
    assert genre_course(Context({"genres": GENRES}), made) == sentence


def test_tracks_that_are_not_analysed_yet_do_not_count() -> None:
    tracks = [Track(genre="", duration=None), Track(genre="rock", duration=60.0)]
    assert genre_course(Context({"genres": GENRES}), tracks) == "Rock from beginning to end."
