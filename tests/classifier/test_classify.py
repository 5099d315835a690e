"""`manage.py classify` does what its help and the documentation promise."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier.analysis_process import ROOT
from classifier.management.commands.classify import result_line
from tests import sounds

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
COMMAND = [sys.executable, "manage.py", "classify"]


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sounds.write(tmp_path_factory.mktemp("songs") / "song.mp3", 6)


def classify(*arguments: object) -> tuple[int, str, str]:
    """Run the command and return (exit code, standard output, standard error)."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("classify", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_json(song: Path) -> None:
    code, out, _ = classify(song, song, "--json")
    answers = json.loads(out)
    assert code == 0
    assert answers[0] == answers[1]
    answer = answers[0]
    keys = ["file", "label", "top", "probabilities", "segments", "duration", "model", "moods"]
    assert list(answer) == keys
    assert answer["file"] == str(song)
    assert list(answer["probabilities"]) == GENRES
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["top"] == max(GENRES, key=answer["probabilities"].__getitem__)
    assert answer["label"] in {None, answer["top"]}
    assert answer["duration"] == pytest.approx(6, abs=0.1)
    assert set(answer["model"]) == {"name", "version"}
    assert answer["segments"][0]["start"] == 0
    assert answer["segments"][-1]["end"] == pytest.approx(answer["duration"])
    for segment in answer["segments"]:
        assert list(segment) == ["start", "end", "probabilities"]


def test_a_bad_file_does_not_spoil_the_others(song: Path, tmp_path: Path) -> None:
    notes = sounds.not_audio(tmp_path / "notes.mp3")
    missing = tmp_path / "missing.mp3"
    code, out, _ = classify(notes, missing, tmp_path, song, "--json")
    answers = json.loads(out)
    assert code == 1
    assert [answer.get("error", {}).get("code") for answer in answers] == [
        "not_audio", "not_found", "not_audio", None,
    ]  # fmt: skip
    assert answers[1] == {
        "file": str(missing),
        "error": {"code": "not_found", "message": "The file cannot be read: No such file or directory."},
    }
    assert answers[3]["top"] in GENRES


def test_a_truncated_file_is_reported(tmp_path: Path) -> None:
    cut = sounds.truncated(tmp_path / "cut.wav", 12)
    assert json.loads(classify(cut, "--json")[1])[0]["notices"] == ["truncated"]
    assert "truncated" in classify(cut)[1]


def test_for_people(song: Path, tmp_path: Path) -> None:
    code, out, err = classify(song, tmp_path / "missing.mp3")
    assert code == 1
    assert out.startswith((f"{song}: Sounds like ", f"{song}: Not sure: "))
    assert out.count("\n") == 1
    assert "missing.mp3: The file cannot be read" in err


def answer(**fields: Any) -> dict[str, Any]:
    return {
        "file": "song.mp3",
        "label": None,
        "probabilities": {"rock": 0.24, "blues": 0.31, "pop": 0.1},
    } | fields


def test_result_lines() -> None:
    assert result_line(answer()) == "song.mp3: Not sure: blues (31 %) or rock (24 %)"
    assert result_line(answer(label="blues")) == "song.mp3: Sounds like blues (31 %)"
    assert result_line(answer(label="blues", file="s\udcf6ng.mp3")) == "s?ng.mp3: Sounds like blues (31 %)"
    assert result_line({"file": "a", "error": {"code": "empty", "message": "The file is empty."}}) == (
        "a: The file is empty."
    )


@pytest.mark.parametrize("model", ["no-such-model", "../ml_models/nothing", ""])
def test_a_model_that_does_not_exist(song: Path, model: str) -> None:
    with pytest.raises(CommandError, match="model"):
        classify(song, "--model", model)


def test_from_a_shell(song: Path, tmp_path: Path) -> None:
    """Standard output is one JSON document and nothing else, the database is not needed, nor any server."""
    odd = tmp_path / b"s\xf6ng.mp3".decode(errors="surrogateescape")
    odd.write_bytes(song.read_bytes())
    environment = os.environ | {"EARMARK_DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    command = [*COMMAND, str(song), odd, tmp_path / "missing", "--json"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert ran.returncode == 1
    first, second, third = json.loads(ran.stdout)
    assert first["probabilities"] == second["probabilities"]
    assert os.fsencode(second["file"]) == os.fsencode(odd)
    assert third["error"]["code"] == "not_found"
    assert b"Traceback" not in ran.stderr
    assert b"file/s" not in ran.stderr  # no progress bar where nobody looks


def test_a_closed_pipe_ends_quietly(song: Path) -> None:
    """As in `classify … | head -1`."""
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run([*COMMAND, song], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert ran.returncode == 1
    assert b"Traceback" not in ran.stderr
    assert b"BrokenPipe" not in ran.stderr


def test_ctrl_c(song: Path, tmp_path: Path) -> None:
    long = sounds.write(tmp_path / "long.flac", 40, channels=1)
    command = [*COMMAND, song, *[long] * 200]

    def hear_ctrl_c() -> None:
        """What a shell starts in the background, these tests perhaps, ignores it, and so does what that starts."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_ctrl_c
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()  # the first file is answered
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"Traceback" not in errors
