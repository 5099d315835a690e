"""The switch of what is taught on its page, and what Earmark has set wherever it is shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from library import selectors, services
from library.http.labels import LabelUrls
from library.models import Concept, ConceptTrack, Genre, Tag, Track, User
from tests.learning import (
    answer_all,
    make_heard_track,
    make_heard_tracks,
    teach_genre,
    teach_surely,
    teach_tag,
)

pytestmark = pytest.mark.django_db
Teach = Callable[..., Concept]
both = pytest.mark.parametrize("teach", [teach_genre, teach_tag])


def urls_of(concept: Concept) -> LabelUrls:
    taught: Genre | Tag | None = concept.genre or concept.tag
    assert taught is not None
    return LabelUrls.of(taught)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def open_track(alice: User) -> Track:
    return make_heard_track(alice, "dub", 500, likeness=0.97)


class TestTheSwitch:
    @both
    def test_it_says_what_has_to_come_before(self, alice: User, alice_client: Client, teach: Teach) -> None:
        concept = teach(alice, "Dub", make_heard_tracks(alice, "dub", range(3)))
        page = text(alice_client, urls_of(concept).page)
        assert "It may set itself after 25 answers" in page
        assert urls_of(concept).switch not in page
        assert "cannot set itself yet" in text(alice_client, urls_of(concept).switch)

    @both
    def test_on_and_off(self, alice: User, alice_client: Client, open_track: Track, teach: Teach) -> None:
        concept = teach_surely(alice, teach)
        urls = urls_of(concept)
        assert urls.switch in text(alice_client, urls.page)
        asks = text(alice_client, urls.switch)
        assert "set itself on 1 track?" in asks
        assert open_track.get_absolute_url() in asks

        response = alice_client.post(urls.switch, {"expected": "1"}, follow=True)
        [message] = response.context["messages"]
        assert "sets itself now: 1 track so far" in message.message
        page = " ".join(response.content.decode().split())
        assert f'action="{urls.switch_off}"' in page
        assert "Switch off" in page
        day = timezone.localtime()
        assert f"Sets itself since {day.day} {day:%B}: " in page
        assert "Earmark has set it on 1 track, as you taught it" in page
        assert f'id="track-{open_track.pk}"' in page
        assert alice_client.get(urls.switch)["Location"] == urls.page
        assert "Sets itself since" in text(alice_client, urls.standing)

        response = alice_client.post(urls.switch_off, {"next": urls.page}, follow=True)
        [message] = response.context["messages"]
        assert "no longer sets itself" in message.message
        assert f'id="track-{open_track.pk}"' not in response.content.decode()

    @pytest.mark.parametrize("expected", ["2", "", "x"])
    def test_a_form_about_other_tracks_is_refused(
        self, alice: User, alice_client: Client, open_track: Track, expected: str
    ) -> None:
        concept = teach_surely(alice, teach_genre)
        sent = {"expected": expected, "next": urls_of(concept).switch}
        page = alice_client.post(urls_of(concept).switch, sent, follow=True)
        [message] = page.context["messages"]
        assert "Nothing was changed" in message.message
        concept.refresh_from_db()
        assert concept.sets_since is None

    def test_of_others_there_is_none(self, alice: User, charlie_client: Client, open_track: Track) -> None:
        concept = teach_surely(alice, teach_genre)
        assert charlie_client.get(urls_of(concept).switch).status_code == 404
        charlie_client.post(urls_of(concept).switch, {"expected": "1"})
        concept.refresh_from_db()
        assert concept.sets_since is None
        services.concept_switch_on(concept=concept)
        charlie_client.post(urls_of(concept).switch_off)
        concept.refresh_from_db()
        assert concept.sets_since

    def test_when_it_is_no_longer_right_often_enough(self, alice: User, alice_client: Client) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        assert "no longer right" not in text(alice_client, reverse("overview"))
        answer_all(concept, make_heard_tracks(alice, "dub", range(200, 215)), yes=False)
        assert "It is no longer right often enough" in text(alice_client, urls_of(concept).page)
        page = text(alice_client, reverse("overview"))
        assert "“<bdi>Dub</bdi>” sets itself, and is no longer right often enough" in page
        assert urls_of(concept).page in page


class TestOnTheTracksPage:
    def test_a_genre_is_confirmed_or_refused(
        self, alice: User, alice_client: Client, open_track: Track
    ) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        page = text(alice_client, open_track.get_absolute_url())
        assert page.count("layer-effective") == 1
        assert "Set by Earmark, as you taught it" in page[page.index("layer-effective") :]
        sent = {"no": str(open_track.pk), "next": open_track.get_absolute_url()}
        response = alice_client.post(urls_of(concept).answer, sent, follow=True)
        assert "Set by Earmark" not in response.content.decode()
        open_track.refresh_from_db()
        assert open_track.genre_source == "model"

    def test_a_tag_is_confirmed_or_refused(
        self, alice: User, alice_client: Client, open_track: Track
    ) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_tag))
        other = make_heard_track(alice, "dub", 501, likeness=0.97)
        services.concept_pass_run(owner_id=alice.pk)
        assert "(set by Earmark, as you taught it)" in text(alice_client, open_track.get_absolute_url())
        for said, track in (("yes", open_track), ("no", other)):
            sent = {said: str(track.pk), "next": track.get_absolute_url()}
            page = alice_client.post(urls_of(concept).answer, sent, follow=True).content.decode()
            assert "set by Earmark" not in page
        assert [tag.name for tag in open_track.tags.all()] == ["Dub"]
        assert not other.tags.exists()

    def test_what_was_learned_about_built_in_genres_says_so(
        self, alice: User, alice_client: Client, open_track: Track
    ) -> None:
        services.concept_switch_on(concept=teach_surely(alice, teach_genre))
        ConceptTrack.objects.all().delete()
        Track.objects.filter(pk=open_track.pk).update(genre="rock", genre_source="learned")
        page = text(alice_client, open_track.get_absolute_url())
        assert "Learned from you" in page
        assert "Set by Earmark" not in page

    def test_teaching_it_confirms_it(self, alice: User, alice_client: Client, open_track: Track) -> None:
        concept = services.concept_switch_on(concept=teach_surely(alice, teach_tag))
        page = text(alice_client, reverse("track-teach", args=[open_track.pk]))
        assert "disabled" not in page[page.index("picker-genres") : page.index("teach-new")]
        alice_client.post(reverse("track-teach", args=[open_track.pk]), {"act": "tag:Dub"})
        assert open_track in selectors.examples_of(alice, concept)


def test_rows_mark_tags_that_were_set(alice: User, alice_client: Client, open_track: Track) -> None:
    services.concept_switch_on(concept=teach_surely(alice, teach_tag))
    page = text(alice_client, reverse("library") + "?q=dub")
    assert page.count("(set by Earmark)") == 1
    row = page[page.index(f'id="track-{open_track.pk}"') :]
    assert row.index("is-set") < row.index("</li>")
