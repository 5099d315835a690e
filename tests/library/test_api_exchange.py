"""Documents and files through the API: what the pages give and take."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from library import services
from library.models import Track, User
from tests.factories import TrackFactory, with_token

pytestmark = pytest.mark.django_db
MakeTrack = Callable[..., Track]
V1 = "/api/v1"


def content(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def names_in(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


class TestExport:
    def test_it_is_what_the_page_gives(
        self, alice_api: Client, alice_client: Client, make_track: MakeTrack
    ) -> None:
        services.track_tag(track=make_track(title="=1+1"), name="live")
        table = alice_api.get(f"{V1}/export/csv/")
        assert table["Content-Type"] == "text/csv; charset=utf-8"
        assert (csv := content(table)) == content(alice_client.get(reverse("export-csv")))
        assert b"'=1+1" in csv
        documents = [
            json.loads(content(response))
            for response in (alice_api.get(f"{V1}/export/json/"), alice_client.get(reverse("export-json")))
        ]
        assert documents[0] | {"exported_at": ""} == documents[1] | {"exported_at": ""}

    def test_it_goes_into_another_account_once(
        self, alice: User, alice_api: Client, charlie: User, charlie_api: Client, make_track: MakeTrack
    ) -> None:
        track, other = make_track(), make_track(original_name="not there.wav")
        services.genre_set(track=track, person=alice, genre="jazz")
        services.track_tag(track=other, name="live")
        TrackFactory(owner=charlie, sha256=track.sha256)
        export = content(alice_api.get(f"{V1}/export/json/"))
        reports = []
        for _ in range(2):
            response = charlie_api.post(f"{V1}/import/", {"file": SimpleUploadedFile("export.json", export)})
            assert response.status_code == 200
            report = response.json()
            reports.append(
                report | {"done": {name: count for name, count in report["done"].items() if count}}
            )
        assert reports[0] == {
            "matched": 1,
            "unmatched": 1,
            "missing": ["not there.wav"],
            "done": {"tags": 1, "verdicts": 1},
        }
        assert reports[1] == reports[0] | {"done": {}}
        assert Track.objects.get(owner=charlie).owner_genre == "jazz"

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({}, (400, "invalid")),
            ({"file": "text"}, (400, "invalid")),
            ({"file": SimpleUploadedFile("export.json", b"")}, (422, "bad_export")),
            ({"file": SimpleUploadedFile("export.json", b"{}")}, (422, "bad_export")),
        ],
    )
    def test_what_is_no_export(
        self, alice_api: Client, body: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        response = alice_api.post(f"{V1}/import/", body)
        assert (response.status_code, response.json()["code"]) == expected


class TestFiles:
    def test_a_copy_with_tags_or_the_original(self, alice_api: Client, track: Track) -> None:
        original = alice_api.get(f"{V1}/tracks/{track.pk}/file/")
        copy = alice_api.get(f"{V1}/tracks/{track.pk}/tagged/")
        assert copy["Earmark-Tagged"] == "no"  # a WAV file
        assert content(copy) == content(original)

    def test_a_track_whose_file_is_missing(self, alice_api: Client, make_track: MakeTrack) -> None:
        track = make_track(kind="mp3")
        track.original.delete(save=False)
        assert alice_api.get(f"{V1}/tracks/{track.pk}/tagged/").status_code == 404

    def test_an_archive_of_some(self, alice_api: Client, charlie: User, make_track: MakeTrack) -> None:
        tracks = [make_track(title=name, artist="Ann", album="One") for name in "abc"]
        ids = [str(track.pk) for track in (tracks[2], TrackFactory(owner=charlie), tracks[0])]
        response = alice_api.post(f"{V1}/archive/", {"ids": ids}, content_type="application/json")
        assert response["Content-Type"] == "application/zip"
        assert names_in(content(response)) == ["Ann/One/c.wav", "Ann/One/a.wav"]

    def test_an_archive_of_what_a_search_finds(self, alice: User, make_track: MakeTrack) -> None:
        for name in "ab":
            make_track(title=name, year=1990)
        make_track(title="c", year=2000)
        reader = Client(
            headers={"Authorization": f"Bearer {services.token_create(owner=alice, name='r')[1]}"}
        )
        asked = {"query": "year_max=1995&ordering=title", "tagged": True}
        for _ in range(2):  # with a key, too, it is made anew
            response = reader.post(
                f"{V1}/archive/", asked, content_type="application/json", headers={"Idempotency-Key": "once"}
            )
            assert names_in(content(response)) == [
                "Unknown artist/Unknown album/a.wav",
                "Unknown artist/Unknown album/b.wav",
                "Please note.txt",
            ]

    @pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": ["x"], "query": ""}])
    def test_the_tracks_must_be_named(self, alice: User, body: dict[str, Any]) -> None:
        response = with_token(alice).post(f"{V1}/archive/", body, content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_the_progress_of_an_analysis(alice_api: Client, make_track: MakeTrack) -> None:
    def stage_and_progress(**fields: str) -> tuple[str, float]:
        track = alice_api.get(f"{V1}/tracks/{make_track(**fields).pk}/?fields=stage,progress").json()
        return track["stage"], track["progress"]

    stages = [stage_and_progress(status="queued")]
    stages += [stage_and_progress(status="analysing", stage=stage) for stage in Track.Stage.values]
    stages += [stage_and_progress(status="ready"), stage_and_progress(status="failed")]
    assert [stage for stage, _ in stages] == ["", "decoding", "listening", "drawing", "copying", "", ""]
    assert [progress for _, progress in stages] == [0, 0.2, 0.4, 0.6, 0.8, 1, 1]
