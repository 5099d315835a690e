"""The analysis process with a shipped model: its results, its limits, and how it ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.id3 import APIC, ID3, TIT2

from classifier import analysis_process
from classifier.analysis_process import ROOT, AnalysisProcess, sandbox_environment
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.cover_process import COVER_SIZES, cover_file_name
from classifier.errors import AudioError
from classifier.inference import Classifier
from tests import sounds
from tests.classifier.pausable_process import FakeClock, pausable_process
from tests.pictures import picture

GENRES = {"blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


def make(**options: Any) -> AnalysisProcess:
    return AnalysisProcess(model="mfcc-cnn-1", models_dir=DEFAULT_MODELS_DIR, **options)


@pytest.fixture(scope="module")
def process() -> Iterator[AnalysisProcess]:
    """One process for all tests that do not end it."""
    process = make()
    yield process
    process.close()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`short.mp3` with tags, `song.aiff`, `waits.wav`, at which the process pauses, and `long.flac`, which is slow."""
    folder = tmp_path_factory.mktemp("songs")
    sounds.write(folder / "short.mp3", 4, tags={"title": "Blue Train", "genre": "Jazz"})
    sounds.write(folder / "song.aiff", 4, channels=1)
    sounds.write(folder / "waits.wav", 4, channels=1)
    # An hour in 2 MB: most of it is silence, which FLAC compresses to almost nothing.
    pcm = sounds.music(4, 8_000, 1)
    long = np.concatenate([pcm, np.zeros((1, 8_000 * 3_600), np.float32)], axis=1)
    sounds.write(folder / "long.flac", pcm=long, sample_rate=8_000)
    return folder


def test_the_letters_of_tags_are_told_there_too(process: AnalysisProcess, tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1)
    tags = ID3()
    tags.add(TIT2(encoding=0, text=["Группа крови".encode("cp1251").decode("latin-1")]))
    tags.save(path)
    assert process.read_tags(path)["title"] == "Группа крови"


def refusal(process: AnalysisProcess, path: Path, **how: Any) -> str:
    with pytest.raises(AudioError) as error:
        process.analyse(path, **how)
    return error.value.code


def ends(pid: int) -> bool:
    """Wait for any process to end. Returns False if it takes longer than half a minute."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    return bool(select.select([process], [], [], 30)[0])


# What it answers


def test_result(process: AnalysisProcess, songs: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    tags: list[dict[str, Any]] = []
    out = tmp_path / "out"
    result = process.analyse(songs / "short.mp3", out_dir=out, on_stage=stages.append, on_tags=tags.append)
    assert set(result["probabilities"]) == GENRES
    assert sum(result["probabilities"].values()) == pytest.approx(1)
    assert result["top"] in GENRES
    assert result["label"] in {None, result["top"]}
    assert result["segments"][0]["start"] == 0
    assert result["segments"][-1]["end"] == pytest.approx(result["duration"])
    assert result["duration"] == pytest.approx(4, abs=0.1)
    assert result["model"]["name"] == "mfcc-cnn-1"
    assert result["audio"]["kind"] == "mp3"
    assert result["notices"] == []
    assert stages == ["decoding", "listening", "drawing"]
    (file_tags,) = tags
    assert file_tags.pop("values")["TIT2"] == ["Blue Train"]
    assert file_tags == {"title": "Blue Train", "genre": "Jazz"}
    assert {path.name for path in out.iterdir()} == {"peaks.json", "spectrogram.png"}
    assert json.loads((out / "peaks.json").read_text())["duration"] == pytest.approx(4, abs=0.1)


def test_what_browsers_cannot_play_is_copied(process: AnalysisProcess, songs: Path, tmp_path: Path) -> None:
    stages: list[str] = []
    process.analyse(songs / "song.aiff", out_dir=tmp_path / "out", on_stage=stages.append)
    assert stages == ["decoding", "listening", "drawing", "copying"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "peaks.json", "spectrogram.png", "playable.mp3",
    }  # fmt: skip


@pytest.fixture(scope="module")
def pictured(songs: Path) -> Path:
    """A file with a picture in its tags."""
    path = sounds.write(songs / "pictured.mp3", 4)
    tags = ID3(path)
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=picture((200, 30, 30))))
    tags.save(path)
    return path


COVER_FILES = {cover_file_name(size) for size in COVER_SIZES}


def test_picture_in_a_file(process: AnalysisProcess, pictured: Path, tmp_path: Path) -> None:
    covers: list[Any] = []
    process.analyse(pictured, out_dir=tmp_path / "out", on_cover=covers.append)
    (cover,) = covers
    assert set(cover) == {"sha256", "colours"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "peaks.json",
        "spectrogram.png",
        *COVER_FILES,
    }


def test_cover_alone(process: AnalysisProcess, pictured: Path, songs: Path, tmp_path: Path) -> None:
    pid = process.pid
    assert process.read_cover(songs / "short.mp3", out_dir=tmp_path / "out") is None
    assert not list((tmp_path / "out").iterdir())
    assert process.read_cover(sounds.not_audio(tmp_path / "notes.mp3"), out_dir=tmp_path / "out") is None
    cover = process.read_cover(pictured, out_dir=tmp_path / "out")
    assert cover
    assert {path.name for path in (tmp_path / "out").iterdir()} == COVER_FILES
    assert process.pid == pid


DIES_OF_PICTURES = """
import os, signal
from classifier import analysis_child
def make_embedded_cover(path, out_dir):
    (out_dir / "cover-small.webp").write_bytes(b"half a picture")
    os.kill(os.getpid(), signal.{signal})
