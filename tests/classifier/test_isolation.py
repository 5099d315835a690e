"""The analysis process is isolated: it may do little, and its forks may die in any way without harm."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import analysis_child, analysis_process
from classifier.analysis_process import ROOT, AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.errors import AudioError
from classifier.limits import TimeLimitExceeded, resource_limits
from tests import sounds
from tests.classifier.pausable_process import FakeClock, pausable_process, while_paused

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


def make() -> AnalysisProcess:
    return AnalysisProcess(model="mfcc-cnn-1", models_dir=DEFAULT_MODELS_DIR)


@pytest.fixture(scope="module")
def process() -> Iterator[AnalysisProcess]:
    process = pausable_process(memory=2**30)
    yield process
    process.close()


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`short.wav`, `waits.wav`, at which the process pauses, and `waits.flac`, which then takes seconds to analyse."""
    folder = tmp_path_factory.mktemp("songs")
    for name in ("short.wav", "waits.wav"):
        sounds.write(folder / name, 4, channels=1)
    pcm = np.concatenate([sounds.music(4, 8_000, 1), np.zeros((1, 8_000 * 3_600), np.float32)], axis=1)
    sounds.write(folder / "waits.flac", pcm=pcm, sample_rate=8_000)
    return folder


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


# How it dies


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGKILL, "crashed"),
        (signal.SIGSEGV, "crashed"),
        (signal.SIGABRT, "crashed"),
        (signal.SIGBUS, "crashed"),
        (signal.SIGTERM, "crashed"),
        (signal.SIGXCPU, "timeout"),
    ],
)
def test_a_fork_killed_by_a_signal_fails_its_own_file_only(
    process: AnalysisProcess, songs: Path, number: signal.Signals, code: str
) -> None:
    process.analyse(songs / "short.wav")
    pid = process.pid
    with pytest.raises(AudioError) as refusal:
        process.analyse(
            songs / "waits.wav", on_stage=while_paused(lambda fork: os.kill(fork, number), process)
        )
    assert refusal.value.code == code
    assert process.analyse(songs / "short.wav")["duration"] == pytest.approx(4)
    assert process.pid == pid is not None


