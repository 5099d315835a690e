"""A library of version 5a780f1 is upgraded: nothing is lost, and what could be undone still can be."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from library import services
from library.models import BulkAction, Playlist, Tag, Track, User
from library.search.saved import playlist_tracks_of
from tests.factories import signed_in, with_token

pytestmark = pytest.mark.django_db(transaction=True)

#: The last migration of that version.
THEN = "0017_a_rank_for_reviewers"
PASSWORD = "argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHQ$never"


@pytest.fixture(autouse=True)
def as_it_was(transactional_db: None) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


class OldVersion:
    """Writes rows with the models of that version, as its code did."""

    def __init__(self) -> None:
        call_command("migrate", "library", THEN, verbosity=0)
        self.model = MigrationExecutor(connection).loader.project_state([("library", THEN)]).apps.get_model
        self.alice = self.create("User", email="alice@example.org", password=PASSWORD)

    def create(self, model: str, /, **fields: Any) -> Any:
        return self.model("library", model).objects.create(**fields)

    def track(self, number: int, **more: Any) -> Any:
        name = default_storage.save(
            f"tracks/{number:02}/original.wav", ContentFile(b"RIFF" + bytes([number]))
        )
        fields = {
            "owner": self.alice, "folder": uuid.uuid4().hex, "original": name, "original_name": f"{number}.wav",
            "kind": "wav", "size": 5, "sha256": hashlib.sha256(bytes([number])).hexdigest(),
            "title": f"Été {number}", "search_text": f"ete {number}", "sort_title": f"ete {number}",
            "status": "ready", "duration": 6.0,
        }  # fmt: skip
        track = self.create("Track", **fields | more)
        if track.status == "ready":
            track.prediction = self.create(
                "Prediction", track=track, model_name="m", model_version="1", label="jazz", top="jazz",
                confidence=0.9, probabilities={"jazz": 0.9, "rock": 0.1}, segments=[[0.0, 6.0, [0.9, 0.1]]],
                moods={"happy": 0.9},
            )  # fmt: skip
            track.genre, track.genre_source, track.confidence = "jazz", "model", 0.9
            track.mood_lines = "\nhappy\n"
            track.save()
            self.create("Mood", owner=self.alice, track=track, name="happy", score=0.9)
            vector = struct.pack("<2f", 0.6, 0.8)
            self.create("Embedding", owner=self.alice, track=track, model="m 1", vector=vector)
        return track

    def action(self, kind: str, summary: str, **data: Any) -> Any:
        return self.create("Act", person=self.alice, kind=kind, summary=summary, data=data)


def filled() -> dict[str, Any]:
    """Create everything a library could hold in that version; returns the ids that tests need."""
    then = OldVersion()
    one, two, three = (then.track(number) for number in (1, 2, 3))
    then.track(4, status="failed", error_code="corrupt")
    then.track(5, status="queued")
    ids = [str(track.pk) for track in (one, two, three)]

    genre = then.create("Genre", owner=then.alice, key="shoegaze", name="Shoegaze", hue=3)
    said = then.action("genre", "Set the genre to Shoegaze", done=2, skipped=1)
    for track in (one, two):
        then.create(
            "Verdict", track=track, person=then.alice, before="jazz", genre=genre.key, heard="jazz", sure=True,
            act=said,
        )  # fmt: skip
        then.model("library", "Track").objects.filter(pk=track.pk).update(
            owner_genre=genre.key, genre=genre.key, genre_source="owner"
        )

    live = then.create("Tag", owner=then.alice, name="Live", key="live", hue=1)
    for track in (one, two):
        then.create("Tagging", tag=live, track=track)
    tagged = then.action(
        "tag", "Tagged “Live”", tag=live.pk, name="Live", hue=1, tracks=ids[:2], done=2, skipped=1
    )
    gone = then.action(
        "untag", "Deleted “old”", tag=live.pk + 100, name="old", hue=2, tracks=ids, done=3, skipped=0
    )
    merged = then.action(
        "merge", "Merged “concert” into “Live”", tag=live.pk + 101, name="concert", hue=4, tracks=ids[1:2],
        into=live.pk, new=ids[1:2], done=1, skipped=0,
    )  # fmt: skip
    then.create("Rejection", track=three, key="sad")

    late = then.create("Playlist", owner=then.alice, name="Late")
    items = [
        then.create("PlaylistItem", playlist=late, track=track, position=1024 * number)
        for number, track in enumerate((three, one), 1)
    ]
    appended = then.action(
        "playlist",
        "Added to “Late”",
        playlist=str(late.pk),
        items=[item.pk for item in items],
        done=2,
        skipped=0,
    )
    deleted = then.action(
        "unlist", "Deleted “Early”", playlist=str(uuid.UUID(int=7)), name="Early", smart=False, query="",
        tracks=[ids[2], ids[0], ids[2]], done=3, skipped=0,
    )  # fmt: skip
    then.create("Playlist", owner=then.alice, name="Jazz", smart=True, query="genre=jazz&ordering=title")
    then.create(
        "ApiToken", owner=then.alice, name="old program",
        digest=hashlib.sha256(b"earmark_old").hexdigest(), hint="earmark_old",
    )  # fmt: skip
    then.create(
        "keptanswer", owner=then.alice, key="k1", request="POST /api/v1/tags/ 12", status=201, body={}
    )
    then.create("keptanswer", owner=then.alice, key="k2", request="POST /api/v1/tags/ 13", status=None)
    then.create("PartialUpload", owner=then.alice, name="x.wav", length=5, offset=5, track=one,
                finished_at=timezone.now())  # fmt: skip
    call_command("migrate", verbosity=0)
    actions = {
        "said": said,
        "tagged": tagged,
        "gone": gone,
        "merged": merged,
        "appended": appended,
        "deleted": deleted,
    }
    return {name: action.pk for name, action in actions.items()} | {
        "late": late.pk,
        "tracks": [one.pk, two.pk, three.pk],
    }


def test_everything_is_there_and_nothing_is_in_the_bin() -> None:
    known = filled()
    alice = User.objects.get()
    assert Track.objects.count() == Track.all_objects.count() == 5
    one = Track.objects.get(pk=known["tracks"][0])
    assert (one.title, one.genre, one.owner_genre, one.original.read()) == (
        "Été 1", "shoegaze", "shoegaze", b"RIFF\x01",
    )  # fmt: skip
    assert [tag.name for tag in one.tags.all()] == ["Live"]
    late = Playlist.objects.get(pk=known["late"])
    assert [track.title for track in playlist_tracks_of(alice, late)] == ["Été 3", "Été 1"]
    jazz = Playlist.objects.get(name="Jazz")
    assert [track.title for track in playlist_tracks_of(alice, jazz)] == ["Été 3"]
    browser, program = signed_in(alice), with_token(alice)
    for address in ("/", "/?tag=live", "/recent/", "/playlists/", "/labels/", "/moods/", "/overview/"):
        assert browser.get(address).status_code == 200
    for address in ("tracks/", "acts/", "playlists/", "tags/", "overview/", "map/", "export/json/"):
        assert program.get(f"/api/v1/{address}").status_code == 200
    listed = {row["title"] for row in program.get("/api/v1/tracks/").json()["results"]}
    assert listed == {f"Été {number}" for number in range(1, 6)}


def test_what_was_done_before_can_still_be_undone() -> None:
    known = filled()
    done = {action.pk: (action.total, action.done, action.skipped) for action in BulkAction.objects.all()}
    assert done[known["tagged"]] == (3, 2, 1)
    assert "tracks" not in BulkAction.objects.get(pk=known["tagged"]).data

    def undo(name: str) -> int:
        return services.bulk_action_undo(action=BulkAction.objects.get(pk=known[name]))

    assert undo("deleted") == 3
    early = Playlist.objects.get(pk=uuid.UUID(int=7))
    assert [item.track.title for item in early.items.all()] == ["Été 3", "Été 1", "Été 3"]
    assert undo("appended") == 2
    assert not Playlist.objects.get(pk=known["late"]).items.exists()
    assert undo("gone") == 3
    assert Tag.objects.get(name="old").tracks.count() == 3
    assert undo("merged") == 1
    assert Tag.objects.get(name="concert").tracks.count() == 1
    assert [track.title for track in Tag.objects.get(name="Live").tracks.all()] == ["Été 1"]
    assert undo("tagged") == 1
    assert undo("said") == 2
    assert set(Track.objects.filter(status="ready").values_list("genre", flat=True)) == {"jazz"}


def test_and_back_again() -> None:
    """After going back to that version, it can undo what it did."""
    known = filled()
    call_command("migrate", "library", THEN, verbosity=0)
    action = (
        MigrationExecutor(connection)
        .loader.project_state([("library", THEN)])
        .apps.get_model("library", "Act")
    )
    tracks = [str(pk) for pk in known["tracks"]]
    assert action.objects.get(pk=known["tagged"]).data["tracks"] == tracks[:2]
    assert action.objects.get(pk=known["merged"]).data["new"] == tracks[1:2]
    assert len(action.objects.get(pk=known["appended"]).data["items"]) == 2
    assert action.objects.get(pk=known["deleted"]).data["tracks"] == [tracks[2], tracks[0], tracks[2]]


def test_an_export_of_that_version_is_read() -> None:
    """An export as 5a780f1 wrote it, imported into a library that has one of its files."""
    alice = User.objects.create_user("alice@example.org", "a quiet listening room")
    digest = hashlib.sha256(b"song").hexdigest()
    track = Track.objects.create(owner=alice, sha256=digest, size=1, title="song", original_name="song.wav")
    document = {
        "format": "earmark-library",
        "version": 1,
        "exported_at": "2026-11-20T10:00:00+00:00",
        "genres": [{"key": "shoegaze", "name": "Shoegaze", "hue": 1, "retired_at": None}],
        "tags": [{"name": "Live", "hue": 2}],
        "tracks": [{
            "sha256": digest, "file_name": "song.wav", "kind": "wav", "size": 1, "duration": 6.0,
            "added": "2026-11-01T10:00:00+00:00", "title": "Été", "artist": "", "album": "", "year": None,
            "edited": ["title"], "genre": "shoegaze", "genre_source": "owner",
            "layers": {"file": "", "model": None, "owner": "shoegaze"}, "predictions": [],
            "tags": ["Live"], "rejected": ["sad"],
            "verdicts": [{
                "at": "2026-11-02T10:00:00+00:00", "by": "owner", "before": "", "genre": "shoegaze", "heard": "",
                "sure": False, "undone_at": None,
            }],
        }],
        "playlists": [
            {"name": "Late", "smart": False, "query": "", "tracks": [digest]},
            {"name": "Old", "smart": True, "query": "genre=shoegaze", "tracks": []},
        ],
    }  # fmt: skip
    text = json.dumps(document).encode()
    report = services.library_import(owner=alice, file=io.BytesIO(text), size=len(text))
    assert (report.matched, report.unmatched) == (1, 0)
    track.refresh_from_db()
    assert (track.title, track.genre) == ("Été", "shoegaze")
    assert [tag.name for tag in track.tags.all()] == ["Live"]
    assert {playlist.name for playlist in alice.playlists.all()} == {"Late", "Old"}