warm_up = analysis_child._warm_up
def _warm_up(classifier):
    warm_up(classifier)
    analysis_child.make_embedded_cover = make_embedded_cover
analysis_child._warm_up = _warm_up
analysis_child.main()
"""


@linux
@pytest.mark.parametrize("number", ["SIGSEGV", "SIGKILL", "SIGXCPU"])
def test_a_picture_that_kills_its_decoder_costs_the_cover_only(
    number: str, pictured: Path, tmp_path: Path
) -> None:
    process = make()
    process._command[1:3] = ["-c", DIES_OF_PICTURES.format(signal=number)]
    covers: list[Any] = []
    try:
        result = process.analyse(pictured, out_dir=tmp_path / "out", on_cover=covers.append)
    finally:
        process.close()
    assert covers == [None]
    assert result["duration"] == pytest.approx(4, abs=0.1)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"peaks.json", "spectrogram.png"}


def test_the_math_library_is_set_as_in_the_process_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a processor needs another kernel, the analysis needs it, too."""
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("EARMARK_SECRET_KEY", "secret")
    environment = sandbox_environment()
    assert environment["OPENBLAS_CORETYPE"] == "Haswell"
    assert "EARMARK_SECRET_KEY" not in environment


def test_the_same_answer_every_time_and_everywhere(process: AnalysisProcess, songs: Path) -> None:
    first = process.analyse(songs / "short.mp3")
    assert process.analyse(songs / "short.mp3") == first
    other = make()
    try:
        assert other.analyse(songs / "short.mp3") == first
        assert other.pid != process.pid
    finally:
        other.close()
    # In this process the result is the same as well, although its libraries may use several threads.
    here = Classifier.load("mfcc-cnn-1").analyse(songs / "short.mp3").as_dict()
    assert json.loads(json.dumps(here)) == first


