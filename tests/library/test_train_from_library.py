"""Training for everyone: only of people who allow it, only on what they said, and resumed where it stopped."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from classifier import bundle, fine_tuning
from classifier.datasets import DatasetError
from library import services
from library.models import Track, User
from library.selectors.training import tracks_for_training
from tests import sounds
from tests.classifier.labelled_sounds import RATE, sound
from tests.factories import make_reviewer

pytestmark = pytest.mark.django_db

ARTISTS = 6


@pytest.fixture
def allowing(alice: User) -> User:
    services.user_allow_training(user=alice, allow=True)
    return alice


@pytest.fixture
def sung(tmp_path: Path, allowing: User, charlie: User) -> list[Track]:
    """Alice's pop and charlie's rock, as real files with verdicts. Both allow training."""
    services.user_allow_training(user=charlie, allow=True)
    tracks = []
    for label, owner in (("pop", allowing), ("rock", charlie)):
        for artist in range(ARTISTS):
            pcm = sound(label, artist, 0)[None].astype(np.float32)
            file = sounds.write(tmp_path / f"{label}-{artist}.wav", pcm=pcm, sample_rate=RATE)
            upload = SimpleUploadedFile(file.name, file.read_bytes())
            track, _ = services.track_add(owner=owner, upload=upload)
            Track.objects.filter(pk=track.pk).update(status=Track.Status.READY, artist=f"{label} {artist}")
            services.genre_set(track=track, person=owner, genre=label)
            tracks.append(track)
    return tracks


@pytest.fixture(autouse=True)
def few_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    few = partial(fine_tuning.FineTuningRecipe, sounds=16, voices=2)
    monkeypatch.setattr(fine_tuning, "FineTuningRecipe", few)


def train(folder: Path, **options: Any) -> str:
    stdout = io.StringIO()
    call_command(
        "train",
        from_library=True,
        out=folder / "mine",
        work=folder / "heard",
        stdout=stdout,
        stderr=stdout,
        **options,
    )
    return stdout.getvalue()


def test_only_what_owners_who_allow_it_said_themselves(
    make_track: Callable[..., Track], allowing: User, bob: User, charlie: User
) -> None:
    said, unsaid, reviewed, binned, unfinished, anothers, taken_back = (
        make_track(owner=charlie if number == 5 else allowing) for number in range(7)
    )
    make_reviewer(bob)
    for track in (said, binned, unfinished, taken_back):
        services.genre_set(track=track, person=allowing, genre="jazz")
    services.genre_set(track=reviewed, person=bob, genre="jazz")
    services.genre_set(track=anothers, person=charlie, genre="jazz")
    services.genre_set(track=taken_back, person=allowing, genre="")
    services.genre_set(track=said, person=bob, genre="rock")
    services.tracks_delete(tracks=Track.objects.filter(pk=binned.pk), person=allowing)
    Track.objects.filter(pk=unfinished.pk).update(status=Track.Status.QUEUED)
    assert [(track.pk, track.said) for track in tracks_for_training()] == [(said.pk, "jazz")]  # type: ignore[attr-defined]
    assert unsaid.prediction is not None
    services.user_allow_training(user=allowing, allow=False)
    assert not tracks_for_training().exists()


def test_it_makes_a_model_and_says_of_whom(sung: list[Track], tmp_path: Path) -> None:
    told = train(tmp_path, model_version="2026.1")
    manifest = bundle.load_bundle(tmp_path / "mine").manifest
    assert manifest.version == "2026.1"
    assert manifest.training["data"].startswith("12 tracks of 2 people of a site, who allowed it")
    assert manifest.training["start"]["name"] == "msd-musicnn-1"
    assert manifest.training["start"]["accuracy_now"] > manifest.training["start"]["accuracy"]
    assert "accuracy" in told
    for track in sung:
        track.refresh_from_db()
        assert track.prediction is None
        assert track.genre_source == Track.Source.OWNER


def test_what_was_heard_is_not_heard_again(sung: list[Track], tmp_path: Path) -> None:
    """Stopped in the middle, training goes on there: the first half is known without its files. One more is missing."""

    def stop(tracks: Iterable[Track], count: int) -> Iterable[Track]:
        for number, track in enumerate(tracks):
            if number == count // 2:
                raise KeyboardInterrupt
            yield track

    (tmp_path / "heard").mkdir()
    (tmp_path / "heard" / "notes.json").write_text("{}")
    start = bundle.bundle_path("msd-musicnn-1")
    options: dict[str, Any] = {"start": start, "out": tmp_path / "mine", "folder": tmp_path / "heard"}
    with pytest.raises(KeyboardInterrupt):
        services.library_train(**options, progress=stop)
    *first_half, gone = list(tracks_for_training())[: ARTISTS + 1]
    for track in (*first_half, gone):
        track.original.storage.delete(track.original.name)
    trained = services.library_train(**options, progress=lambda tracks, count: tracks)
    assert trained.skipped == [f"{gone.pk}: The original is missing."]
    assert trained.people == 2
    assert trained.manifest.training["data"].startswith("11 tracks")
    assert [path.name for path in (tmp_path / "heard").iterdir()] == ["notes.json"]  # somebody else's


def test_consent_that_is_taken_back_meanwhile_counts(
    sung: list[Track], charlie: User, tmp_path: Path
) -> None:
    def take_back(tracks: Iterable[Track], count: int) -> Iterable[Track]:
        yield from tracks
        services.user_allow_training(user=charlie, allow=False)

    start = bundle.bundle_path("msd-musicnn-1")
    with pytest.raises(DatasetError, match="two genres"):  # charlie's rock is gone
        services.library_train(
            start=start, out=tmp_path / "mine", folder=tmp_path / "heard", progress=take_back
        )
    assert not (tmp_path / "mine").exists()


def test_what_was_heard_is_forgotten_with_the_consent(
    sung: list[Track], charlie: User, tmp_path: Path
) -> None:
    folder = tmp_path / "heard"

    def heard_so_far(tracks: Iterable[Track], count: int) -> Iterable[Track]:
        yield from ()
        kept.append(len(list(folder.glob("*.json"))))
        raise KeyboardInterrupt

    def one_each(tracks: Iterable[Track], count: int) -> Iterable[Track]:
        for owner in (sung[0].owner, charlie):
            yield next(track for track in tracks_for_training() if track.owner == owner)
        raise KeyboardInterrupt

    kept: list[int] = []
    for progress in (one_each, heard_so_far):
        with pytest.raises(KeyboardInterrupt):
            services.library_train(
                start=bundle.bundle_path("msd-musicnn-1"),
                out=tmp_path / "mine",
                folder=folder,
                progress=progress,
            )
        services.user_allow_training(user=charlie, allow=False)
    assert kept == [1]


def test_nothing_to_train_on(alice: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Nobody who allows it"):
        train(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"recipe": "cnn"}, "takes no --recipe"),
        ({"start": Path("absent")}, "There is no model in absent"),
    ],
)
def test_options_that_do_not_fit(
    allowing: User, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        train(tmp_path, **options)
    for arguments in ((), ("genres", "--from-library")):
        with pytest.raises(CommandError, match="Name either a dataset or --from-library"):
            call_command("train", *arguments, out=tmp_path / "mine")


def test_allowing_is_ones_own_choice(alice_client: Client, alice: User, charlie: User) -> None:
    assert not alice.allow_training
    for posted, allows, message in (
        ({"allow": "on"}, True, "may now be trained on your tracks"),
        ({}, False, "No further model"),
    ):
        page = alice_client.post(reverse("account_allow_training"), posted, follow=True).text
        assert message in page
        alice.refresh_from_db()
        assert alice.allow_training is allows
    charlie.refresh_from_db()
    assert not charlie.allow_training
    assert alice_client.get(reverse("account_allow_training")).status_code == 405
