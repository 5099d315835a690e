"""Stars and ratings in exports, and imported where there are none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from library import services
from library.errors import DomainError
from library.exchange.export_writer import export_as_csv, export_as_json
from library.models import Album, Artist, Track, User
from tests.album_rows import make_album, make_artist, make_track_on
from tests.factories import TrackFactory

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
OLD = datetime(2020, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
MBID = "6f1f0a52-3c58-4a0f-9d5e-7d2f8f0f4f11"


def exported(owner: User) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(export_as_json(owner)))
    return document


def imported(owner: User, document: object) -> dict[str, int]:
    content = json.dumps(document).encode()
    report = services.library_import(owner=owner, file=io.BytesIO(content), size=len(content))
    return {name: count for name, count in report.done.items() if count}


@pytest.fixture
def tracks(make_track: MakeTrack) -> list[Track]:
    """One with a star, one with a rating, one with neither."""
    made = [make_track(title=title) for title in "abc"]
    Track.objects.filter(pk=made[0].pk).update(starred_at=OLD)
    services.track_rate(track=made[1], rating=4)
    return made


def copies(tracks: list[Track], owner: User) -> list[Track]:
    """The same files in another library, there since the same moments."""
    made = [
        TrackFactory(owner=owner, title=track.title, sha256=track.sha256, size=track.size) for track in tracks
    ]
    for copy, track in zip(made, tracks, strict=True):
        Track.objects.filter(pk=copy.pk).update(created_at=track.created_at)
    return made


def opinions(owner: User) -> list[tuple[datetime | None, int | None]]:
    return list(Track.objects.filter(owner=owner).order_by("title").values_list("starred_at", "rating"))


class TestTracks:
    def test_nothing_is_lost(self, alice: User, charlie: User, tracks: list[Track]) -> None:
        copies(tracks, charlie)
        document = exported(alice)
        before = timezone.now()
        assert imported(charlie, document) == {"stars": 1, "ratings": 1}
        assert opinions(charlie) == [(OLD, None), (None, 4), (None, None)]
        changed = Track.objects.filter(owner=charlie, updated_at__gte=before)
        assert sorted(changed.values_list("title", flat=True)) == ["a", "b"]
        assert imported(charlie, document) == {}

    def test_what_is_here_stays(self, alice: User, charlie: User, tracks: list[Track]) -> None:
        first, second, third = copies(tracks, charlie)
        services.track_star(track=first, starred=True)
        services.track_rate(track=second, rating=1)
        services.track_rate(track=third, rating=2)
        assert imported(charlie, exported(alice)) == {}
        assert [rating for _, rating in opinions(charlie)] == [None, 1, 2]
        assert opinions(charlie)[0][0] == first.starred_at != OLD

    def test_documents_of_before(self, alice: User, charlie: User, tracks: list[Track]) -> None:
        copies(tracks, charlie)
        document = exported(alice)
        del document["albums"], document["artists"]
        for row in document["tracks"]:
            del row["starred_at"], row["rating"]
        assert imported(charlie, document) == {}
        assert opinions(charlie) == [(None, None)] * 3

    @pytest.mark.parametrize(
        "wrong",
        [
            {"rating": 6},
            {"rating": 0},
            {"rating": "4"},
            {"rating": True},
            {"rating": 4.5},
            {"starred_at": True},
            {"starred_at": "yesterday"},
            {"starred_at": "2020-05-01T12:00:00"},
            {"starred_at": "2999-01-01T00:00:00+00:00"},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused(
        self, wrong: dict[str, Any], alice: User, charlie: User, tracks: list[Track]
    ) -> None:
        copies(tracks, charlie)
        document = exported(alice)
        document["tracks"][2] |= wrong
        with pytest.raises(DomainError) as refused:
            imported(charlie, document)
        assert refused.value.code == "bad_export"
        assert next(iter(wrong)) in refused.value.message
        assert opinions(charlie) == [(None, None)] * 3

    def test_the_table_has_them(self, alice: User, tracks: list[Track]) -> None:
        text = "".join(export_as_csv(alice)).removeprefix("\ufeff")
        rows = {row["title"]: (row["starred"], row["rating"]) for row in csv.DictReader(io.StringIO(text))}
        assert rows == {"a": (OLD.isoformat(), ""), "b": ("", "4"), "c": ("", "")}


def starred_album(owner: User, title: str, artist: str = "", **fields: Any) -> Album:
    album = make_album(owner, title, artist, starred_at=OLD, **fields)
    make_track_on(album, "Song", artist or "Ann")
    return album


class TestAlbumsAndArtists:
    def test_they_are_found_by_names_or_by_id(self, alice: User, charlie: User) -> None:
        starred_album(alice, "Foundry", "The Gravel Kings")
        starred_album(alice, "Festival")
        starred_album(alice, "Another title", "Whoever", mbid=MBID)
        Artist.objects.filter(owner=alice, name="The Gravel Kings").update(starred_at=OLD)
        document = exported(alice)
        assert [(row["title"], row["artist"], row["mbid"]) for row in document["albums"]] == [
            ("Another title", "Whoever", MBID),
            ("Festival", None, ""),
            ("Foundry", "The Gravel Kings", ""),
        ]
        assert document["artists"] == [{"name": "The Gravel Kings", "starred_at": OLD.isoformat()}]

        same = make_album(charlie, "FOUNDRY", "the gravel kings")
        various = make_album(charlie, "Festival")
        release = make_album(charlie, "As here", "Whoever", mbid=MBID)
        others = [
            make_album(charlie, "Foundry", "Someone"),
            make_album(charlie, "Festival", "Someone"),
            make_album(charlie, "Another title", "Whoever"),
        ]
        assert imported(charlie, document) == {"stars": 4}
        for album in (same, various, release, *others):
            album.refresh_from_db()
        assert [album.starred_at for album in (same, various, release, *others)] == [OLD] * 3 + [None] * 3
        assert [artist.name for artist in Artist.objects.filter(owner=charlie, starred_at=OLD)] == [
            "the gravel kings"
        ]
        assert imported(charlie, document) == {}

    def test_what_is_here_stays(self, alice: User, charlie: User) -> None:
        starred_album(alice, "Foundry", "Ann")
        services.artist_star(artist=Artist.objects.get(owner=alice), starred=True)
        mine = make_album(charlie, "Foundry", "Ann")
        services.album_star(album=mine, starred=True)
        artist = make_artist(charlie, "Ann")
        services.artist_star(artist=artist, starred=True)
        dates = (mine.starred_at, artist.starred_at)
        assert imported(charlie, exported(alice)) == {}
        mine.refresh_from_db()
        artist.refresh_from_db()
        assert (mine.starred_at, artist.starred_at) == dates

    def test_those_without_a_star_are_left_out(self, alice: User) -> None:
        make_track_on(make_album(alice, "Foundry", "Ann"), "Song")
        document = exported(alice)
        assert document["albums"] == document["artists"] == []

    @pytest.mark.parametrize(
        ("name", "row"),
        [
            ("albums", {"title": "", "artist": None, "mbid": "", "starred_at": OLD.isoformat()}),
            ("albums", {"title": "A", "artist": "", "mbid": "", "starred_at": OLD.isoformat()}),
            ("albums", {"title": "A", "artist": None, "mbid": "x" * 37, "starred_at": OLD.isoformat()}),
            ("albums", {"title": "A", "artist": None, "mbid": "", "starred_at": None}),
            ("artists", {"name": "A" * 256, "starred_at": OLD.isoformat()}),
            ("artists", {"name": "A"}),
        ],
    )
    def test_what_cannot_be_is_refused(self, name: str, row: Any, alice: User, charlie: User) -> None:
        document = exported(alice)
        document[name] = [row]
        with pytest.raises(DomainError) as refused:
            imported(charlie, document)
        assert refused.value.code == "bad_export"
