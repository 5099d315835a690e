"""Export and import: nothing is lost on the way, and importing twice changes nothing."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library import selectors, services
from library.errors import DomainError
from library.exchange.export_writer import export_as_csv, export_as_json
from library.models import Album, Genre, Playlist, PlaylistItem, Tag, Track, User, Verdict
from tests.albums import BOB, RELEASE, check_rows
from tests.factories import PredictionFactory, TrackFactory

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def exported(owner: User) -> dict[str, Any]:
    document = json.loads("".join(export_as_json(owner)))
    del document["exported_at"]
    return document


def imported(owner: User, document: object) -> services.imports.ImportReport:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return services.library_import(owner=owner, file=io.BytesIO(content), size=len(content))


@pytest.fixture
def annotated_tracks(alice: User, bob: User, make_track: MakeTrack) -> list[Track]:
    """Three tracks of alice's with everything an export can hold."""
    tracks = [make_track(title=f"Song {n}", original_name=f"{n}.wav", file_genre="Jazz") for n in range(3)]
    PredictionFactory(track=tracks[0], model_version="0", top="rock", moods={"calm": 0.9})
    services.track_edit(track=tracks[0], title="Été", artist="Ann", year=1987)
    services.track_edit(track=tracks[1], title="Cleared", album="")
    place = {
        "album_artist": "Cid",
        "disc_number": 1,
        "disc_total": 2,
        "track_number": 3,
        "original_year": 1970,
    }
    services.track_edit(
        track=tracks[2], artist="Ann", album="One", compilation=True, track_total=None, **place
    )
    own = services.own_genre_add(owner=alice, name="Dream Pop")
    gone = services.own_genre_add(owner=alice, name="Polka")
    services.own_genre_rename(genre=own, name="Shoegaze")
    services.genre_set(track=tracks[0], person=alice, genre=gone.key)
    services.own_genre_delete(genre=gone, into=own.key)
    services.genre_set(track=tracks[1], person=bob, genre="jazz")
    services.genre_set(track=tracks[1], person=alice, genre="rock")
    services.genre_undo(track=tracks[1], person=alice)
    services.genre_set(track=tracks[2], person=alice, genre="pop")
    services.genre_set(track=tracks[2], person=alice, genre="")
    services.tag_change(tag=services.track_tag(track=tracks[0], name="Été"), hue=7)
    services.track_tag(track=tracks[0], name="live")
    services.tag_add(owner=alice, name="unused")
    services.suggestion_reject(track=tracks[1], name="Calm")
    dream = services.concept_get_or_create(owner=alice, taught=own)
    services.concept_answer(concept=dream, track=tracks[1], yes=False)
    services.concept_answer(concept=dream, track=tracks[0], yes=True)
    live = services.concept_add(owner=alice, tag="live")
    services.concept_answer(concept=live, track=tracks[2], yes=False, asked=False)
    for name in ("Mix", "Mix"):
        playlist = Playlist.objects.create(owner=alice, name=name)
        for position, track in enumerate([tracks[2], tracks[0], tracks[2]]):
            PlaylistItem.objects.create(playlist=playlist, track=track, position=position * 10)
        tracks.reverse()
    Playlist.objects.create(owner=alice, name="Jazz", smart=True, query="genre=jazz")
    for track in tracks:
        track.refresh_from_db()
    return sorted(tracks, key=lambda track: track.original_name)


def copy_for(track: Track, owner: User) -> Track:
    """The same file in another library, just analysed by the same model."""
    fresh = TrackFactory(
        owner=owner,
        title=track.title if "title" not in track.edited else "As in the file",
        original_name=track.original_name,
        sha256=track.sha256,
        size=track.size,
        file_genre=track.file_genre,
    )
    for heard in track.predictions.exclude(pk=track.prediction_id):
        PredictionFactory(track=fresh, model_version=heard.model_version, top=heard.top, moods=heard.moods)
    return fresh


@pytest.fixture
def copies(annotated_tracks: list[Track], charlie: User) -> list[Track]:
    return [copy_for(track, charlie) for track in reversed(annotated_tracks)]


