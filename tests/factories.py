"""The same people and tracks in every test: alice owns, bob reviews, charlie must see nothing."""

from __future__ import annotations

import functools
import hashlib
import io
import math
import struct
import wave
from typing import Any

import factory
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http.response import HttpResponseBase
from django.tasks import default_task_backend
from django.test import Client

from library import selectors, services
from library.genres import BUILTIN_GENRES, known_genre_from_tag
from library.models import Genre, Prediction, Track, User
from library.models.tracks import storage_key
from library.services.analysis import derived_names_recompute
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.effective_genres import file_labels_follow
from library.text import slug_from

PASSWORD = "a quiet listening room"
MODEL = {"model_name": "mfcc-cnn-1", "model_version": "1"}


@functools.cache
def wav(number: int = 0, *, seconds: float = 0.25, rate: int = 8000) -> bytes:
    """Return a short tone as a WAV file; each number makes another file."""
    tone = (int(8000 * math.sin(2 * math.pi * (220 + number) * i / rate)) for i in range(int(seconds * rate)))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return file.getvalue()


def close_response(response: HttpResponseBase) -> None:
    """Close a response as a server does, but keep the database connection, whose transaction the test needs."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def add_own_genre(owner: User, name: str) -> Genre:
    """An own genre with a key that can be read in a test, as those have that the first version made."""
    genre = Genre.objects.create(owner=owner, key=slug_from(name), name=name)
    file_labels_follow(owner=owner)
    concept_pass_request_if_on(owner_id=owner.pk)
    return genre


def upload(content: bytes | None = None, name: str = "song.wav") -> SimpleUploadedFile:
    """Return a file as a browser or program uploads it."""
    return SimpleUploadedFile(name, wav() if content is None else content)


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence("person{}@example.org".format)

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return User.objects.create_user(**({"password": PASSWORD} | kwargs))


class PredictionFactory(factory.django.DjangoModelFactory):
    """A prediction of `top` at `confidence`; the model is sure unless label=None is given."""

    class Meta:
        model = Prediction

    model_name = MODEL["model_name"]
    model_version = MODEL["model_version"]
    top = "blues"
    label = factory.SelfAttribute("top")
    confidence = 0.7

    @factory.lazy_attribute
    def probabilities(self) -> dict[str, float]:
        rest = (1 - self.confidence) / (len(BUILTIN_GENRES) - 1)
        return {genre: self.confidence if genre == self.top else rest for genre in BUILTIN_GENRES}

    @factory.lazy_attribute
    def segments(self) -> list[Any]:
        shares = [self.probabilities[genre] for genre in sorted(self.probabilities)]
        return [[0.0, 3.0, shares], [3.0, 6.0, shares]]


class TrackFactory(factory.django.DjangoModelFactory):
    """A track with a stored file and the results of an analysis, without running one."""

    class Meta:
        model = Track

    class Params:
        number = factory.Sequence(int)

    owner = factory.SubFactory(UserFactory)
    original_name = factory.LazyAttribute("song {0.number}.wav".format)
    title = factory.LazyAttribute("Song {0.number}".format)
    kind = "wav"
    status = Track.Status.READY

    @classmethod
    def _create(cls, model_class: type[Track], *args: Any, **kwargs: Any) -> Track:
        content = wav(Track.all_objects.count())
        heard = kwargs.pop("heard", {})
        embedding = kwargs.pop("embedding", [])
        vector = kwargs.pop("vector", [])
        track = Track(
            **{"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "duration": 6.0} | kwargs
        )
        track.original.save(track.original_name, ContentFile(content), save=False)
        if track.status == Track.Status.FAILED:
            track.error_code = track.error_code or "corrupt"
        if track.status == Track.Status.READY:
            storage = track.original.storage
            track.peaks = storage.save(storage_key(track, "peaks.json"), ContentFile(b"{}"))
            track.spectrogram = storage.save(storage_key(track, "spectrogram.png"), ContentFile(b"picture"))
        derived_names_recompute(track)
        track.file_label = known_genre_from_tag(track.file_genre, selectors.own_genres_for_tags(track.owner))
        track.save()
        services.albums_recompute(owner=track.owner, track_ids=[track.pk])
        track.refresh_from_db(fields=["album_entry", "album_key"])
        if track.status == Track.Status.READY:
            track.prediction = PredictionFactory(track=track, **heard)
            track.save()
            services.prediction_adopt(
                track=track, prediction=track.prediction, embedding=embedding, vector=vector
            )
            track.refresh_from_db()
        return track


def make_reviewer(user: User) -> User:
    """Give staff all permissions of a reviewer: view, analyse again and delete, but not make others staff."""
    user.is_staff = True
    user.save()
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="library").exclude(codename__endswith="_user")
    )
    return user


def run_enqueued_tasks() -> None:
    """Run the tasks that wait for a worker."""
    for result in default_task_backend.results:
        result.task.func(*result.args, **result.kwargs)
    default_task_backend.clear()


def signed_in(user: User) -> Client:
    """Return a browser client that is signed in as the person."""
    client = Client()
    client.force_login(user)
    return client


def with_token(user: User) -> Client:
    """Return an API client with a token of the person."""
    _, key = services.token_create(owner=user, name="tests")
    return Client(headers={"Authorization": f"Bearer {key}"})
