"""What the names of files say about tracks, by each pattern."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.text.filename_patterns import FILENAME_PATTERNS, fields_from_filename, filename_pattern_for


def said(key: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    return key, fields


#: A name, and what it says by the pattern that is proposed for it.
NAMES = {
    "01 - Ann - Cinders.mp3": said("track-artist-title", track_number=1, artist="Ann", title="Cinders"),
    "01. Ann - Cinders.flac": said("track-artist-title", track_number=1, artist="Ann", title="Cinders"),
    "01 Ann - Cinders.ogg": said("track-artist-title", track_number=1, artist="Ann", title="Cinders"),
    "12_-_Ann_-_Cinders.mp3": said("track-artist-title", track_number=12, artist="Ann", title="Cinders"),
    "01-the_gravel_kings-night_shift.mp3": said(
        "track-artist-title", track_number=1, artist="the gravel kings", title="night shift"
    ),
    "07 – Björk – Jóga.m4a": said("track-artist-title", track_number=7, artist="Björk", title="Jóga"),
    "03 - Ann - Cinders - Live in Leeds.mp3": said(
        "track-artist-title", track_number=3, artist="Ann", title="Cinders - Live in Leeds"
    ),
    "Ann - Slag - 04 - Cinders.mp3": said(
        "artist-album-track-title", artist="Ann", album="Slag", track_number=4, title="Cinders"
    ),
    "Ann - Slag - 04 Cinders.mp3": said(
        "artist-album-track-title", artist="Ann", album="Slag", track_number=4, title="Cinders"
    ),
    "Ann - 04 - Cinders.mp3": said("artist-track-title", artist="Ann", track_number=4, title="Cinders"),
    "1-04 Cinders.mp3": said("disc-track-title", disc_number=1, track_number=4, title="Cinders"),
    "2.11 Cinders.mp3": said("disc-track-title", disc_number=2, track_number=11, title="Cinders"),
    "CD2-11 - Cinders.mp3": said("disc-track-title", disc_number=2, track_number=11, title="Cinders"),
    "Disc 1-04. Cinders.mp3": said("disc-track-title", disc_number=1, track_number=4, title="Cinders"),
    "1-04 Ann - Cinders.mp3": said(
        "disc-track-artist-title", disc_number=1, track_number=4, artist="Ann", title="Cinders"
    ),
    "1-04-ann-cinders.mp3": said(
        "disc-track-artist-title", disc_number=1, track_number=4, artist="ann", title="cinders"
    ),
    "04 Cinders.mp3": said("track-title", track_number=4, title="Cinders"),
    "04. Cinders.mp3": said("track-title", track_number=4, title="Cinders"),
    "04.Cinders.mp3": said("track-title", track_number=4, title="Cinders"),
    "04 - Cinders.mp3": said("track-title", track_number=4, title="Cinders"),
    "(04) Cinders.mp3": said("track-title", track_number=4, title="Cinders"),
    "[104] Cinders.mp3": said("track-title", track_number=104, title="Cinders"),
    "04_cinders_(live).mp3": said("track-title", track_number=4, title="cinders (live)"),
    "Ann - Cinders.mp3": said("artist-title", artist="Ann", title="Cinders"),
    "Ann & The Forge — Cinders.mp3": said("artist-title", artist="Ann & The Forge", title="Cinders"),
    "the_gravel_kings-cinders.mp3": said("artist-title", artist="the gravel kings", title="cinders"),
    "AC-DC - Back in Black.mp3": said("artist-title", artist="AC-DC", title="Back in Black"),
    "Jay-Z - 99 Problems.mp3": said("artist-track-title", artist="Jay-Z", track_number=99, title="Problems"),
    "Sly - 1999.mp3": said("artist-title", artist="Sly", title="1999"),
    "Cinders.mp3": said("title", title="Cinders"),
    "Twenty-One.mp3": said("title", title="Twenty-One"),
    "1999.mp3": said("title", title="1999"),
    "2112 Overture.mp3": said("title", title="2112 Overture"),
    "Mr. Brightside.mp3": said("title", title="Mr. Brightside"),
    "花 - 雨.mp3": said("artist-title", artist="花", title="雨"),
    ".hidden": said("title", title=".hidden"),
}
#: A name, a pattern that somebody chooses, and what the name says by that.
CHOSEN = [
    ("Jay-Z - 99 Problems.mp3", *said("artist-title", artist="Jay-Z", title="99 Problems")),
    ("99 Luftballons.mp3", *said("title", title="99 Luftballons")),
    ("Cinders - Ann.mp3", *said("title-artist", title="Cinders", artist="Ann")),
    ("Cinders - Ann - Bob.mp3", *said("title-artist", title="Cinders", artist="Ann - Bob")),
    ("01 - Ann - Cinders.mp3", *said("track-title", track_number=1, title="Ann - Cinders")),
    ("01 - Ann - Cinders.mp3", *said("title", title="01 - Ann - Cinders")),
    ("311 - Amber.mp3", *said("artist-title", artist="311", title="Amber")),
]
#: A name, and a pattern that does not fit it.
MISFITS = [
    ("Cinders.mp3", "track-title"),
    ("Cinders.mp3", "artist-title"),
    ("Ann - Cinders.mp3", "track-artist-title"),
    ("00 - Hidden.mp3", "track-title"),
    ("2112 Overture.mp3", "track-title"),
    ("0-04 Cinders.mp3", "disc-track-title"),
    ("1984-04 Cinders.mp3", "disc-track-title"),
    ("04.mp3", "track-title"),
    ("- Cinders.mp3", "artist-title"),
    ("", "title"),
]


@pytest.mark.parametrize(("name", "pattern"), NAMES.items())
def test_what_a_name_says(name: str, pattern: tuple[str, dict[str, Any]]) -> None:
    key, fields = pattern
    assert filename_pattern_for([name]) == key
    assert fields_from_filename(name, key) == fields


@pytest.mark.parametrize(("name", "key", "fields"), CHOSEN)
def test_what_it_says_by_another_pattern(name: str, key: str, fields: dict[str, Any]) -> None:
    assert fields_from_filename(name, key) == fields


@pytest.mark.parametrize(("name", "key"), MISFITS)
def test_a_pattern_that_does_not_fit(name: str, key: str) -> None:
    assert fields_from_filename(name, key) is None


def test_every_pattern_is_in_the_tables() -> None:
    assert {key for key, _ in NAMES.values()} | {key for _, key, _ in CHOSEN} == set(FILENAME_PATTERNS)


def test_the_pattern_of_most_names_is_proposed() -> None:
    names = ["01 - Ann - One.mp3", "02 - Ann - Two.mp3", "hidden.mp3"]
    assert filename_pattern_for(names) == "track-artist-title"
    assert filename_pattern_for([*names, "Bonus.mp3"]) == "title"
    assert filename_pattern_for([]) == "title"


@given(st.text(max_size=300), st.sampled_from([*FILENAME_PATTERNS]))
def test_any_name_at_all(name: str, key: str) -> None:
    fields = fields_from_filename(name, key)
    assert fields is None or all(fields.values())