class TestRoundTrip:
    def test_nothing_is_lost(self, alice: User, charlie: User, copies: list[Track]) -> None:
        before = exported(alice)
        assert exported(charlie) != before
        report = imported(charlie, before)
        assert (report.matched, report.unmatched) == (3, 0)
        assert exported(charlie) == before

    def test_albums_and_artists_are_those_of_the_edits(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        """Also what merging has left: the artists of a track, and the release of another file."""
        first, second = annotated_tracks[:2]
        known = {"release": [RELEASE], "recording": [BOB]}
        Track.objects.filter(pk=first.pk).update(
            artist_names=["Ann", "Bob"], musicbrainz=known, album="One", edited=["album", "artist"]
        )
        Track.objects.filter(pk=second.pk).update(
            artist_names=["Ann", "Cid"], musicbrainz=known, edited=["title"]
        )
        imported(charlie, exported(alice))
        there = {track.sha256: track for track in Track.objects.filter(owner=charlie)}
        assert there[first.sha256].artist_names == ["Ann", "Bob"]
        assert there[first.sha256].musicbrainz == {"release": [RELEASE]}  # a recording is what the file says
        assert (there[second.sha256].artist_names, there[second.sha256].musicbrainz) == ([], {})
        check_rows(charlie)
        assert Album.objects.get(owner=charlie, mbid=RELEASE).title == "One"

    def test_effective_genres_are_recomputed(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        imported(charlie, exported(alice))
        for track in annotated_tracks:
            there = Track.objects.get(owner=charlie, sha256=track.sha256)
            for field in ("genre", "genre_source", "owner_genre", "needs_you", "search_text", "sort_title"):
                assert getattr(there, field) == getattr(track, field)
        dates = Verdict.objects.filter(track__owner=charlie).values_list("created_at", flat=True)
        assert set(dates) == set(
            Verdict.objects.filter(track__owner=alice).values_list("created_at", flat=True)
        )

    def test_twice_changes_nothing(self, alice: User, charlie: User, copies: list[Track]) -> None:
        document = exported(alice)
        imported(charlie, document)
        changed = list(
            Track.objects.filter(owner=charlie).order_by("pk").values_list("updated_at", flat=True)
        )
        again = imported(charlie, document)
        assert again.total == 0
        assert exported(charlie) == document
        assert changed == list(
            Track.objects.filter(owner=charlie).order_by("pk").values_list("updated_at", flat=True)
        )

    def test_into_the_same_account_it_changes_nothing(
        self, alice: User, annotated_tracks: list[Track]
    ) -> None:
        document = exported(alice)
        assert imported(alice, document).total == 0
        assert exported(alice) == document

    def test_what_was_taught_counts_there_as_here(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        imported(charlie, exported(alice))
        found = {concept.name: concept for concept in selectors.concepts_of(charlie)}
        assert set(found) == {"Shoegaze", "live"}
        first, second, third = (track.sha256 for track in annotated_tracks)
        names = {
            name: [
                {track.sha256 for track in select(charlie, concept)}
                for select in (selectors.examples_of, selectors.refusals_of)
            ]
            for name, concept in found.items()
        }
        assert names == {"Shoegaze": [{first}, {second}], "live": [{first}, {third}]}

    def test_an_answer_given_here_stays(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        there = Track.objects.get(owner=charlie, sha256=annotated_tracks[1].sha256)
        concept = services.concept_add(owner=charlie, genre="shoegaze")
        services.concept_answer(concept=concept, track=there, yes=True)
        imported(charlie, exported(alice))
        assert set(selectors.examples_of(charlie, concept)) >= {there}

    def test_a_document_of_before_there_were_concepts(
        self, alice: User, charlie: User, copies: list[Track]
    ) -> None:
        document = exported(alice)
        del document["concepts"]
        assert imported(charlie, document).matched == 3
        assert not selectors.concepts_of(charlie)

    def test_missing_files_are_reported_and_imported_later(
        self, alice: User, charlie: User, annotated_tracks: list[Track]
    ) -> None:
        document = exported(alice)
        copy_for(annotated_tracks[2], charlie)
        report = imported(charlie, document)
        assert (report.matched, report.unmatched, sorted(report.missing)) == (1, 2, ["0.wav", "1.wav"])
        assert Playlist.objects.filter(owner=charlie).count() == 3
        for track in annotated_tracks[:2]:
            copy_for(track, charlie)
        imported(charlie, document)
        after = exported(charlie)
        assert after["tracks"] == document["tracks"]
        assert [sorted(p["tracks"]) for p in after["playlists"]] == [
            sorted(p["tracks"]) for p in document["playlists"]
        ]

    def test_other_spacing_and_order_of_keys_are_fine(
        self, alice: User, charlie: User, copies: list[Track]
    ) -> None:
        document = exported(alice)
        imported(charlie, b"\xef\xbb\xbf" + json.dumps(document, indent=4, sort_keys=True).encode())
        assert exported(charlie) == document


class TestWhatIsHereStays:
    def test_edits(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        there = Track.objects.get(owner=charlie, sha256=annotated_tracks[0].sha256)
        services.track_edit(track=there, title="Mine")
        imported(charlie, exported(alice))
        there.refresh_from_db()
        assert (there.title, there.artist, there.year) == ("Mine", "Ann", 1987)

    def test_a_later_verdict_stays(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        there = Track.objects.get(owner=charlie, sha256=annotated_tracks[1].sha256)
        services.genre_set(track=there, person=charlie, genre="disco")
        imported(charlie, exported(alice))
        there.refresh_from_db()
        assert there.owner_genre == "disco"
        assert there.verdicts.count() == 3

    def test_a_genre_of_the_same_name(
        self, alice: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        mine = services.own_genre_add(owner=charlie, name="shoegaze")
        imported(charlie, exported(alice))
        assert Track.objects.get(owner=charlie, sha256=annotated_tracks[0].sha256).owner_genre == mine.key
        assert Genre.objects.filter(owner=charlie, retired_at=None).count() == 1

    def test_nobody_else_is_touched(
        self, alice: User, bob: User, charlie: User, annotated_tracks: list[Track], copies: list[Track]
    ) -> None:
        before = exported(alice)
        imported(bob, before | {"playlists": [{"name": "x", "smart": False, "query": "", "tracks": []}]})
        assert exported(alice) == before
        assert not Verdict.objects.filter(track__owner=charlie).exists()


GOOD = {"format": "earmark-library", "version": 1}
TRACK = {
    "sha256": "0" * 64, "file_name": "a.wav", "added": "2026-01-01T00:00:00+00:00", "edited": [],
    "tags": [], "rejected": [], "verdicts": [],
}  # fmt: skip
VERDICT = {
    "at": "2026-01-01T00:00:00+00:00", "by": "owner", "before": "", "genre": "jazz", "heard": "",
    "sure": True, "undone_at": None,
}  # fmt: skip


def document_with_track(**changes: object) -> dict[str, Any]:
    return GOOD | {"tracks": [TRACK | changes]}


def document_with_verdict(**changes: object) -> dict[str, Any]:
    return document_with_track(verdicts=[VERDICT | changes])


def document_with_answer(answer: object) -> dict[str, Any]:
    tags = [{"name": "late", "hue": 1}]
    return GOOD | {"tags": tags, "concepts": [{"genre": None, "tag": "late", "answers": [answer]}]}


HOSTILE: dict[str, object] = {
    "nothing": b"",
    "a text": b"hello",
    "a list": [],
    "another object": {"a": 1},
    "another version": GOOD | {"version": 2},
    "no end": b'{"format": "earmark-library"',
    "more after the end": json.dumps(GOOD).encode() + b"{}",
    "a comma too many": b'{"format": "earmark-library", "version": 1, "tracks": [1,]}',
    "no UTF-8": b'{"format": "\xff\xfe"}',
    "deep": b'{"tracks": [' + b"[" * 200_000,
    "deep and whole": b'{"x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "long": b'{"x": "' + b"a" * (9 * 2**20),
    "a long number": b'{"x": ' + b"9" * 10_000 + b"}",
    "no number": b'{"format": NaN}',
    "an entry that is not an object": GOOD | {"tracks": [3]},
    "not a hash": document_with_track(sha256="x"),
    "a hash that is a list": document_with_track(sha256=["0" * 64]),
    "a name too long": document_with_track(file_name="x" * 256),
    "a name with controls": document_with_track(file_name="a\x00b"),
    "half a character": document_with_track(tags=["\ud800"]),
    "an unknown field": document_with_track(edited=["owner_id"], owner_id=1),
    "an edit of nothing": document_with_track(edited=["title"], title=""),
    "not a year": document_with_track(edited=["year"], year=True),
    "a far year": document_with_track(edited=["year"], year=10**9),
    "a track number beyond all": document_with_track(edited=["track_number"], track_number=1000),
    "a track number that is a text": document_with_track(edited=["track_number"], track_number="1"),
    "neither compilation nor not": document_with_track(edited=["compilation"], compilation=1),
    "an edit without its value": document_with_track(edited=["album_artist"]),
    "artists that are none": document_with_track(artist_names="Ann"),
    "artists without end": document_with_track(artist_names=["Ann"] * 21),
    "an artist that is a number": document_with_track(artist_names=[1]),
    "ids that are none": document_with_track(musicbrainz=["x"]),
    "an id that is none": document_with_track(musicbrainz={"release": ["x"]}),
    "a tag not listed": document_with_track(tags=["live"]),
    "tags that are none": document_with_track(tags="live"),
    "a verdict that is none": document_with_track(verdicts=["jazz"]),
    "an unknown genre": document_with_verdict(genre="polka"),
    "a genre that is a number": document_with_verdict(genre=3),
    "a date without a zone": document_with_verdict(at="2026-01-01T00:00:00"),
    "a date in the future": document_with_verdict(at="2999-01-01T00:00:00+00:00"),
    "a date beyond dates": document_with_verdict(at="9999-12-31T23:59:59-23:00"),
    "a date that is an object": document_with_verdict(at={"a": 1}),
    "sure of what": document_with_verdict(sure="yes"),
    "a built-in genre again": GOOD | {"genres": [{"key": "jazz", "name": "J", "hue": 1, "retired_at": None}]},
    "a key with a slash": GOOD | {"genres": [{"key": "a/b", "name": "J", "hue": 1, "retired_at": None}]},
    "a colour that is neither chosen nor not": GOOD | {"tags": [{"name": "a", "hue": 9, "coloured": 1}]},
    "no colour": GOOD | {"tags": [{"name": "a", "hue": 99}]},
    "teaching nothing": GOOD | {"concepts": [{"genre": None, "tag": None, "answers": []}]},
    "teaching two": GOOD | {"concepts": [{"genre": "dub", "tag": "late", "answers": []}]},
    "teaching an unknown genre": GOOD | {"concepts": [{"genre": "dub", "tag": None, "answers": []}]},
    "teaching a built-in genre": GOOD | {"concepts": [{"genre": "jazz", "tag": None, "answers": []}]},
    "teaching an unknown tag": GOOD | {"concepts": [{"genre": None, "tag": "late", "answers": []}]},
    "answers that are none": document_with_answer("yes"),
    "an answer that is neither": document_with_answer(
        {"sha256": "0" * 64, "yes": "maybe", "asked": True, "at": VERDICT["at"]}
    ),
    "a long search": GOOD | {"playlists": [{"name": "a", "smart": True, "query": "x" * 4001, "tracks": []}]},
    "too many genres": GOOD
    | {"genres": [{"key": f"g{n}", "name": f"g{n}", "hue": 1, "retired_at": None} for n in range(1001)]},
}


class TestRefused:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_with_a_reason_and_nothing_changed(self, alice: User, track: Track, name: str) -> None:
        before = exported(alice)
        with pytest.raises(DomainError) as refusal:
            imported(alice, HOSTILE[name])
        assert refusal.value.code == "bad_export"
        assert "Nothing was changed" in refusal.value.message
        assert len(refusal.value.message) < 300
        assert exported(alice) == before

    def test_a_fault_at_the_end_changes_nothing_before_it(
        self, alice: User, charlie: User, copies: list[Track]
    ) -> None:
        before = exported(charlie)
        document = exported(alice)
        document["playlists"].append({"name": ""})
        with pytest.raises(DomainError, match="entry 4 of “playlists”"):
            imported(charlie, document)
        assert exported(charlie) == before

    def test_too_large(self, alice: User) -> None:
        with pytest.raises(DomainError) as refusal:
            services.library_import(owner=alice, file=io.BytesIO(b"{}"), size=2**40)
        assert refusal.value.code == "too_large"

    def test_a_long_document_takes_little_memory(self, alice: User) -> None:
        rows = (json.dumps(TRACK | {"sha256": f"{n:064}"}) for n in range(8_000))
        content = json.dumps(GOOD)[:-1] + ', "tracks": [' + ",".join(rows) + "]}"
        file = io.BytesIO(content.encode())
        tracemalloc.start()
        report = services.library_import(owner=alice, file=file, size=len(content))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert report.unmatched == 8_000
        assert len(report.missing) == 20
        assert peak < 3 * 2**20  # parsed as a whole, it takes five and a half


def table(owner: User) -> io.StringIO:
    """The CSV as spreadsheets read it: the mark at its beginning says that it is UTF-8."""
    return io.StringIO("".join(export_as_csv(owner)).encode().decode("utf-8-sig"))


class TestCsv:
    def test_spreadsheets_know_its_encoding(self, alice: User) -> None:
        assert "".join(export_as_csv(alice)).encode().startswith(b"\xef\xbb\xbfsha256,")

    def test_a_line_for_each_track(self, alice: User, annotated_tracks: list[Track]) -> None:
        rows = {row["file_name"]: row for row in csv.DictReader(table(alice))}
        assert len(rows) == 3
        first = rows["0.wav"]
        assert (first["title"], first["genre"], first["genre_source"]) == ("Été", "Shoegaze", "owner")
        assert (first["genre_in_file"], first["genre_heard"], first["genre_said"]) == (
            "Jazz",
            "blues",
            "Shoegaze",
        )
        assert (first["tags"], first["edited"]) == ("Été; live", "artist title year")
        assert "(undone)" in rows["1.wav"]["history"]

    @pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
    def test_no_text_is_a_formula(self, alice: User, make_track: MakeTrack, text: str) -> None:
        make_track(title=text)
        (row,) = csv.DictReader(table(alice))
        assert row["title"] == f"'{text}"


class TestPages:
    def test_out_and_in(
        self, alice_client: Client, charlie_client: Client, charlie: User, copies: list[Track]
    ) -> None:
        response = alice_client.get(reverse("export-json"))
        assert response["Content-Disposition"].startswith('attachment; filename="earmark-library-')
        file = SimpleUploadedFile("library.json", b"".join(response.streaming_content))
        page = charlie_client.post(reverse("exchange"), {"file": file}).content.decode()
        assert "3 tracks of the export are in your library" in " ".join(page.split())
        assert "6 genre verdicts, with their dates" in page
        assert "3 answers by which you teach Earmark" in page
        assert Tag.objects.filter(owner=charlie).count() == 3

    def test_a_refusal_is_shown(self, alice_client: Client) -> None:
        page = alice_client.post(
            reverse("exchange"),
            {"file": SimpleUploadedFile("x.json", b"not JSON")},
            headers={"Referer": reverse("exchange")},
            follow=True,
        )
        assert "This export cannot be read" in page.content.decode()

    def test_nothing_chosen(self, alice_client: Client) -> None:
        assert alice_client.post(reverse("exchange")).status_code == 302

    def test_only_ones_own(self, charlie_client: Client, annotated_tracks: list[Track]) -> None:
        for name in ("export-json", "export-csv"):
            document = b"".join(charlie_client.get(reverse(name)).streaming_content).decode()
            assert annotated_tracks[0].sha256 not in document

    def test_strangers_are_sent_to_sign_in(self, client: Client) -> None:
        for name in ("exchange", "export-json", "export-csv"):
            assert client.get(reverse(name)).status_code == 302

    def test_the_account_page_leads_there(self, alice_client: Client) -> None:
        assert reverse("exchange") in alice_client.get(reverse("account")).content.decode()


@pytest.mark.parametrize("count", [1, 20])
def test_as_many_queries_for_one_as_for_many(
    alice: User, make_track: MakeTrack, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        playlist = services.playlist_add(owner=alice, name=f"Playlist {number}")
        track = make_track()
        services.playlist_append(playlist=playlist, tracks=Track.objects.filter(owner=alice))
        concept = services.concept_add(owner=alice, tag=f"Tag {number}")
        services.concept_answer(concept=concept, track=track, yes=False)
    # Genres, tags, ids, tracks and five lists of theirs, playlists and what is in them, concepts and their answers,
    # albums, artists.
    with django_assert_num_queries(15):
        export = json.loads("".join(export_as_json(alice)))
    assert [len(concept["answers"]) for concept in export["concepts"]] == [1] * count
    assert sorted(len(playlist["tracks"]) for playlist in export["playlists"]) == [*range(1, count + 1)]
