"""`manage.py teach`, with the shipped model and synthesised sound."""

from __future__ import annotations

import io
import json
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier.management.commands import teach
from tests.classifier.audio_files import plain_wav

RATE = 22_050


def noise(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.2 * rng.standard_normal(4 * RATE)


def chord(seed: int) -> np.ndarray:
    time = np.arange(4 * RATE) / RATE
    root = 200 * 2 ** (seed / 12)
    return 0.2 * sum(np.sin(2 * np.pi * root * step * time) for step in (1, 1.25, 1.5))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three examples each of noise and chords in `taught`, two more of each beside it."""
    folder = tmp_path_factory.mktemp("teach")
    for name, make in (("noise", noise), ("chords", chord)):
        (folder / "taught" / name).mkdir(parents=True)
        for seed in range(5):
            place = folder / "taught" / name if seed < 3 else folder
            plain_wav(place / f"{name}-{seed}.wav", make(seed)[None].astype(np.float32))
    return folder


def run(*arguments: object, code: int = 0) -> tuple[str, str]:
    """Standard output and error of the command, which must end with `code`."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(SystemExit) if code else nullcontext() as stopped:
        call_command("teach", *map(str, arguments), stdout=out, stderr=err)
    assert not code or stopped.value.code == code
    return out.getvalue(), err.getvalue()


def test_what_was_taught_comes_first(folder: Path) -> None:
    candidates = sorted(folder.glob("*.wav"))
    answer = json.loads(run(folder / "taught", "--candidates", *candidates, "--json")[0])
    assert set(answer["genres"]) == {"noise", "chords"}
    assert answer["model"]["name"] == "msd-musicnn-1"
    for name, genre in answer["genres"].items():
        assert genre["examples"] == 3
        assert genre["worth"] is None  # six answers are too few to tell
        assert [Path(row["file"]).name.partition("-")[0] for row in genre["ranking"]][:2] == [name, name]
        scores = [row["score"] for row in genre["ranking"]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == 4


def test_the_same_files_give_the_same_ranking(folder: Path) -> None:
    candidates = sorted(folder.glob("*.wav"))
    first, second = (run(folder / "taught", "--candidates", *candidates, "--json")[0] for _ in range(2))
    assert first == second


def test_people_get_lines(folder: Path) -> None:
    out, _ = run(folder / "taught", "--candidates", *sorted(folder.glob("*.wav")))
    assert out.startswith("chords, from 3 examples:\n")
    assert "noise-3.wav" in out


def test_a_bad_file_costs_the_others_nothing(folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "notes.mp3"
    bad.write_text("not music at all\n" * 99)
    good = folder / "noise-3.wav"
    absent = tmp_path / "absent.wav"
    out, _ = run(folder / "taught", "--candidates", bad, good, absent, "--json", code=1)
    answer = json.loads(out)
    assert [row["file"] for row in answer["genres"]["noise"]["ranking"]] == [str(good)]
    assert [row["file"] for row in answer["errors"]] == [str(bad), str(absent)]
    assert all(row["error"]["code"] and row["error"]["message"] for row in answer["errors"])
    _, err = run(folder / "taught", "--candidates", bad, good, code=1)
    assert "notes.mp3" in err


def test_folders_without_examples_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(CommandError, match="no files"):
        run(tmp_path, "--candidates", folder / "noise-3.wav")
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / "bad.wav").write_text("nothing")
    with pytest.raises(CommandError, match="None of the examples"):
        run(tmp_path, "--candidates", folder / "noise-3.wav")


def test_a_model_without_learning_vectors_cannot_be_taught(folder: Path) -> None:
    with pytest.raises(CommandError, match="cannot be taught"):
        run(folder / "taught", "--candidates", folder / "noise-3.wav", "--model", "mfcc-cnn-1")


def test_worth_is_told_from_enough_examples_of_several_genres() -> None:
    """Two genres of two clusters, ten artists each; with one genre alone there is no no."""
    rng = np.random.default_rng(0)
    tracks, taught = {}, {}
    for number, name in enumerate(("left", "right")):
        for track in range(12):
            vector = np.eye(8)[number] + 0.1 * rng.standard_normal(8)
            tracks[f"{name} {track}"] = teach.TrackVector(vector.tolist(), f"{name} artist {track}")
            taught[f"{name} {track}"] = name
    known = np.eye(8, dtype=np.float32)[2:4]
    genres = teach.rank(tracks, taught, [], known)
    assert genres["left"]["worth"]["precision"] == 1
    assert 0.75 < genres["left"]["worth"]["lower_bound"] < 0.9
    assert genres["left"]["ranking"] == []
    alone = {file: name for file, name in taught.items() if name == "left"}
    assert teach.rank(tracks, alone, [], known)["left"]["worth"] is None
    assert "surely more than" in teach.lines("left", genres["left"])[0]
