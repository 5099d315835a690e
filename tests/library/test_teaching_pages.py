"""The pages of what people teach: an own genre or a tag, suggestions, answers, and where teaching begins."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from library import services
from library.genres import BUILTIN_GENRES
from library.models import Answer, BulkAction, Concept, Genre, Prediction, Tag, Track, User
from tests.factories import TrackFactory, add_own_genre
from tests.learning import make_heard_track, teach_genre, teach_tag

pytestmark = pytest.mark.django_db
DUB, FOLK = "dub", "folk"


@pytest.fixture
def dub(alice: User) -> Genre:
    """A genre with three examples, in a library with four more tracks like them and four that are not."""
    for kind in (DUB, FOLK):
        for seed in range(4):
            make_heard_track(alice, kind, seed)
    concept = teach_genre(alice, "Dub Techno", [make_heard_track(alice, DUB, seed) for seed in (10, 11, 12)])
    assert concept.genre is not None
    return concept.genre


def url(label: Genre | Tag, name: str = "like") -> str:
    return reverse(f"{type(label).__name__.lower()}-{name}".removesuffix("-page"), args=[label.pk])


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def asked(client: Client, address: str) -> Track:
    """The track that a page of suggestions asks about."""
    track = client.get(address).context["question"].track
    assert isinstance(track, Track)
    return track


def answer(client: Client, address: str, said: str) -> str:
    """Answer the question of a page of suggestions; returns the address that this leads to."""
    context = client.get(address).context
    form = {said: str(context["question"].track.pk), "next": context["next_url"]}
    return str(client.post(context["urls"].answer, form)["Location"])


def undo(client: Client, address: str) -> str:
    context = client.get(address).context
    form = {"track": str(context["last_answer"].track_id), "next": context["undo_next_url"]}
    return str(client.post(context["urls"].undo, form)["Location"])


def genre_of(track: Track) -> str:
    track.refresh_from_db()
    return track.genre


class TestThePage:
    def test_its_tracks_its_examples_and_how_far_it_is(self, alice_client: Client, dub: Genre) -> None:
        page = text(alice_client, url(dub, "page"))
        assert "3 examples from you" in page
        assert "Knows 3 examples; suggestions are rough" in page
        assert {track.title for track in alice_client.get(url(dub, "page")).context["page"]} == {
            "dub 10",
            "dub 11",
            "dub 12",
        }
        assert f"/?genre={dub.key}" in page

    def test_before_there_are_three_it_says_how_to_begin(self, alice: User, alice_client: Client) -> None:
        genre = services.own_genre_add(owner=alice, name="Dub Techno")
        for name in ("page", "like"):
            page = text(alice_client, url(genre, name))
            assert "Needs 3 examples" in page
            assert "Three like this make a start" in page
        first = make_heard_track(alice, DUB, title="Slow Current")
        services.genre_set(track=first, person=alice, genre=genre.key)
        page = text(alice_client, url(genre))
        assert "Needs 2 more examples" in page
        assert reverse("similar", args=[first.pk]) in page

    def test_a_reviewers_verdict_is_no_example(
        self, alice: User, bob: User, alice_client: Client, dub: Genre
    ) -> None:
        services.user_share(user=alice, share=True)
        services.genre_set(track=Track.objects.get(title="dub 0"), person=bob, genre=dub.key)
        page = text(alice_client, url(dub, "page"))
        assert "3 examples from you" in page
        assert len(alice_client.get(url(dub, "page")).context["page"]) == 4

    def test_a_model_that_cannot_be_taught(
        self, alice_client: Client, dub: Genre, settings: Settings
    ) -> None:
        settings.EARMARK_MODEL = "mfcc-cnn-1"
        assert "cannot be taught" in text(alice_client, url(dub))
        assert len(alice_client.get(url(dub, "page")).context["page"]) == 3
        assert alice_client.get(reverse("needs-you-question")).content == b""


class TestSuggestions:
    def test_what_sounds_like_the_examples_comes_first_with_the_reason(
        self, alice_client: Client, dub: Genre
    ) -> None:
        context = alice_client.get(url(dub)).context
        suggested = [context["question"], *(each for each, _ in context["rest"])]
        assert [each.track.title.split()[0] for each in suggested[:4]] == [DUB] * 4
        page = text(alice_client, url(dub))
        for example in context["question"].nearest[:2]:
            assert f'aria-label="Play {example.title}"' in page
        assert "A suggestion changes nothing until you say yes." in page

    def test_a_suggestion_counts_nowhere(self, alice_client: Client, dub: Genre) -> None:
        before = list(Track.objects.order_by("pk").values())
        track = asked(alice_client, url(dub))
        text(alice_client, url(dub, "page"))
        assert list(Track.objects.order_by("pk").values()) == before
        assert genre_of(track) != dub.key
        assert not Answer.objects.exists()

    def test_yes_gives_the_genre_and_leads_to_the_next(self, alice_client: Client, dub: Genre) -> None:
        first = asked(alice_client, url(dub))
        then = answer(alice_client, url(dub), "yes")
        assert genre_of(first) == dub.key
        assert asked(alice_client, then) != first
        page = text(alice_client, then)
        assert "4 examples from you" in page
        assert f"You said yes: “{first.title}”" in page

    def test_no_is_asked_once(self, alice_client: Client, dub: Genre) -> None:
        first = asked(alice_client, url(dub))
        then = answer(alice_client, url(dub), "no")
        assert genre_of(first) != dub.key
        assert f"You said no: “{first.title}”" in text(alice_client, then)
        context = alice_client.get(url(dub)).context
        assert first not in [context["question"].track, *(each.track for each, _ in context["rest"])]

    def test_skipped_ones_come_back_on_the_next_visit(self, alice_client: Client, dub: Genre) -> None:
        first, address, seen = asked(alice_client, url(dub)), url(dub), []
        for number in range(8):
            seen.append(asked(alice_client, address))
            address = alice_client.get(address).context["skip_url"]
            assert f"{number + 1} skipped" in text(alice_client, address)
        assert len(set(seen)) == 8
        end = text(alice_client, address)
        assert "That was the last one" in end
        assert "8 tracks you skipped are still here." in end
        assert asked(alice_client, url(dub)) == first

    def test_when_all_are_answered_it_says_so(self, alice_client: Client, dub: Genre) -> None:
        for _ in range(8):
            answer(alice_client, url(dub), "no")
        assert "Nothing more to suggest" in text(alice_client, url(dub))

    def test_examples_that_nobody_has_heard_yet(self, alice: User, alice_client: Client) -> None:
        tracks = [TrackFactory(owner=alice) for _ in range(3)]
        genre = teach_genre(alice, "Dub", tracks).genre
        assert genre is not None
        assert "still listening to the examples" in text(alice_client, url(genre))

    def test_an_answer_in_the_list_leaves_the_question(self, alice_client: Client, dub: Genre) -> None:
        context = alice_client.get(url(dub)).context
        track, other = context["question"].track, context["rest"][2][0].track
        form = {"no": str(other.pk), "next": context["list_next_url"]}
        then = alice_client.post(context["urls"].answer, form)["Location"]
        assert asked(alice_client, then) == track
        assert other not in [each.track for each, _ in alice_client.get(then).context["rest"]]

    @pytest.mark.parametrize("query", ["skipped=x", "skipped=,", "track=x", "skipped=%01&track=%01"])
    def test_a_position_that_is_none_is_the_start(self, alice_client: Client, dub: Genre, query: str) -> None:
        assert asked(alice_client, f"{url(dub)}?{query}") == asked(alice_client, url(dub))

    def test_a_tag_is_taught_in_the_same_way(self, alice: User, alice_client: Client) -> None:
        tracks = [make_heard_track(alice, DUB, seed) for seed in range(5)]
        tag = teach_tag(alice, "Kitchen", tracks[:3]).tag
        assert tag is not None
        assert ", Kitchen</span>" in text(alice_client, url(tag))
        first = asked(alice_client, url(tag))
        then = answer(alice_client, url(tag), "yes")
        assert first in tag.tracks.all()
        assert asked(alice_client, undo(alice_client, then)) == first
        assert first not in tag.tracks.all()

    def test_it_begins_where_it_is_most_like_the_examples(self, alice_client: Client, dub: Genre) -> None:
        track = asked(alice_client, url(dub))
        blues, rock = (
            [0.9 if genre == top else 0.01 for genre in BUILTIN_GENRES] for top in ("blues", "rock")
        )
        segments = [[30.0 * n, 30.0 * n + 30, blues if n >= 5 else rock] for n in range(8)]
        Prediction.objects.filter(track=track).update(segments=segments)
        page = text(alice_client, url(dub))
        assert "From its most telling moment, 2:30" in page
        assert 'data-from="150.000"' in page

    @pytest.mark.parametrize("more", [0, 15])
    def test_as_many_queries_for_few_as_for_many(
        self,
        alice: User,
        alice_client: Client,
        dub: Genre,
        more: int,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for seed in range(100, 100 + more):
            make_heard_track(alice, DUB, seed)
        with django_assert_max_num_queries(45):
            text(alice_client, url(dub))


class TestUndo:
    def test_the_track_comes_back_as_the_question(self, alice_client: Client, dub: Genre) -> None:
        for said in ("yes", "no"):
            first = asked(alice_client, url(dub))
            before = genre_of(first)
            then = undo(alice_client, answer(alice_client, url(dub), said))
            assert asked(alice_client, then) == first
            assert genre_of(first) == before
            assert not Answer.objects.exists()

    def test_also_when_one_has_skipped_on(self, alice_client: Client, dub: Genre) -> None:
        first = asked(alice_client, url(dub))
        then = alice_client.get(answer(alice_client, url(dub), "no")).context["skip_url"]
        skipped_to = asked(alice_client, then)
        then = undo(alice_client, then)
        assert asked(alice_client, then) == first
        assert asked(alice_client, answer(alice_client, then, "no")) == skipped_to

    def test_it_is_offered_for_an_hour(self, alice_client: Client, dub: Genre) -> None:
        then = answer(alice_client, url(dub), "no")
        assert "You said no" in text(alice_client, then)
        Answer.objects.update(created_at=timezone.now() - timedelta(hours=2))
        assert "You said no" not in text(alice_client, then)

    def test_what_was_undone_meanwhile_is_said(self, alice_client: Client, dub: Genre) -> None:
        track = asked(alice_client, url(dub))
        form = {"track": str(track.pk), "next": url(dub)}
        page = alice_client.post(url(dub, "answer-undo"), form, follow=True)
        assert "no answer about this track to undo" in unescape(page.content.decode())


class TestWhoMayAnswer:
    @pytest.mark.parametrize("name", ["answer", "answer-undo"])
    def test_only_about_ones_own(
        self, alice: User, alice_client: Client, charlie: User, charlie_client: Client, dub: Genre, name: str
    ) -> None:
        tag = services.tag_add(owner=alice, name="Kitchen")
        own, theirs = Track.objects.get(title="dub 0"), make_heard_track(charlie, DUB, 99)
        for client, label, track, said in [
            (charlie_client, dub, own, "That genre is no longer there."),
            (charlie_client, dub, theirs, "That genre is no longer there."),
            (charlie_client, tag, own, "That tag is no longer there."),
            (alice_client, dub, theirs, "That track is no longer in your library."),
            (alice_client, tag, theirs, "That track is no longer in your library."),
        ]:
            form = {"yes": str(track.pk), "track": str(track.pk)}
            page = client.post(url(label, name), form, follow=True)
            assert [str(message) for message in page.context["messages"]] == [said]
        assert not Answer.objects.exists()
        assert genre_of(theirs) != dub.key


class TestBeginning:
    def teach(self, client: Client, track: Track, **form: str) -> str:
        response = client.post(reverse("track-teach", args=[track.pk]), form, follow=True)
        assert response.status_code == 200
        return " ".join(unescape(response.content.decode()).split())

    def test_a_new_genre_on_a_track(self, alice_client: Client, track: Track) -> None:
        page = self.teach(alice_client, track, act="genre", new="Dub Techno")
        genre = Genre.objects.get()
        assert genre_of(track) == genre.key
        assert f"“{track}” is an example of Dub Techno now." in page
        assert "Needs 2 more examples" in page
        assert Concept.objects.get().genre == genre
        alice_client.post(reverse("bulk-action-undo", args=[BulkAction.objects.get().pk]))
        assert genre_of(track) == "blues"

    def test_a_new_tag_on_a_track(self, alice_client: Client, track: Track) -> None:
        page = self.teach(alice_client, track, act="tag", new="Kitchen")
        assert [tag.name for tag in track.tags.all()] == ["Kitchen"]
        assert f"“{track}” is an example of Kitchen now." in page

    def test_one_that_is_there(self, alice: User, alice_client: Client, track: Track) -> None:
        genre = add_own_genre(alice, "Dub Techno")
        services.tag_add(owner=alice, name="Late: at night")
        page = text(alice_client, reverse("track-teach", args=[track.pk]))
        assert 'value="genre:dub-techno"' in page
        assert 'value="tag:Late: at night"' in page
        self.teach(alice_client, track, act="genre:dub-techno")
        self.teach(alice_client, track, act="tag:Late: at night")
        assert genre_of(track) == genre.key
        assert track.tags.get().name == "Late: at night"

    def test_an_example_twice_is_one(self, alice_client: Client, track: Track) -> None:
        self.teach(alice_client, track, act="genre", new="Dub Techno")
        page = self.teach(alice_client, track, act="genre", new="dub techno")
        assert "1 example from you" in page

    def test_a_built_in_genre_is_not_taught(self, alice_client: Client, track: Track) -> None:
        page = self.teach(alice_client, track, act="genre", new="Jazz")
        assert "Earmark knows Jazz already" in page
        assert genre_of(track) == "blues"
        assert not Concept.objects.exists()

    @pytest.mark.parametrize(
        "form", [{"act": "genre"}, {"act": "tag"}, {"act": "tag", "new": " "}, {}, {"act": "x"}]
    )
    def test_without_a_name_nothing_is_done(
        self, alice_client: Client, track: Track, form: dict[str, str]
    ) -> None:
        page = alice_client.post(reverse("track-teach", args=[track.pk]), form, follow=True)
        (message,) = page.context["messages"]
        assert message.level_tag == "error"
        assert not Concept.objects.exists()
        assert not BulkAction.objects.exists()

    @pytest.mark.parametrize(
        ("form", "link"),
        [
            ({"act": "genre", "new_genre": "Dub"}, True),
            ({"act": "tag", "tag": "late"}, True),
            ({"act": "genre:jazz"}, False),
            ({"act": "confirm"}, False),
        ],
    )
    def test_a_selection_leads_to_what_sounds_like_it(
        self, alice_client: Client, track: Track, form: dict[str, str], link: bool
    ) -> None:
        sent = form | {"track": str(track.pk), "next": "/"}
        page = alice_client.post(reverse("bulk-action-submit"), sent, follow=True).content.decode()
        assert ("See what sounds like it</a>" in page) == link


class TestTheListOfThem:
    def test_each_has_its_page_and_says_how_far_it_is(
        self, alice: User, alice_client: Client, dub: Genre
    ) -> None:
        tag = services.tag_add(owner=alice, name="Kitchen")
        page = text(alice_client, reverse("labels"))
        assert f'href="{url(dub, "page")}"' in page
        assert f'href="{url(tag, "page")}"' in page
        assert f'hx-get="{url(dub, "standing")}"' in page
        assert "Needs 3 examples" in page
        assert text(alice_client, url(dub, "standing")) == "Knows 3 examples; suggestions are rough"

    def test_empty_it_says_how_to_begin(self, alice_client: Client) -> None:
        assert "choose “Teach Earmark…”" in text(alice_client, reverse("labels"))


class TestTheOneQuestion:
    def question(self, client: Client) -> str:
        return text(client, reverse("needs-you-question"))

    def test_of_what_one_teaches(self, alice_client: Client, charlie_client: Client, dub: Genre) -> None:
        page = self.question(alice_client)
        assert "Teach Earmark" in page
        assert "Dub Techno" in page
        assert self.question(charlie_client) == ""

    def test_an_answer_leads_to_the_next(self, alice_client: Client, dub: Genre) -> None:
        first = alice_client.get(reverse("needs-you-question")).context["question"].track
        form = {"yes": str(first.pk), "next": reverse("needs-you-question")}
        page = alice_client.post(url(dub, "answer"), form, follow=True)
        assert genre_of(first) == dub.key
        assert page.context["question"].track != first

    def test_not_with_fewer_than_three_examples(self, alice: User, alice_client: Client) -> None:
        teach_genre(alice, "Dub", [make_heard_track(alice, DUB, seed) for seed in (1, 2)])
        make_heard_track(alice, DUB, 3)
        assert self.question(alice_client) == ""

    def test_not_about_a_tag_that_nobody_teaches(self, alice: User, alice_client: Client) -> None:
        for seed in range(4):
            services.track_tag(track=make_heard_track(alice, DUB, seed), name="live")
        make_heard_track(alice, DUB, 9)
        assert self.question(alice_client) == ""

    def test_not_today(self, alice_client: Client, dub: Genre) -> None:
        assert alice_client.post(reverse("needs-you-question"), follow=True).content == b""
        assert self.question(alice_client) == ""
        session = alice_client.session
        session["no_questions_on"] = "2020-01-01"
        session.save()
        assert "Teach Earmark" in self.question(alice_client)
