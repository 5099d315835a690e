"""The pages of base models: which have listened, what one would change, using it, and going back."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from library import services
from library.models import BaseModelChange, Track, User
from library.selectors.model_cards import model_manifest
from library.services import base_model_swaps
from tests.base_models import NEWER, make_change, models_dir_with_newer
from tests.factories import run_enqueued_tasks
from tests.learning import make_heard_track

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def newer(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.EARMARK_MODELS_DIR = models_dir_with_newer(tmp_path / "models")
    yield
    model_manifest.cache_clear()


@pytest.fixture
def change(alice: User) -> BaseModelChange:
    """Of four tracks, one with a verdict, a newer model hears three otherwise."""
    tracks = [make_heard_track(alice, "shout", number) for number in range(4)]
    services.genre_set(track=tracks[0], person=alice, genre="jazz")
    return make_change(alice, lambda _: {"top": "jazz", "confidence": 0.83})


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def send(client: Client, name: str, change: BaseModelChange, **fields: Any) -> list[str]:
    """Send a form; returns the messages of the page that this leads to."""
    response = client.post(reverse(name, args=[change.pk]), fields, follow=True)
    assert response.status_code == 200
    return [str(message) for message in response.context["messages"]]


def test_before_another_model_has_listened(alice_client: Client) -> None:
    page = text(alice_client, reverse("base-models"))
    assert "In use: msd-musicnn-1" in page
    assert "Models that have listened" not in page


def test_what_would_change(alice_client: Client, change: BaseModelChange) -> None:
    assert "Another model has listened to your library: newer-1 2.0.0." in text(
        alice_client, reverse("overview")
    )
    assert "See what would change" in text(alice_client, reverse("base-models"))
    page = text(alice_client, change.get_absolute_url())
    assert "newer-1 2.0.0 has listened to your library. 3 of 4 tracks would change." in page
    assert "1 stays, 1 of them because you said so." in page
    assert (
        "Of your 1 answer, it agrees with 1, the model before with 0. The difference may be chance." in page
    )
    assert page.count("<span>Blues 70 %</span>") == 3
    assert page.count("<strong>Jazz 83 %</strong>") == 3
    assert "cannot be taught" not in page


def test_using_it_and_going_back(alice_client: Client, change: BaseModelChange) -> None:
    assert send(alice_client, "base-model-activate", change, expected=2) == [
        "This was meant for 2 tracks, but it is about 3 tracks now. Nothing was changed."
    ]
    assert send(alice_client, "base-model-activate", change, expected=3) == [
        "newer-1 2.0.0 is in use now. 3 tracks got another genre."
    ]
    page = text(alice_client, change.get_absolute_url())
    assert "newer-1 2.0.0 is in use. 3 of 4 tracks got another genre." in page
    assert page.count("<span>Blues 70 %</span>") == 3
    assert page.count("<strong>Jazz 83 %</strong>") == 3
    assert "Another model" not in text(alice_client, reverse("overview"))
    assert "In use: newer-1" in text(alice_client, reverse("base-models"))
    assert Track.objects.filter(genre="jazz").count() == 4
    assert send(alice_client, "base-model-back", change) == [
        "newer-1 2.0.0 is not in use any more. Everything is as it was before."
    ]
    assert Track.objects.filter(genre="jazz").count() == 1
    assert "3 of 4 tracks would change" in text(alice_client, change.get_absolute_url())
    # It was gone back from: nobody is asked again.
    assert "Another model" not in text(alice_client, reverse("overview"))


def test_not_before_it_has_heard_all(alice: User, alice_client: Client, change: BaseModelChange) -> None:
    make_heard_track(alice, "new")
    page = text(alice_client, change.get_absolute_url())
    assert "1 track was not heard by it yet." in page
    assert "manage.py reanalyse --model newer-1 --owner alice@example.org" in page
    assert "Use newer-1" not in page
    (message,) = send(alice_client, "base-model-activate", change, expected=3)
    assert message.startswith("newer-1 has not heard 1 track yet.")


def test_one_that_cannot_be_taught(alice: User, alice_client: Client, change: BaseModelChange) -> None:
    other = make_change(alice, lambda _: {"top": "pop"}, "mfcc-cnn-1")
    assert "This model cannot be taught" in text(alice_client, other.get_absolute_url())


def test_while_tracks_follow_the_page_fetches_itself(
    alice_client: Client, change: BaseModelChange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base_model_swaps, "BATCH_SIZE", 3)
    services.base_model_activate(change=change)
    page = text(alice_client, change.get_absolute_url())
    assert "1 track still follows." in page
    assert 'hx-trigger="every 3s"' in page
    run_enqueued_tasks()
    assert "every 3s" not in text(alice_client, change.get_absolute_url())


def test_queries_do_not_grow_with_the_tracks(
    alice: User,
    alice_client: Client,
    change: BaseModelChange,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(25):
        alice_client.get(change.get_absolute_url())


def test_there_is_none_of_another_person(charlie_client: Client, change: BaseModelChange) -> None:
    assert charlie_client.get(change.get_absolute_url()).status_code == 404
    assert NEWER not in text(charlie_client, reverse("base-models"))
    assert send(charlie_client, "base-model-activate", change, expected=3) == [
        "That base model is no longer there."
    ]
    assert not Track.objects.filter(prediction__model_name=NEWER).exists()
