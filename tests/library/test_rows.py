"""What a row says of a track: the genre strip, how sure the model is, when it was added."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import services
from library.models import Prediction, Track, User
from library.selectors.moments import segments_of
from library.templatetags.rows import MOST_STRETCHES, row_date, row_strip, row_sure
from tests.factories import add_own_genre

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


class TestStrip:
    @staticmethod
    def strip(shares: list[list[float]], genres: tuple[str, ...] = ("jazz", "rock")) -> str:
        track = Track(pk=uuid.uuid4(), prediction=Prediction(probabilities=dict.fromkeys(genres, 0.5)))
        segments = [[3 * place, 3 * place + 3, some] for place, some in enumerate(shares)]
        return str(row_strip(track, {track.pk: segments}))

    def test_each_stretch_has_its_likeliest_genre_as_strong_as_it_is_probable(self) -> None:
        assert re.findall(
            r'class="genre-(\w+)" opacity="([\d.]+)"', self.strip([[0.9, 0.1], [0.4, 0.6]])
        ) == [
            ("jazz", "0.93"),
            ("rock", "0.72"),
        ]

    def test_an_unsure_stretch_has_no_colour(self) -> None:
        drawn = self.strip([[0.3, 0.3], [0.9, 0.1]])
        assert drawn.count("<rect") == 2
        assert drawn.count("class=") == 2  # the strip's own, and that of the sure stretch

    def test_of_many_segments_the_mean_counts(self) -> None:
        drawn = self.strip([[1.0, 0.0], [0.1, 0.9], [0.1, 0.9]] * MOST_STRETCHES)
        assert drawn.count("<rect") == drawn.count("genre-rock") == MOST_STRETCHES

    def test_names_of_genres_are_only_text(self) -> None:
        assert '"><b>' not in self.strip([[0.9]], genres=('"><b>',))

    def test_nothing_to_draw(self, make_track: MakeTrack) -> None:
        assert row_strip(make_track(status=Track.Status.QUEUED), {}) == ""
        assert self.strip([]) == ""

    def test_it_is_there_wherever_such_rows_are(
        self, alice: User, alice_client: Client, track: Track, make_track: MakeTrack
    ) -> None:
        single = make_track(artist="Nina Simone")
        tag = services.track_tag(track=track, name="live")
        saved = services.search_save(owner=alice, name="Blue", query="genre=blues")
        playlist = services.playlist_add(owner=alice, name="Late")
        services.playlist_append(playlist=playlist, tracks=Track.objects.filter(pk=track.pk))
        artist = single.track_artists.get().artist
        for page in (
            reverse("library"),
            f"{reverse('rows')}?id={track.pk}",
            reverse("tag", args=[tag.pk]),
            saved.get_absolute_url(),
            playlist.get_absolute_url(),
            artist.get_absolute_url(),
        ):
            assert 'class="row-strip"' in alice_client.get(page).text, page

    def test_only_of_tracks_that_one_may_see(self, alice: User, charlie: User, track: Track) -> None:
        assert set(segments_of(alice, [track])) == {track.pk}
        assert segments_of(charlie, [track]) == {}


class TestSure:
    @pytest.mark.parametrize(
        ("heard", "shown"),
        [
            ({"confidence": 0.83}, "83 %"),
            ({"confidence": 0.999}, "&gt; 99 %"),
            ({"label": None, "confidence": 0.31}, "31 %"),
        ],
    )
    def test_a_number(self, make_track: MakeTrack, heard: dict[str, Any], shown: str) -> None:
        assert f">{shown}<" in row_sure(make_track(heard=heard))

    def test_of_a_genre_that_was_said_only_if_the_model_hears_it_too(
        self, alice: User, make_track: MakeTrack
    ) -> None:
        track = make_track(heard={"top": "jazz", "confidence": 0.83})
        services.genre_set(track=track, person=alice, genre="jazz")
        assert "83 %" in row_sure(track)
        services.genre_set(track=track, person=alice, genre=add_own_genre(alice, "Bebop").key)
        assert "%" not in row_sure(track)

    def test_not_of_what_was_not_heard(self, make_track: MakeTrack) -> None:
        assert "%" not in row_sure(make_track(status=Track.Status.QUEUED))
        assert "%" not in row_sure(make_track(status=Track.Status.FAILED))


class TestDate:
    @staticmethod
    def words(moment: datetime) -> str:
        return re.sub("<.*?>", "", row_date(moment))

    @pytest.mark.parametrize(
        ("days", "said"), [(0, "today"), (1, "yesterday"), (2, "2 days ago"), (6, "6 days ago")]
    )
    def test_days_are_counted_for_a_week(self, days: int, said: str) -> None:
        assert self.words(timezone.localtime().replace(hour=12) - timedelta(days=days)) == said

    @pytest.mark.parametrize("days", [7, 400, -3])
    def test_then_it_is_a_date(self, days: int) -> None:
        moment = timezone.localtime().replace(hour=12) - timedelta(days=days)
        assert self.words(moment) == f"{moment.day} {moment:%b %Y}"

    def test_the_title_is_exact(self) -> None:
        moment = timezone.localtime().replace(hour=7, minute=5)
        assert f'title="{moment.day} {moment:%b %Y}, 07:05"' in row_date(moment)

    def test_days_end_where_the_person_is(self) -> None:
        now = timezone.now()
        for zone in ("Pacific/Kiritimati", "America/Adak", "UTC"):
            with timezone.override(ZoneInfo(zone)):
                midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0)
                assert self.words(midnight) == "today"
                assert self.words(midnight - timedelta(minutes=1)) == "yesterday"