def test_a_relative_path(process: AnalysisProcess, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(songs)
    assert process.analyse("short.mp3")["top"] in GENRES


def test_refusals_pass_through_and_harm_nobody(process: AnalysisProcess, songs: Path, tmp_path: Path) -> None:
    process.analyse(songs / "short.mp3")
    pid = process.pid
    (tmp_path / "empty.mp3").touch()
    assert refusal(process, tmp_path / "empty.mp3") == "empty"
    assert refusal(process, sounds.not_audio(tmp_path / "notes.mp3")) == "not_audio"
    assert refusal(process, sounds.silence(tmp_path / "silent.wav"), out_dir=tmp_path / "out") == "silent"
    assert not list((tmp_path / "out").iterdir())
    process.analyse(songs / "short.mp3")
    assert process.pid == pid is not None


def test_limits_are_handed_over(songs: Path) -> None:
    process = make(max_seconds=3.5, max_bytes=100_000)
    try:
        assert refusal(process, songs / "song.aiff") == "too_large"
        assert refusal(process, songs / "short.mp3") == "too_long"
    finally:
        process.close()


def test_threads_share_a_process(process: AnalysisProcess, songs: Path) -> None:
    results: dict[str, float] = {}

    def analyse(name: str) -> None:
        results[name] = process.analyse(songs / name)["audio"]["size"]

    threads = [threading.Thread(target=analyse, args=(name,)) for name in ("short.mp3", "song.aiff")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {name: (songs / name).stat().st_size for name in ("short.mp3", "song.aiff")}


# How it dies


@linux
def test_a_kill_in_the_middle(songs: Path) -> None:
    process = pausable_process()
    try:
        victims: list[int | None] = []

        def kill(stage: str) -> None:
            if stage == "decoding":
                victims.append(process.pid)
                os.kill(process.pid or 0, signal.SIGKILL)

        assert refusal(process, songs / "waits.wav", on_stage=kill) == "crashed"
        assert process.pid is None
        assert process.analyse(songs / "short.mp3")["top"] in GENRES
        assert process.pid not in victims
    finally:
        process.close()


@linux
def test_killed_between_two_files(songs: Path) -> None:
    """The next file is analysed by a new process."""
    process = make()
    try:
        process.analyse(songs / "short.mp3")
        pid = process.pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        assert process.analyse(songs / "short.mp3")["top"] in GENRES
        assert process.pid != pid
    finally:
        process.close()


@linux
def test_a_stopped_process_times_out(songs: Path) -> None:
    """A process that neither answers nor ends is killed when the time is up."""
    process = pausable_process()
    clock = FakeClock()
    pids: list[int] = []
    beats: list[int] = []

    def stop(stage: str) -> None:
        pids.append(process.pid or 0)
        os.kill(pids[0], signal.SIGSTOP)

    def beat() -> None:
        if pids:
            beats.append(1)
        if len(beats) == 3:
            clock.now = process._timeout

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis_process, "HEARTBEAT_SECONDS", 0.2)
        patch.setattr(analysis_process, "time", clock)
        assert refusal(process, songs / "waits.wav", on_stage=stop, on_heartbeat=beat) == "timeout"
    assert len(pids) == 1
    assert len(beats) == 3
    assert process.pid is None
    assert ends(pids[0])
    # Messages that it might still have sent are not taken for the next file's.
    try:
        assert process.analyse(songs / "short.mp3")["duration"] == pytest.approx(4, abs=0.1)
    finally:
        process.close()


@linux
def test_too_little_memory(songs: Path) -> None:
    """An hour's spectrogram does not fit. The process may report that or die of it, but may not hang."""
    process = make(memory=25 * 2**20, timeout=300)
    try:
        assert refusal(process, songs / "long.flac") in {"out_of_memory", "crashed"}
        assert process.analyse(songs / "short.mp3")["top"] in GENRES
    finally:
        process.close()


@linux
def test_the_process_ends_with_its_worker(songs: Path) -> None:
    """A killed worker leaves no analysis process behind, not even one in the middle of a file."""
    code = (
        "import os, sys\n"
        "from tests.classifier.pausable_process import pausable_process\n"
        "process = pausable_process()\n"
        "def leave(stage):\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(0)\n"
        "process.analyse(sys.argv[1], on_stage=leave)\n"
    )
    command = [sys.executable, "-c", code, str(songs / "waits.wav")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    assert ends(int(ran.stdout))


def test_the_process_is_replaced_after_a_number_of_files(songs: Path) -> None:
    process = make(max_files=2)
    try:
        results, pids = [], []
        for _ in range(3):
            results.append(process.analyse(songs / "short.mp3"))
            pids.append(process.pid)
        first, gone, second = pids
        assert first
        assert gone is None
        assert second not in (None, first)
        assert results[0] == results[1] == results[2]
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
    finally:
        process.close()


def test_the_process_ends_when_idle(songs: Path) -> None:
    process = make(idle=0.2)
    try:
        process.analyse(songs / "short.mp3")
        child = process._child
        assert child is not None
        assert child.wait(timeout=30) == 0
        assert process.pid is None
        assert process.analyse(songs / "short.mp3")["top"] in GENRES
    finally:
        process.close()


def test_close_ends_the_process(songs: Path) -> None:
    process = make()
    process.analyse(songs / "short.mp3")
    child = process._child
    process.close()
    assert child is not None
    assert child.poll() is not None
    process.close()  # a second call does nothing


def test_a_model_that_does_not_exist(songs: Path, capfd: pytest.CaptureFixture[str]) -> None:
    process = AnalysisProcess(model="no-such-model", models_dir=DEFAULT_MODELS_DIR)
    with pytest.raises(RuntimeError, match="does not start"):
        process.analyse(songs / "short.mp3")
    assert process.pid is None
    assert "no-such-model" in capfd.readouterr().err


def test_what_the_web_process_imports_is_light() -> None:
    code = (
        "import sys\n"
        "import classifier.errors, classifier.formats, classifier.analysis_process, classifier.mel_scale\n"
        "heavy = {'numpy', 'av', 'librosa', 'scipy', 'PIL', 'mutagen', 'ai_edge_litert', 'django'}\n"
        "print(heavy & {name.split('.')[0] for name in sys.modules})\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
