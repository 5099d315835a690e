"""Migrations go forward and back, with rows at each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from library.models import Concept, ConceptTrack, Genre, GenreRecompute, Prediction, Tag, Tagging, Track

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def as_it_was(transactional_db: None) -> Iterator[None]:
    yield
    migrate()


def migrate(*target: str) -> None:
    call_command("migrate", *target, verbosity=0)


def names() -> list[str]:
    """Every migration of the library, in order."""
    executor = MigrationExecutor(connection)
    [last] = [leaf for leaf in executor.loader.graph.leaf_nodes() if leaf[0] == "library"]
    return [name for app, name in executor.loader.graph.forwards_plan(last) if app == "library"]


def add_somebody_with_a_track(migration: str, name: str = "") -> None:
    """Rows as a site at that migration has them, written with its models."""
    name = name or migration
    state = MigrationExecutor(connection).loader.project_state([("library", migration)])
    user = state.apps.get_model("library", "User").objects.create(email=f"{name}@example.org")
    track: Any = state.apps.get_model("library", "Track").objects.create(
        owner=user,
        original=f"tracks/{name}",
        original_name=f"{name}.mp3",
        title=f"Été {name}",
        kind="mp3",
        size=1,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        status="ready",
    )
    track.prediction = state.apps.get_model("library", "Prediction").objects.create(
        track=track, model_name="m", model_version="1", label="jazz", top="jazz", confidence=0.9,
        probabilities={"jazz": 0.9, "rock": 0.1}, segments=[],
    )  # fmt: skip
    track.save()


def test_what_people_had_at_any_migration_is_there_after_the_last_and_back_again() -> None:
    migrations = names()
    migrate("library", "zero")
    for migration in migrations:
        migrate("library", migration)
        add_somebody_with_a_track(migration)
    migrate()
    tracks = Track.objects.select_related("owner", "prediction")
    assert {track.original_name for track in tracks} == {f"{migration}.mp3" for migration in migrations}
    for track in tracks:
        name = track.original_name.removesuffix(".mp3")
        assert track.owner.email == f"{name}@example.org"
        assert track.sha256 == hashlib.sha256(name.encode()).hexdigest()
        assert track.title == f"Été {name}"
        assert track.prediction is not None
        assert track.prediction.probabilities == {"jazz": 0.9, "rock": 0.1}

    for migration in reversed(migrations):
        migrate("library", migration)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM library_track")
        assert cursor.fetchone() == (len(migrations),)

    migrate("library", "zero")
    assert not [table for table in connection.introspection.table_names() if table.startswith("library_")]
    migrate()
    assert not Track.objects.exists()
    assert not Prediction.objects.exists()


def test_moods_known_before_are_found_on_their_tracks() -> None:
    migrate("library", "0013")
    add_somebody_with_a_track("0013_the_site_is_watched")
    state = MigrationExecutor(connection).loader.project_state([("library", "0013_the_site_is_watched")])
    [track] = state.apps.get_model("library", "Track").objects.all()
    for name, score in (("sad", 0.75), ("happy", 0.9), ("chill", 0.74)):
        track.moods.create(owner_id=track.owner_id, name=name, score=score)
    migrate()
    [found] = Track.objects.all()
    assert found.mood_lines == "\nhappy\nsad\n"
    assert found.moods.count() == 3


def test_what_waited_for_review_before_waits_in_the_same_order() -> None:
    before = "0016_newest_of_all"
    migrate("library", "0016")
    for name in ("sure", "unsure", "overruled", "reviewed"):
        add_somebody_with_a_track(before, name)
    model = MigrationExecutor(connection).loader.project_state([("library", before)]).apps.get_model
    overruled, reviewed, sure, unsure = model("library", "Track").objects.order_by("title")
    for track in (unsure, reviewed):
        track.prediction.label = None
        track.prediction.save()
    overruled.owner_genre = "rock"
    overruled.save()
    model("library", "Verdict").objects.create(track=reviewed, person=sure.owner, genre="jazz", heard="jazz")
    migrate()
    ranks = [track.review_rank for track in Track.objects.order_by("title")]
    assert ranks == [pytest.approx(-0.1), None, None, pytest.approx(-0.1)]


def test_before_files_counted_a_track_has_the_genre_that_the_model_is_sure_of() -> None:
    """And an upgraded library waits for a pass."""
    before = "0024_fewer_indexes"
    migrate("library", before)
    for name in ("sure", "unsure"):
        add_somebody_with_a_track(before, name)
    model = MigrationExecutor(connection).loader.project_state([("library", before)]).apps.get_model
    model("library", "Prediction").objects.filter(track__original_name="unsure.mp3").update(label=None)
    migrate()
    assert GenreRecompute.objects.filter(finished_at=None).count() == 2
    fields = {"file_genre": "Heavy Metal", "file_label": "heavy-metal", "genre": "heavy-metal"}
    Track.objects.update(**fields, genre_source="file", needs_you=False)
    migrate("library", before)
    rows = model("library", "Track").objects.order_by("original_name")
    assert list(rows.values_list("file_label", "genre", "genre_source", "needs_you", "review_rank")) == [
        ("metal", "jazz", "model", True, pytest.approx(-0.1)),
        ("metal", "", "", True, pytest.approx(-1.1)),
    ]


def test_before_genres_were_learned_a_track_has_the_genre_that_the_model_is_sure_of() -> None:
    """And a pass weighs the genres of files as well."""
    before = "0029_concepts"
    migrate("library", before)
    for name in ("sure", "unsure"):
        add_somebody_with_a_track(before, name)
    model = MigrationExecutor(connection).loader.project_state([("library", before)]).apps.get_model
    model("library", "Prediction").objects.filter(track__original_name="unsure.mp3").update(label=None)
    migrate()
    Track.objects.update(genre="rock", genre_source="learned")
    migrate("library", before)
    rows = model("library", "Track").objects.order_by("original_name")
    assert list(rows.values_list("genre", "genre_source")) == [("jazz", "model"), ("", "")]
    assert model("library", "GenreRecompute").objects.filter(finished_at=None).count() == 2


def test_before_concepts_set_themselves_only_what_people_said_is_there() -> None:
    before = "0030_learned_models"
    migrate("library", before)
    for name in ("set", "said"):
        add_somebody_with_a_track(before, name)
    migrate()
    was_set, said = Track.objects.order_by("-original_name")
    tag = Tag.objects.create(owner=was_set.owner, name="Late", key="late")
    late = Concept.objects.create(owner=was_set.owner, tag=tag)
    Tagging.objects.create(tag=tag, track=was_set, concept=late)
    Tagging.objects.create(tag=tag, track=said)
    genre = Genre.objects.create(owner=was_set.owner, key="dub", name="Dub")
    dub = Concept.objects.create(owner=was_set.owner, genre=genre)
    ConceptTrack.objects.create(track=was_set, concept=dub, margin=0.1)
    Track.objects.update(genre="dub", genre_source="learned")
    migrate("library", before)
    model = MigrationExecutor(connection).loader.project_state([("library", before)]).apps.get_model
    rows = model("library", "Track").objects.order_by("-original_name")
    # What a version has learned stays.
    assert list(rows.values_list("genre", "genre_source")) == [("jazz", "model"), ("dub", "learned")]
    assert list(model("library", "Tagging").objects.values_list("track", flat=True)) == [said.pk]
    assert model("library", "GenreRecompute").objects.filter(finished_at=None).count() == 1
