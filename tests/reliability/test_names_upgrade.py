"""The names of earlier versions get new keys, there and back: nothing is lost, and what was one stays one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from library import selectors
from library.models import Playlist, Tag, Track, User
from library.search.query import parse_search
from library.search.saved import playlist_tracks_of
from library.text import folding

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = "0038_concepts_switched_at"


@pytest.fixture(autouse=True)
def as_it_was(transactional_db: None) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


class Then:
    """Writes and reads rows with the models of the version before."""

    def __init__(self, before: str = BEFORE) -> None:
        call_command("migrate", "library", before, verbosity=0)
        self.model = MigrationExecutor(connection).loader.project_state([("library", before)]).apps.get_model
        self.alice = self.create("User", email="alice@example.org")

    def create(self, model: str, /, **fields: Any) -> Any:
        return self.model("library", model).objects.create(**fields)

    def rows(self, model: str, *columns: str) -> list[Any]:
        return list(self.model("library", model).objects.order_by("pk").values_list(*columns))

    def track(self, title: str, search_text: str, **fields: Any) -> Any:
        return self.create(
            "Track", owner=self.alice, original=title, original_name="a.mp3", kind="mp3", size=1, status="ready",
            sha256=hashlib.sha256(title.encode()).hexdigest(), title=title, search_text=search_text,
            sort_title=search_text.partition(" ")[0], **fields,
        )  # fmt: skip

    def tag(self, name: str, key: str, track: Any) -> Any:
        tag = self.create("Tag", owner=self.alice, name=name, key=key)
        self.create("Tagging", tag=tag, track=track)
        return tag


def test_tracks_and_tags_are_found_by_the_new_rules_and_by_the_old_ones_again() -> None:
    then = Then()
    royksopp = then.track("Røyksopp", "røyksopp a.mp3")
    plain = then.track("Plain", "plain a.mp3")
    then.tag("Beyoncé", "beyonce", royksopp)
    then.tag("late", "late", plain)
    then.create("Playlist", owner=then.alice, name="n", smart=True, query="not_tag=late&tag=beyonce")
    rows = {model: then.rows(model, *columns) for model, columns in {
        "Track": ("title", "search_text", "sort_title"), "Tag": ("pk", "name", "key"), "Playlist": ("query",),
        "Tagging": ("tag_id", "track_id"),
    }.items()}  # fmt: skip

    call_command("migrate", verbosity=0)
    alice = User.objects.get()
    assert [track.title for track in parse_search(alice, "q=royksopp").qs] == ["Røyksopp"]
    assert [track.title for track in parse_search(alice, "q=plain").qs] == ["Plain"]
    assert list(Tag.objects.values_list("name", "key", "search_text")) == [
        ("Beyoncé", "beyoncé", "beyonce"),
        ("late", "late", "late"),
    ]
    search = Playlist.objects.get()
    assert search.query == "not_tag=late&tag=beyonc%C3%A9"
    assert playlist_tracks_of(alice, search).count() == 1

    call_command("migrate", "library", BEFORE, verbosity=0)
    assert {model: then.rows(model, *columns) for model, columns in {
        "Track": ("title", "search_text", "sort_title"), "Tag": ("pk", "name", "key"), "Playlist": ("query",),
        "Tagging": ("tag_id", "track_id"),
    }.items()} == rows  # fmt: skip


def test_two_tags_whose_names_become_one_stay_two() -> None:
    then = Then()
    track = then.track("Song", "song a.mp3")
    for name, key in [("❤️", "❤️"), ("❤", "❤"), ("❤ (2)", "❤ (2)")]:
        then.tag(name, key, track)
        then.create("TagRejection", track=then.track(name, name), key=key)
    call_command("migrate", verbosity=0)
    assert list(Tag.objects.order_by("pk").values_list("name", "key")) == [
        ("❤️", "❤"),
        ("❤ (2)", "❤ (2)"),
        ("❤ (2) (2)", "❤ (2) (2)"),
    ]
    assert Track.objects.get(title="Song").taggings.count() == 3
    refused = dict(Track.objects.exclude(title="Song").values_list("title", "rejections__key"))
    assert refused == {"❤️": "❤", "❤": "❤ (2)", "❤ (2)": "❤ (2) (2)"}


def test_two_tags_that_the_version_before_takes_for_one_stay_two_on_the_way_back() -> None:
    then = Then()
    track = then.track("Song", "song a.mp3")
    call_command("migrate", verbosity=0)
    alice, song = User.objects.get(), Track.objects.get()
    for name in ("Beyoncé", "Beyonce", "x" * 30 + "👩‍🎤" * 10):
        tag = Tag.objects.create(
            owner=alice, name=name, key=folding.name_key(name), search_text=folding.search_text(name)
        )
        tag.taggings.create(track=song)
    song.rejections.create(key="fado é")
    call_command("migrate", "library", BEFORE, verbosity=0)
    names = then.rows("Tag", "name", "key")
    assert names[:2] == [("Beyoncé", "beyonce"), ("Beyonce (2)", "beyonce (2)")]
    assert len(names[2][0]) == 40
    assert then.rows("TagRejection", "key") == [("fado e",)]
    assert then.rows("Tagging", "track_id") == [(track.pk,)] * 3


def test_refusals_stay_refusals() -> None:
    then = Then()
    track = then.track("Song", "song a.mp3", file_genre="Fado é")
    other = then.track("Other", "other a.mp3")
    then.tag("Fado é", "fado e", other)
    then.create("TagRejection", track=track, key="fado e")
    unknown = then.track("Third", "third a.mp3", file_genre="Chanson é")
    then.create("TagRejection", track=unknown, key="chanson e")
    call_command("migrate", verbosity=0)
    alice = User.objects.get()
    for row in Track.objects.filter(title__in=["Song", "Third"]):
        assert selectors.tag_suggestions_for(alice, row) == []
    assert Track.objects.get(title="Song").rejections.get().key == "fado é"


def test_names_that_were_cut_are_found_and_sorted_by_what_was_left_out() -> None:
    then = Then("0045_tracks_edited_together")
    title, album = " ".join(f"word{number}" for number in range(36)), "a" * 200 + " lastword"
    words = folding.searched_words((title, "b" * 250, album, "c" * 200), "a.mp3")
    assert "lastword" not in words[:600]
    album_row = then.create("Album", owner=then.alice, title=album, key=album, sort_title=album[:60])
    then.create("Artist", owner=then.alice, name="b" * 250, key="b" * 250, sort_name="b" * 60)
    then.create(
        "Track", owner=then.alice, original="a", original_name="a.mp3", kind="mp3", size=1, status="ready", sha256="a",
        title=title, artist="b" * 250, album=album, album_artist="c" * 200, album_entry=album_row,
        search_text=words[:600], sort_title=title[:60], sort_artist="b" * 60, sort_album=album[:60],
    )  # fmt: skip
    then.track("Plain", "plain a.mp3")
    rows = then.rows("Track", "title", "search_text", "sort_title", "sort_artist", "sort_album")

    call_command("migrate", verbosity=0)
    alice = User.objects.get()
    assert [track.title for track in parse_search(alice, "q=lastword").qs] == [title]
    assert [track.title for track in parse_search(alice, "q=plain").qs] == ["Plain"]
    assert Track.objects.get(title=title).sort_title == title
    assert selectors.albums_of(alice).get().sort_title == album
    assert alice.artists.get().sort_name == "b" * 250

    call_command("migrate", "library", "0045_tracks_edited_together", verbosity=0)
    assert then.rows("Track", "title", "search_text", "sort_title", "sort_artist", "sort_album") == rows
