"""Each analysis leaves a vector for learning; a library's vectors are read as one matrix."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoAssertNumQueries, Settings

from library import services
from library.models import LearningVector, Track, User
from library.selectors.model_cards import model_manifest
from library.selectors.vectors import learning_vectors_of, vectors_of
from tests import sounds

MakeTrack = Callable[..., Track]
pytestmark = pytest.mark.django_db


def unit_vector(degrees: float) -> list[float]:
    return [math.cos(math.radians(degrees)), math.sin(math.radians(degrees))]


def tracks_in(owner: User, space: str = "") -> set[object]:
    vectors = learning_vectors_of(owner, space)
    return {vectors.track_id_at(row) for row in range(len(vectors))} if vectors else set()


def test_an_analysis_leaves_one(alice: User, settings: Settings) -> None:
    upload = SimpleUploadedFile("song.wav", sounds.as_bytes(".wav", 3.5))
    track, _ = services.track_add(owner=alice, upload=upload)
    services.track_analyse(track_id=track.pk)
    row = LearningVector.objects.get(track=track)
    assert row.owner == alice
    assert row.space == model_manifest(settings.EARMARK_MODEL)["embedding_space"]
    assert len(row.vector) == 256
    vectors = learning_vectors_of(alice)
    assert vectors is not None
    assert vectors.matrix.shape == (1, 128)
    assert (vectors.matrix**2).sum() == pytest.approx(1, abs=1e-3)


def test_the_matrix_has_what_was_written(make_track: MakeTrack, alice: User) -> None:
    made = {make_track(vector=unit_vector(degrees)).pk: unit_vector(degrees) for degrees in range(0, 90, 7)}
    vectors = learning_vectors_of(alice)
    assert vectors is not None
    assert vectors.matrix.dtype == "float32"
    assert len(vectors) == len(made)
    for row in range(len(made)):
        assert vectors.matrix[row] == pytest.approx(made[vectors.track_id_at(row)], abs=1e-3)


def test_it_is_read_once(
    make_track: MakeTrack, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_track(vector=unit_vector(0), embedding=unit_vector(50))
    with django_assert_num_queries(4):
        first = learning_vectors_of(alice)
    vectors_of(alice)  # the embeddings do not take its place
    with django_assert_num_queries(3):
        assert learning_vectors_of(alice) is first


def test_what_comes_and_goes_is_noticed(make_track: MakeTrack, alice: User) -> None:
    one, two = make_track(vector=unit_vector(0)), make_track(vector=unit_vector(1))
    assert tracks_in(alice) == {one.pk, two.pk}
    services.track_delete(track=one)
    assert tracks_in(alice) == {two.pk}
    services.tracks_restore(owner=alice, track_ids=[one.pk])
    assert tracks_in(alice) == {one.pk, two.pk}
    before = learning_vectors_of(alice)
    assert two.prediction is not None
    services.prediction_adopt(track=two, prediction=two.prediction, embedding=[], vector=unit_vector(90))
    after = learning_vectors_of(alice)
    assert before is not None
    assert after is not None
    assert (before.matrix != after.matrix).any()
    Track.objects.filter(pk=two.pk).delete()
    assert tracks_in(alice) == {one.pk}


def test_a_model_without_vectors_leaves_the_one_that_is_there(make_track: MakeTrack, alice: User) -> None:
    track = make_track(vector=unit_vector(0))
    assert track.prediction is not None
    services.prediction_adopt(track=track, prediction=track.prediction, embedding=[])
    assert tracks_in(alice) == {track.pk}


def test_only_vectors_of_one_space(make_track: MakeTrack, alice: User) -> None:
    old = [make_track(vector=unit_vector(0)) for _ in range(2)]
    new = make_track(vector=[0.0, 0.6, 0.8], heard={"model_version": "2"})
    assert tracks_in(alice) == {track.pk for track in old}
    assert tracks_in(alice, "mfcc-cnn-1 2") == {new.pk}
    assert tracks_in(alice, "mfcc-cnn-1 3") == set()


def test_of_its_owner_only(make_track: MakeTrack, alice: User, charlie: User) -> None:
    make_track(vector=unit_vector(0))
    theirs = make_track(owner=charlie, vector=unit_vector(0))
    assert tracks_in(charlie) == {theirs.pk}
    services.user_delete(user=alice)
    assert [row.track for row in LearningVector.objects.all()] == [theirs]
