"""Libraries that can be taught: tracks whose vectors lie around directions of their own."""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

import numpy as np
from django.utils import timezone

from library import services
from library.models import (
    Answer,
    Concept,
    Genre,
    LearningVector,
    Prediction,
    Tagging,
    Track,
    User,
    Verdict,
)
from library.selectors.model_cards import learning_space
from library.services.analysis import derived_names_recompute
from tests.factories import PredictionFactory, TrackFactory, add_own_genre

SIZE = 128


@cache
def direction(name: str) -> np.ndarray:
    """A random direction; each name has its own."""
    numbers = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(SIZE)
    return numbers / np.linalg.norm(numbers)


def vector_like(kind: str, seed: int, likeness: float = 0.8) -> list[float]:
    """A vector of length 1 whose cosine to the direction of that name is about the likeness."""
    own = direction(f"{kind} {seed}")
    found = likeness * direction(kind) + math.sqrt(1 - likeness**2) * own
    return [float(number) for number in found / np.linalg.norm(found)]


def make_heard_track(owner: User, kind: str, seed: int = 0, likeness: float = 0.8, **fields: Any) -> Track:
    """A track that sounds like others of its kind, as the current model hears it."""
    name, _, version = learning_space().rpartition(" ")
    heard = {"model_name": name, "model_version": version}
    names = {"title": f"{kind} {seed}", "artist": f"artist {kind} {seed}"}
    heard |= fields.pop("heard", {})
    return TrackFactory(
        owner=owner, vector=vector_like(kind, seed, likeness), heard=heard, **(names | fields)
    )


def teach_genre(owner: User, name: str, tracks: list[Track]) -> Concept:
    """An own genre with these examples, and its concept."""
    genre = add_own_genre(owner, name)
    for track in tracks:
        services.genre_set(track=track, person=owner, genre=genre.key)
    return services.concept_get_or_create(owner=owner, taught=genre)


def teach_tag(owner: User, name: str, tracks: list[Track]) -> Concept:
    """A tag with these examples, and its concept."""
    tag = services.tag_add(owner=owner, name=name)
    for track in tracks:
        services.track_tag(track=track, name=name)
    return services.concept_get_or_create(owner=owner, taught=tag)


def teach_surely(
    owner: User, teach: Callable[..., Concept], name: str = "Dub", *, kind: str = "dub"
) -> Concept:
    """A concept that may be switched on: three examples, thirty times yes to suggestions, and eight times no.

    Rows as the services would write them, all at once.
    """
    concept = teach(owner, name, make_heard_tracks(owner, kind, range(3)))
    answer_all(concept, make_heard_tracks(owner, kind, range(100, 130)), yes=True)
    answer_all(concept, make_heard_tracks(owner, kind, range(300, 308), likeness=0.45), yes=False)
    services.effective_genres_recompute(Track.objects.filter(owner=owner))
    return concept


def answer_all(concept: Concept, tracks: list[Track], *, yes: bool) -> None:
    """Answers to suggestions. Effective genres are not recomputed."""
    given: list[Any] = [None] * len(tracks)
    if yes and concept.genre:
        said = {"person": concept.owner, "genre": concept.genre.key}
        given = Verdict.objects.bulk_create(Verdict(track=track, **said) for track in tracks)
    elif yes:
        given = Tagging.objects.bulk_create(Tagging(track=track, tag=concept.tag) for track in tracks)
    Answer.objects.bulk_create(
        Answer(concept=concept, track=track, yes=yes, given_id=row and row.pk)
        for track, row in zip(tracks, given, strict=True)
    )


def make_heard_tracks(owner: User, kind: str, seeds: Iterable[int], likeness: float = 0.8) -> list[Track]:
    """Like `make_heard_track`, many at once, and without files."""
    name, _, version = learning_space().rpartition(" ")
    tracks = [
        Track(
            owner=owner,
            title=f"{kind} {seed}",
            artist=f"artist {kind} {seed}",
            original_name=f"{kind} {seed}.wav",
            kind="wav",
            size=1,
            sha256=hashlib.sha256(f"{owner.pk} {kind} {seed}".encode()).hexdigest(),
            status=Track.Status.READY,
            duration=6.0,
        )
        for seed in seeds
    ]
    for track in tracks:
        derived_names_recompute(track)
    Track.objects.bulk_create(tracks)
    for track in tracks:
        track.prediction = PredictionFactory.build(track=track, model_name=name, model_version=version)
    Prediction.objects.bulk_create(track.prediction for track in tracks if track.prediction)
    Track.objects.bulk_update(tracks, ["prediction"])
    LearningVector.objects.bulk_create(
        LearningVector(
            track=track,
            owner=owner,
            space=learning_space(),
            vector=struct.pack(f"<{SIZE}e", *vector_like(kind, seed, likeness)),
        )
        for track, seed in zip(tracks, seeds, strict=True)
    )
    return tracks


def genre_of(concept: Concept) -> Genre:
    assert concept.genre is not None
    return concept.genre


def make_misheard_library(owner: User, *, answered: int = 10, open: int = 5) -> list[Track]:
    """What the model hears as blues, half of it is rock to its owner, who has answered about some; returns the others.

    They are those that the owner would call rock. What sounds like the other half is blues to the owner, too.
    """
    for number in range(answered):
        make_heard_track(owner, "shout", number)
        make_heard_track(owner, "sigh", number)
    for kind, genre in (("shout", "rock"), ("sigh", "blues")):
        heard = Track.objects.filter(owner=owner, title__startswith=kind)
        services.genres_set(tracks=heard, person=owner, genre=genre)
    make_heard_track(owner, "sigh", 100)
    return [make_heard_track(owner, "shout", 100 + number) for number in range(open)]


def months_ago(count: int) -> date:
    """The first day of the month so many months ago."""
    today = timezone.localdate()
    month = today.year * 12 + today.month - 1 - count
    return date(month // 12, month % 12 + 1, 1)


def answer_in_month(
    owner: User,
    *,
    agreed: int,
    of: int,
    month: int,
    heard: str = "blues",
    artist: str = "",
    said: str = "rock",
) -> list[Track]:
    """Answers in a month so many months ago, as many of which agree with what the model heard."""
    tracks = []
    for number in range(of):
        name = artist or f"{month} {heard} {Track.objects.count()}"
        track = make_heard_track(
            owner, "noise", Track.objects.count(), artist=name, heard={"top": heard, "confidence": 0.9}
        )
        verdict = services.genre_set(track=track, person=owner, genre=heard if number < agreed else said)
        when = datetime(*months_ago(month).timetuple()[:2], 1, 12, tzinfo=timezone.get_current_timezone())
        # Not in the future: on the first of a month, before noon.
        Verdict.objects.filter(pk=verdict.pk).update(created_at=min(when, timezone.now()))
        tracks.append(track)
    return tracks
