"""Bad and odd files, sent to a real server and heard by a real worker: none leaves anything behind.

The cases and what is expected of them are in `tests/hostile`.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hostile_audio import ANALYSED, CASES
from tests.live import running_site

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = "application/offset+octet-stream"
#: Files that run into time limits are left to `tests/classifier`: they keep the machine busy until then.
SENT = [name for name, case in CASES.items() if case.outcomes != {"timeout"}]
#: Prints the rows, and the files they name.
STATE_SCRIPT = """
import json
from django_tasks_db.models import DBTaskResult
from library.models import PartialUpload, Track
tracks = Track.objects.all()
print(json.dumps({
    "uploads": list(PartialUpload.objects.values("id", "name", "archive", "track", "error_code", "finished_at")),
    "tracks": list(tracks.values("id", "status", "error_code", "stage", "lease", "attempts", "prediction")),
    "files": [file.name for track in tracks
              for file in (track.original, track.playable, track.peaks, track.spectrogram) if file],
    "tasks": list(DBTaskResult.objects.values_list("status", flat=True)),
}, default=str))
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The rows after all files were sent, and a worker has emptied its queue and stopped."""
    folder = tmp_path_factory.mktemp("hostile")
    for place in ("data", "made", "tmp"):
        (folder / place).mkdir()
    with running_site(
        folder / "data",
        workers=0,
        TMPDIR=str(folder / "tmp"),
        EARMARK_API_PER_MINUTE="100000",
        EARMARK_ANALYSIS_SECONDS="120",
        EARMARK_MAX_TRACK_SECONDS="300",
        EARMARK_MODEL="mfcc-cnn-1",
    ) as site:
        with site.client(**TUS, Authorization=f"Bearer {site.token('alice@example.org')}") as api:
            for name in SENT:
                path = CASES[name].write(folder / "made")
                _send(api, path)
                path.unlink()
        site.manage("worker", "--batch", "--no-startup-delay")
        rows: dict[str, Any] = json.loads(site.manage("shell", "--no-imports", "-c", STATE_SCRIPT))
    left = {
        kind: [path for path in (folder / where).rglob("*") if path.is_file()]
        for kind, where in PLACES.items()
    }
    return rows | {"left": left, "stored": folder / PLACES["files"]}


PLACES = {"files": "data/files", "incoming": "data/incoming", "tmp": "tmp"}


def _send(api: httpx.Client, path: Path) -> None:
    name = base64.b64encode(path.name.encode()).decode()
    begun = api.post(
        "/api/v1/uploads/",
        headers={"Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}"},
    )
    if begun.status_code == 201:
        headers = {"Upload-Offset": "0", "Content-Type": BYTES}
        try:
            ended = api.patch(begun.headers["Location"], content=path.read_bytes(), headers=headers)
        except (
            httpx.TransportError
        ):  # the first bytes were enough to refuse it, and the rest is not waited for
            ended = api.head(begun.headers["Location"])
        assert ended.status_code in (200, 204, 415, 422), ended.text
    else:
        assert begun.json()["code"] == "empty"


@pytest.mark.parametrize("name", SENT)
def test_each_case_is_analysed_or_refused_with_its_code(outcome: dict[str, Any], name: str) -> None:
    tracks = {track["id"]: track for track in outcome["tracks"]}
    [row] = [row for row in outcome["uploads"] if row["name"] == name and not row["archive"]]
    entries = [entry for entry in outcome["uploads"] if entry["archive"] == row["id"]]
    came = [
        upload["error_code"] or tracks[upload["track"]]["error_code"] or ANALYSED
        for upload in entries or [row]
    ]
    assert set(came) <= CASES[name].outcomes


def test_no_row_is_in_between(outcome: dict[str, Any]) -> None:
    assert len(outcome["tracks"]) > 80
    assert all(upload["finished_at"] for upload in outcome["uploads"])
    assert set(outcome["tasks"]) == {"SUCCESSFUL"}
    for track in outcome["tracks"]:
        assert (track["stage"], track["lease"], track["attempts"]) == ("", None, 1)
        ready = track["status"] == "ready"
        assert ready == bool(track["prediction"]) == (not track["error_code"])
        assert ready or track["status"] == "failed"


def test_no_file_is_left_over(outcome: dict[str, Any]) -> None:
    assert sorted(outcome["left"]["files"]) == sorted(outcome["stored"] / name for name in outcome["files"])
    assert outcome["left"]["incoming"] == outcome["left"]["tmp"] == []