def test_a_stopped_fork_times_out(songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = pausable_process()
    clock = FakeClock()
    forks: list[int] = []

    def stop(fork: int) -> None:
        forks.append(os.pidfd_open(fork))
        os.kill(fork, signal.SIGSTOP)
        clock.now = process._timeout

    try:
        monkeypatch.setattr(analysis_process, "time", clock)
        with pytest.raises(AudioError) as refusal:
            process.analyse(songs / "waits.wav", on_stage=while_paused(stop, process))
        assert refusal.value.code == "timeout"
        assert select.select(forks, [], [], 30)[0]  # the stopped fork has ended
        monkeypatch.undo()
        assert process.analyse(songs / "short.wav")["duration"] == pytest.approx(4)
    finally:
        process.close()
        for fork in forks:
            os.close(fork)


def test_exceeding_the_cpu_limit_is_a_timeout(process: AnalysisProcess, songs: Path) -> None:
    """The kernel ends a process that exceeds its CPU limit."""

    def tighten(fork: int) -> None:
        _, hard = resource.prlimit(fork, resource.RLIMIT_CPU)
        resource.prlimit(fork, resource.RLIMIT_CPU, (1, hard))

    with pytest.raises(AudioError) as refusal:
        process.analyse(songs / "waits.flac", on_stage=while_paused(tighten, process))
    assert refusal.value.code == "timeout"
    assert process.analyse(songs / "short.wav")


# What it may do


def test_limits_and_privileges(songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EARMARK_SECRET_KEY", "EARMARK_DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, "hush-hush")
    seen: dict[str, Any] = {}

    def look(fork: int) -> None:
        proc = Path(f"/proc/{fork}")
        seen["environment"] = (proc / "environ").read_bytes() + (proc / "cmdline").read_bytes()
        seen["limits"] = {
            line[:26].strip(): line[26:].split()[:2] for line in (proc / "limits").read_text().splitlines()
        }
        seen["status"] = status(fork)
        seen["network"] = os.readlink(proc / "ns/net")
        seen["input"] = os.readlink(proc / "fd/0")

    process = pausable_process(timeout=600)
    try:
        process.analyse(songs / "waits.wav", on_stage=while_paused(look, process))
    finally:
        process.close()
    assert b"OMP_NUM_THREADS=1" in seen["environment"]
    assert b"hush-hush" not in seen["environment"]
    assert seen["status"]["NoNewPrivs"] == "1"
    assert int(seen["status"]["CapEff"], 16) & ~0b110 == 0
    assert int(seen["status"]["CapPrm"], 16) & ~0b110 == 0
    assert seen["input"] == "/dev/null"
    assert int(seen["limits"]["Max cpu time"][0]) <= 602
    assert int(seen["limits"]["Max cpu time"][1]) <= 632
    assert int(seen["limits"]["Max address space"][1]) < 2**30 * 6
    assert int(seen["limits"]["Max file size"][1]) <= 512 * 2**20
    assert seen["limits"]["Max core file size"] == ["0", "0"]
    if namespaces_allowed():
        assert seen["network"] != os.readlink("/proc/self/ns/net")


def namespaces_allowed() -> bool:
    code = "import ctypes, sys; libc = ctypes.CDLL(None); " + (
        "sys.exit(bool(libc.unshare(0x40000000) and libc.unshare(0x50000000)))"
    )
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


TALK = """
import encodings.idna, os, socket, sys, tempfile
from classifier.limits import isolate
port, user = map(int, sys.argv[1:])
with tempfile.TemporaryDirectory() as folder:
    if user:
        os.chown(folder, user, user)
        os.setgid(user)
        os.setuid(user)
    isolate()
    with open(folder + "/written", "w") as file:
        file.write("files can be made as before")
    try:
        socket.create_connection(("127.0.0.1", port), 2)
    except OSError:
        print("alone")
"""


@pytest.mark.parametrize("user", [0, 65_534])
def test_no_network(user: int) -> None:
    if not namespaces_allowed():
        pytest.skip("this system lets no process leave its network")
    if user and os.getuid():
        pytest.skip("only root can become another")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", TALK, str(server.getsockname()[1]), str(user)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.stdout == "alone\n", ran.stderr


def test_new_privileges_cannot_be_gained() -> None:
    """The no_new_privs flag is set, which also applies to set-user-ID programs."""
    code = (
        "import ctypes; from classifier.limits import isolate; isolate();"
        "print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1"


TRY_ALL = """
import os, socket, subprocess, sys
from pathlib import Path
from classifier.landlock import confine
from classifier.limits import isolate
folder = Path(sys.argv[1])
isolate()
confine(read=[folder / "song", folder / "library"], write=[folder / "out"])
for name, attempt in {
    "reads the song": lambda: (folder / "song").read_text(),
    "reads what it is made of": lambda: (folder / "library/code").read_text(),
    "writes where it should": lambda: (folder / "out/picture").write_text("x"),
    "takes away what it wrote": lambda: (folder / "out/picture").unlink(),
    "changes the song": lambda: (folder / "song").write_text("x"),
    "reads another song": lambda: (folder / "secret").read_text(),
    "looks what there is": lambda: os.listdir(folder),
    "writes elsewhere": lambda: (folder / "new").write_text("x"),
    "reads the worker's environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "starts a program": lambda: os.execv(sys.executable, [sys.executable, "-c", "print('a program')"]),
}.items():
    try:
        attempt()
        print(name)
    except OSError:
        pass
"""


def test_other_files_are_out_of_reach(tmp_path: Path) -> None:
    if not landlocked():
        pytest.skip("this system has no Landlock")
    for name in ("library", "out"):
        (tmp_path / name).mkdir()
    for name in ("song", "secret", "library/code"):
        (tmp_path / name).write_text(name)
    command = [sys.executable, "-c", TRY_ALL, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == [
        "reads the song",
        "reads what it is made of",
        "writes where it should",
        "takes away what it wrote",
    ]
    assert (tmp_path / "song").read_text() == "song"


TAKEN_OVER = """
from pathlib import Path
from classifier import analysis_child
def read_tags(path):
    try:
        return {{"title": Path({secret!r}).read_text()}}
    except OSError:
        return {{"title": "nothing"}}
analysis_child.read_tags = read_tags
analysis_child.main()
"""


def test_a_decoder_that_was_taken_over_reads_no_other_file(songs: Path, tmp_path: Path) -> None:
    if not landlocked():
        pytest.skip("this system has no Landlock")
    secret = tmp_path / "secret_key"
    secret.write_text("hush-hush")
    process = make()
    process._command[1:3] = ["-c", TAKEN_OVER.format(secret=str(secret))]
    received: list[dict[str, Any]] = []
    try:
        assert process.analyse(songs / "short.wav", out_dir=tmp_path, on_tags=received.append)
        assert received == [{"title": "hush-hush"}]  # the folder that it may write to is readable
        received.clear()
        assert process.analyse(songs / "short.wav", on_tags=received.append)
    finally:
        process.close()
    assert received == [{"title": "nothing"}]


def landlocked() -> bool:
    return ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) > 0


# What it may say


def test_messages_of_another_request_are_ignored() -> None:
    """A decoder that was taken over may send anything, even for files that come later."""
    later = b'{"id": "0123456789abcdef", "result": {}}'
    for line in (b"", b"\xff", b"[1]", b"null", b"{", b"[" * 100_000, later):
        assert analysis_process._parse_message(line, "fedcba9876543210") is None
    assert analysis_process._parse_message(later, "0123456789abcdef") is not None


def test_a_broken_off_line_does_not_swallow_the_next() -> None:
    out = io.StringIO()
    out.write('{"id": "7", "result": {"probab')
    analysis_child._message_writer(out, "7")(error={"code": "crashed"})
    messages = [analysis_process._parse_message(line.encode(), "7") for line in out.getvalue().split("\n")]
    assert [message for message in messages if message] == [{"id": "7", "error": {"code": "crashed"}}]


FLOOD = """
import json, sys
request = json.loads(sys.stdin.readline())
print(json.dumps({"id": request["id"], "accepted": True}), flush=True)
while True:
    sys.stdout.write("x" * 65536)
"""


def test_endless_output_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    process = make()
    monkeypatch.setattr(process, "_command", [sys.executable, "-c", FLOOD])
    monkeypatch.setattr(analysis_process, "MAX_LINE_BYTES", 2**20)
    with pytest.raises(AudioError) as refusal:
        process.analyse("any.wav")
    assert refusal.value.code == "crashed"
    assert process.pid is None


# What is done within bounds


def test_time_is_bounded_even_where_errors_are_swallowed() -> None:
    def swallow() -> None:
        with suppress(TimeLimitExceeded):
            work()
        work()

    def work() -> None:
        while True:
            sum(range(1000))

    with pytest.raises(TimeLimitExceeded), resource_limits(seconds=0.05, memory=2**30):
        swallow()
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def test_memory_is_bounded_and_free_again() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), resource_limits(seconds=10, memory=64 * 2**20):
        bytearray(256 * 2**20)
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    bytearray(256 * 2**20)
