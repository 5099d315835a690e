"""The page on which many tracks are edited: what they have in common, what would change, and that it is done."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library.models import BulkAction, Track, User
from library.services.file_tags import file_tags_record
from library.views import track_edits as pages
from tests.albums import make_song
from tests.factories import signed_in

pytestmark = pytest.mark.django_db
URL = "/tracks/edit/"


@pytest.fixture
def songs(alice: User) -> list[Track]:
    """Three tracks of one album and year by two artists."""
    return [
        make_song(alice, title=title, artist=artist, album="Slag", year=2011, track_number=number)
        for number, (title, artist) in enumerate(
            [("Cinders", "Gravel Kings"), ("Forge", "Gravel Kings"), ("Anvil", "The Gravel Kings")], 1
        )
    ]


def said(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def chosen(songs: list[Track], **more: Any) -> dict[str, Any]:
    return {"track": [str(song.pk) for song in songs], "query": "", "next": "/?ordering=title"} | more


def fields_of(response: HttpResponse) -> dict[str, Any]:
    """What a browser sends from the form of the page that nobody has touched."""
    found: dict[str, Any] = {}
    body = response.content.decode().split('action="/tracks/edit/"')[-1].split("</form>")[0]
    for tag in re.findall(r"<input[^>]*>", body):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found.setdefault(name[1], []).append(value[1] if value else "")
    (select,) = re.findall(r'<select[^>]*name="compilation"[^>]*>(.*?)</select>', body, re.DOTALL)
    options = re.findall(r'<option value="(\w*)"([^>]*)>', select)
    found["compilation"] = [next((value for value, more in options if "selected" in more), options[0][0])]
    return found


def values(*fields: str) -> list[tuple[Any, ...]]:
    return list(Track.objects.order_by("track_number").values_list(*fields))


class TestThePage:
    def test_shows_common_values_and_that_others_differ(
        self, songs: list[Track], alice_client: Client
    ) -> None:
        page = alice_client.post(URL, chosen(songs))
        sent = fields_of(page)
        assert "<h1" in said(page)
        assert "Edit 3 tracks" in said(page)
        assert (sent["album"], sent["year"], sent["compilation"]) == (["Slag"], ["2011"], ["False"])
        assert (sent["artist"], sent["title"], sent["track_number"]) == ([""], [""], [""])
        assert said(page).count("Several values") == 3
        assert '<option value="Gravel Kings"></option>' in said(page)

    def test_left_as_it_is_changes_nothing(self, songs: list[Track], alice_client: Client) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs)))
        for step in ("save", "preview"):
            assert "Nothing would change: change a field first." in said(
                alice_client.post(URL, sent | {"step": step})
            )
        assert not BulkAction.objects.exists()

    def test_saves_what_was_changed_and_nothing_else(self, songs: list[Track], alice_client: Client) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs)))
        response = alice_client.post(
            URL, sent | {"artist": "The Gravel Kings", "year": "", "step": "save"}, follow=True
        )
        assert response.redirect_chain == [("/?ordering=title", 302)]
        assert "Edited artist, year: 3 tracks." in said(response)
        assert values("artist", "year", "album", "track_number") == [
            ("The Gravel Kings", None, "Slag", number) for number in (1, 2, 3)
        ]
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert values("artist", "year", "edited") == [(song.artist, 2011, []) for song in songs]

    def test_clears_fields_on_which_they_differ(self, songs: list[Track], alice_client: Client) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs)))
        sent |= {"clear": ["artist", "track_number", "title", "compilation"], "step": "save"}
        alice_client.post(URL, sent)
        assert set(values("artist", "track_number")) == {("", None)}
        assert {title for (title,) in values("title")} == {song.title for song in songs}

    def test_a_field_with_one_value_is_cleared_by_emptying_it(
        self, songs: list[Track], alice_client: Client
    ) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs)))
        alice_client.post(URL, sent | {"album": "", "compilation": "True", "step": "save"})
        assert values("album", "compilation") == [("", True)] * 3

    def test_the_flag_of_compilations_is_kept_where_it_differs(
        self, songs: list[Track], alice_client: Client
    ) -> None:
        Track.objects.filter(pk=songs[0].pk).update(compilation=True)
        page = alice_client.post(URL, chosen(songs))
        assert "Keep as it is" in said(page)
        alice_client.post(URL, fields_of(page) | {"year": "2012", "step": "save"})
        assert values("compilation", "year") == [(True, 2012), (False, 2012), (False, 2012)]

    def test_previews_what_changes(self, songs: list[Track], alice_client: Client) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs))) | {"artist": "The Gravel Kings"}
        page = alice_client.post(URL, sent | {"step": "preview"})
        assert "2 of 3 tracks would change" in said(page)
        assert said(page).count('<del dir="auto">Gravel Kings</del>') == 2
        assert not BulkAction.objects.exists()
        # What the page sends is what was previewed.
        alice_client.post(URL, fields_of(page) | {"step": "save"})
        assert values("artist") == [("The Gravel Kings",)] * 3

    @pytest.mark.parametrize(
        "change", [{"title": "\u200b"}, {"year": "0"}, {"artist": "x" * 256}, {"track_number": "one"}]
    )
    def test_what_cannot_be_is_refused(
        self, change: dict[str, str], songs: list[Track], alice_client: Client
    ) -> None:
        sent = fields_of(alice_client.post(URL, chosen(songs)))
        page = said(alice_client.post(URL, sent | change | {"step": "save"}))
        assert "invalid-feedback" in page or "notice-error" in page
        assert not BulkAction.objects.exists()

    def test_a_program_without_the_shown_values_keeps_what_it_does_not_name(
        self, songs: list[Track], alice_client: Client
    ) -> None:
        alice_client.post(URL, chosen(songs, artist="Cid", album="", step="save"))
        assert values("artist", "album") == [("Cid", "Slag")] * 3

    def test_asks_few_questions_of_the_database(
        self, songs: list[Track], alice_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(14):
            alice_client.post(URL, chosen(songs, artist="Cid", step="preview"))


def buttons(page: HttpResponse, name: str, pressed: str) -> list[str]:
    """The values of the buttons of this name that are pressed."""
    tags = re.findall(rf'<button[^>]*name="{name}"[^>]*>', page.content.decode())
    return [re.search(r'value="([^"]*)"', tag)[1] for tag in tags if pressed in tag]  # type: ignore[index]


class TestAsTheFileSays:
    @pytest.fixture
    def tagged(self, songs: list[Track]) -> list[Track]:
        for song in songs:
            file_tags_record(track=song, tags={"title": song.title, "artist": "Gravel Kings", "year": 2012})
        return songs

    def test_shows_what_all_fields_would_become(self, tagged: list[Track], alice_client: Client) -> None:
        page = alice_client.post(URL, chosen(tagged, how="reset"))
        assert "3 of 3 tracks would change" in said(page)
        assert buttons(page, "how", "aria-current") == ["reset"]
        assert '<del dir="auto">Slag</del>' in said(page)
        assert '<ins dir="auto">nothing</ins>' in said(page)
        assert said(page).count("checked") == 11
        assert not BulkAction.objects.exists()

    def test_other_fields_are_shown_before_they_are_saved(
        self, tagged: list[Track], alice_client: Client
    ) -> None:
        first = alice_client.post(URL, chosen(tagged, how="reset"))
        (shown,) = re.findall(r'name="shown" value="([^"]*)"', said(first))
        sent = chosen(tagged, how="reset", shown=shown, fields=["artist"], step="save")
        page = alice_client.post(URL, sent)
        assert "You chose other fields" in said(page)
        assert "1 of 3 tracks would change" in said(page)
        assert not BulkAction.objects.exists()
        done = alice_client.post(URL, sent | {"shown": "artist"}, follow=True)
        assert "Set as the file says: 1 track." in said(done)
        assert "2 tracks skipped: already as the file says" in said(done)
        assert values("artist", "album") == [("Gravel Kings", "Slag")] * 3
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert values("artist") == [(song.artist,) for song in tagged]

    def test_no_field_at_all(self, tagged: list[Track], alice_client: Client) -> None:
        page = alice_client.post(URL, chosen(tagged, how="reset", shown="artist", step="save"))
        assert "choose a field first" in said(page)
        assert not BulkAction.objects.exists()

    def test_tags_that_were_not_read_yet(self, songs: list[Track], alice_client: Client) -> None:
        page = said(alice_client.post(URL, chosen(songs, how="reset")))
        assert "Nothing would change" in page
        assert "The tags in 3 files have not been read yet. They are left." in page
        assert 'value="save"' not in page


class TestFromTheFilesName:
    @pytest.fixture
    def named(self, songs: list[Track]) -> list[Track]:
        for song in songs:
            Track.objects.filter(pk=song.pk).update(
                original_name=f"0{song.track_number} - Ann - {song.title}.mp3"
            )
        Track.objects.filter(pk=songs[2].pk).update(original_name="noise.mp3")
        return songs

    def test_proposes_the_pattern_of_most_names(self, named: list[Track], alice_client: Client) -> None:
        page = alice_client.post(URL, chosen(named, how="from_filename"))
        assert buttons(page, "pattern", 'aria-pressed="true"') == ["track-artist-title"]
        assert "2 of 3 tracks would change" in said(page)
        assert "1 file is named otherwise, and left." in said(page)
        assert "01 - Ann - Cinders.mp3" in said(page)

    def test_another_pattern_is_shown_and_then_saved(self, named: list[Track], alice_client: Client) -> None:
        sent = chosen(named, how="from_filename", shown="track-artist-title")
        page = alice_client.post(URL, sent | {"pattern": "track-title"})
        assert buttons(page, "pattern", 'aria-pressed="true"') == ["track-title"]
        assert '<ins dir="auto">Ann - Cinders</ins>' in said(page)
        assert not BulkAction.objects.exists()
        done = alice_client.post(URL, sent | {"shown": "track-title", "step": "save"}, follow=True)
        assert "Named after the file: 2 tracks." in said(done)
        assert "1 track skipped: named so already, or the file’s name does not fit." in said(done)
        assert values("title") == [("Ann - Cinders",), ("Ann - Forge",), ("Anvil",)]
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert values("title", "edited") == [(song.title, []) for song in named]

    def test_an_unknown_pattern_does_nothing(self, named: list[Track], alice_client: Client) -> None:
        sent = chosen(named, how="from_filename", pattern="polka", shown="polka", step="save")
        page = alice_client.post(URL, sent)
        assert buttons(page, "pattern", 'aria-pressed="true"') == ["track-artist-title"]
        assert not BulkAction.objects.exists()


class TestWhichTracks:
    def test_also_those_on_other_pages_of_the_list(self, songs: list[Track], alice_client: Client) -> None:
        sent = chosen(songs[:1], others=" ".join(str(song.pk) for song in songs[1:]))
        form = fields_of(alice_client.post(URL, sent))
        alice_client.post(URL, form | {"year": ["1999"], "step": ["save"]})
        assert values("year") == [(1999,)] * 3

    def test_all_that_a_search_finds(self, songs: list[Track], alice_client: Client) -> None:
        sent = {"all": "1", "query": "q=gravel", "expected": "3", "next": "/"}
        page = alice_client.post(URL, sent)
        alice_client.post(URL, fields_of(page) | {"album": "Forge", "step": "save"})
        assert values("album") == [("Forge",)] * 3

    @pytest.mark.parametrize("step", ["", "preview", "save"])
    def test_a_list_that_has_changed_is_said_and_nothing_done(
        self, step: str, songs: list[Track], alice_client: Client
    ) -> None:
        sent = {"all": "1", "query": "", "expected": "2", "next": "/", "album": "Forge", "step": step}
        page = alice_client.post(URL, sent)
        assert page.status_code == (409 if step == "save" else 200)
        assert "it had 2 tracks when you selected them, and has 3 now" in said(page)
        assert not BulkAction.objects.exists()
        alice_client.post(URL, fields_of(page) | {"album": "Forge", "step": "save"})
        assert values("album") == [("Forge",)] * 3

    def test_none(self, alice_client: Client) -> None:
        page = said(alice_client.post(URL, {"next": "/"}, follow=True))
        assert "Select some tracks first." in page

    def test_only_ones_own(self, songs: list[Track], charlie: User, alice_client: Client) -> None:
        mine = make_song(charlie, title="Mine", album="Secret")
        theirs = signed_in(charlie)
        assert "Select some tracks first." in said(theirs.post(URL, chosen(songs), follow=True))
        page = said(theirs.post(URL, chosen([*songs, mine])))
        assert "Edit 1 track" in page
        assert "3 more tracks that you selected are no longer in your library" in page
        assert "Gravel" not in page
        theirs.post(URL, chosen([*songs, mine], album="Forge", step="save"))
        assert {song.album for song in Track.objects.filter(pk__in=[song.pk for song in songs])} == {"Slag"}

    def test_many_are_left_to_a_worker(
        self, songs: list[Track], alice_client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pages, "MAX_SYNCHRONOUS_TRACKS", 2)
        response = alice_client.post(URL, chosen(songs, album="Forge", step="save"), follow=True)
        assert "Edited album: working on 3 tracks." in said(response)

    def test_the_bar_leads_there(self, songs: list[Track], alice_client: Client) -> None:
        assert f'formaction="{URL}"' in said(alice_client.get("/"))
