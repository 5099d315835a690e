"""What people see: the list, one track, and how both follow an analysis without a reload."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from library.models import ApiToken, Prediction, Track
from library.text import clock

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


class TestLibrary:
    url = "/"

    def test_empty_it_says_what_to_do(self, alice_client: Client) -> None:
        page = text(alice_client, self.url)
        assert "Your library is empty" in page
        assert "Drop your music here" in page

    def test_newest_first(self, alice_client: Client, make_track: MakeTrack) -> None:
        for title in ("Alpha", "Beta", "Gamma"):
            make_track(title=title)
        page = text(alice_client, self.url)
        assert page.index("Gamma") < page.index("Beta") < page.index("Alpha")

    def test_genre_confidence_duration_and_date(self, alice_client: Client, track: Track) -> None:
        page = text(alice_client, self.url)
        assert "Blues" in page
        assert "70 % sure" in page
        assert "0:06" in page
        assert track.created_at.strftime("%b %Y") in page

    def test_not_sure_is_said(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track(heard={"label": None, "top": "jazz", "confidence": 0.3})
        assert "Not sure: jazz or" in text(alice_client, self.url)

    def test_a_failed_track_says_why(self, alice_client: Client, make_track: MakeTrack) -> None:
        make_track(status=Track.Status.FAILED, error_code="silent")
        assert "The track is silent" in text(alice_client, self.url)

    def test_it_asks_again_only_while_something_is_heard(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        make_track()
        assert "every 2s" not in text(alice_client, self.url)
        make_track(status=Track.Status.QUEUED)
        assert "every 2s" in text(alice_client, self.url)

    def test_pages_of_fifty(self, alice_client: Client, make_track: MakeTrack) -> None:
        for _ in range(51):
            make_track()
        assert text(alice_client, self.url).count('class="row-track"') == 50
        assert text(alice_client, self.url + "?page=2").count('class="row-track"') == 1
        assert text(alice_client, self.url + "?page=nonsense").count('class="row-track"') == 50

    @pytest.mark.parametrize("tracks", [1, 20])
    def test_as_many_queries_for_one_track_as_for_many(
        self,
        alice_client: Client,
        make_track: MakeTrack,
        django_assert_num_queries: DjangoAssertNumQueries,
        tracks: int,
    ) -> None:
        for _ in range(tracks):
            make_track()
        # session, user, own genres, count, ids, tracks, their tags and artists, strips, what waits, all tags,
        # playlists, needs you
        with django_assert_num_queries(14):
            text(alice_client, self.url)

    def test_what_files_say_of_themselves_is_only_text(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        make_track(title="<script>alert(1)</script>", artist='"><img src=x>')
        page = text(alice_client, self.url)
        assert "<script>alert" not in page
        assert "<img src=x" not in page

    def test_only_ones_own(self, charlie_client: Client, make_track: MakeTrack) -> None:
        make_track(title="Alice's secret")
        assert "secret" not in text(charlie_client, self.url)


class TestTrack:
    def test_three_pictures_on_one_axis(self, alice_client: Client, track: Track) -> None:
        page = text(alice_client, track.get_absolute_url())
        for name in ("audio", "peaks", "timeline", "spectrogram"):
            assert reverse(name, args=[track.pk]) in page
        assert 'data-duration="6.000"' in page
        assert "Sounds like blues." in page
        assert "mfcc-cnn-1" in page

    def test_the_timeline_names_genres_and_segments(self, alice_client: Client, track: Track) -> None:
        timeline = alice_client.get(reverse("timeline", args=[track.pk])).json()
        assert len(timeline["genres"]) == 10
        assert track.prediction
        first = dict(zip(timeline["genres"], timeline["segments"][0][2], strict=True))
        assert first == track.prediction.probabilities
        assert [segment[:2] for segment in timeline["segments"]] == [[0.0, 3.0], [3.0, 6.0]]
        assert all(len(segment[2]) == 10 for segment in timeline["segments"])

    def test_while_it_is_heard_it_shows_the_stage_and_asks_again(
        self, alice_client: Client, make_track: MakeTrack
    ) -> None:
        track = make_track(status=Track.Status.ANALYSING, stage="drawing")
        page = text(alice_client, track.get_absolute_url())
        assert "Drawing…" in page
        assert "every 1s" in page

    def test_the_history_has_every_models_prediction(self, alice_client: Client, track: Track) -> None:
        heard = track.prediction
        assert heard
        heard.pk, heard.model_version, heard.label = None, "2", None
        heard._state.adding = True
        heard.save()
        assert Prediction.objects.count() == 2
        page = text(alice_client, track.get_absolute_url())
        assert "mfcc-cnn-1 1</span> heard" in page
        assert "mfcc-cnn-1 2</span> heard" in page

    def test_the_address_of_deleting_asks_first(self, alice_client: Client, track: Track) -> None:
        url = reverse("track-delete", args=[track.pk])
        assert "You can restore it within 30 days." in text(alice_client, url)
        assert Track.objects.exists()
        assert alice_client.post(url).status_code == 302
        assert not Track.objects.exists()

    @pytest.mark.parametrize("name", ["track-delete", "track-analyse"])
    def test_nobody_else_can_change_it(self, charlie_client: Client, track: Track, name: str) -> None:
        charlie_client.post(reverse(name, args=[track.pk]))
        track.refresh_from_db()
        assert track.status == "ready"

    def test_analyse_again(self, alice_client: Client, track: Track) -> None:
        alice_client.post(reverse("track-analyse", args=[track.pk]))
        track.refresh_from_db()
        assert track.status == "queued"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, ""), (0, "0:00"), (59.6, "1:00"), (187, "3:07"), (3765, "1:02:45")]
)
def test_clock(seconds: float | None, shown: str) -> None:
    assert clock(seconds) == shown


def test_no_page_allows_inline_script_or_style(alice_client: Client, track: Track) -> None:
    for url in ("/", "/upload/", track.get_absolute_url(), "/account/"):
        response = alice_client.get(url)
        assert "unsafe" not in response["Content-Security-Policy"]
        page = response.content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
    assert not ApiToken.objects.exists()
