"""Bad and odd files in the analysis process: each is analysed, or refused with its code, within the limits.

The cases and their expected outcomes are in `tests/hostile`.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.cover_process import COVER_SIZES, cover_file_name
from classifier.errors import MESSAGES, AudioError
from classifier.formats import HEAD_BYTES, sniff
from tests import sounds
from tests.hostile_audio import ANALYSED, CASES, Case

#: Stricter limits than a site's: address space besides the model, CPU seconds, seconds of audio.
MEMORY, SECONDS, LONGEST = 768 * 2**20, 5, 300
#: Acceptable outcomes of a file that was truncated or changed at random. Damaged headers may well state another rate.
DAMAGE = {
    ANALYSED, "corrupt", "too_short", "too_long", "not_audio", "unsupported_codec", "bad_sample_rate",
    "too_many_channels", "silent", "drm",
}  # fmt: skip


@pytest.fixture(scope="module")
def process() -> Iterator[AnalysisProcess]:
    """One process for all tests, because no file may harm it."""
    process = AnalysisProcess(
        model="mfcc-cnn-1",
        models_dir=DEFAULT_MODELS_DIR,
        memory=MEMORY,
        timeout=SECONDS,
        max_seconds=LONGEST,
    )
    process._timeout = 120  # CPU time is limited here; wall-clock time must not be, on a busy machine
    yield process
    process.close()


def outcome(process: AnalysisProcess, path: Path, out_dir: Path) -> tuple[str, dict[str, Any], float]:
    """Return (`ANALYSED` or the error code, the tags, the largest memory use seen in bytes)."""
    tags: dict[str, Any] = {}
    peak = [0.0]

    def look(event: object) -> None:
        """Record the memory use, unless the process has just ended."""
        try:
            fork = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{fork}/status").read_text())
            peak.append(int(found[1]) * 1024 if found else 0)
        except (OSError, IndexError):
            pass

    try:
        result = process.analyse(
            path, out_dir=out_dir, on_stage=look, on_tags=lambda found: (tags.update(found), look(found))
        )
    except AudioError as error:
        return error.code, tags, max(peak)
    json.dumps(result, allow_nan=False)
    assert sum(result["probabilities"].values()) == pytest.approx(1)
    assert 3 <= result["duration"] <= LONGEST
    return ANALYSED, tags, max(peak)


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith(".zip")])
def test_each_case_is_analysed_or_refused_with_its_code(
    process: AnalysisProcess, tmp_path: Path, name: str
) -> None:
    path = CASES[name].write(tmp_path)
    before = path.stat().st_mtime_ns
    pid = process.pid
    code, tags, peak = outcome(process, path, tmp_path / "out")
    assert code in CASES[name].outcomes
    assert peak < MEMORY
    assert all(len(text) <= 200 for text in tags.values() if isinstance(text, str))
    assert pid in {None, process.pid}  # the process itself, which waits for the next file, is unharmed
    assert path.stat().st_mtime_ns == before
    made = {file.name for file in tmp_path.rglob("*") if file.is_file()} - {name}
    made -= {cover_file_name(size) for size in COVER_SIZES}  # also of files whose sound cannot be decoded
    assert made <= {"peaks.json", "spectrogram.png", "playable.mp3"} if code == ANALYSED else not made


@pytest.mark.parametrize("name", [name for name in CASES if name.endswith(".zip")])
def test_archives_are_not_recognised_as_audio(name: str) -> None:
    """Uploads unpack archives, but an analysis does not."""
    made = CASES[name].make(Path("unused"))
    assert isinstance(made, bytes)
    assert sniff(made[:HEAD_BYTES]) is None


def test_the_cases_cover_the_refusal_codes() -> None:
    assert len(CASES) >= 40
    assert all(isinstance(case, Case) and case.outcomes for case in CASES.values())
    codes = set().union(*(case.outcomes for name, case in CASES.items() if not name.endswith(".zip")))
    assert codes - {ANALYSED} <= set(MESSAGES)
    assert codes >= {
        ANALYSED,
        "corrupt",
        "not_audio",
        "unsupported_codec",
        "drm",
        "too_long",
        "silent",
        "timeout",
    }


def test_tags_beside_a_huge_picture_are_read(process: AnalysisProcess, tmp_path: Path) -> None:
    """A picture of 100 MB must not prevent reading the title."""
    for name, title in {
        "mp3_picture_of_100_mb.mp3": "Blue Train",
        "mp3_picture_to_draw.mp3": "Blue Train",
        "html_in_a_title.mp3": "<script>alert(1)</script>[2J",
    }.items():
        _, tags, _ = outcome(process, CASES[name].write(tmp_path), tmp_path / "out")
        assert tags.get("title") == title


@functools.cache
def whole(extension: str) -> bytes:
    return sounds.as_bytes(extension, 8, tags={"title": "Blue Train"})


@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
def test_cut_off_at_every_tenth(process: AnalysisProcess, tmp_path: Path, extension: str) -> None:
    data = whole(extension)
    path = tmp_path / f"cut{extension}"
    codes = []
    for tenth in range(1, 11):
        path.write_bytes(data[: len(data) * tenth // 10])
        codes.append(outcome(process, path, tmp_path / "out")[0])
    assert set(codes) <= {ANALYSED, "corrupt", "too_short"}
    assert codes[0] != ANALYSED
    assert codes[-1] == ANALYSED
    if extension not in (".m4a", ".caf"):  # their index is at their end
        assert codes[5] == ANALYSED


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.parametrize("extension", sounds.EXTENSIONS)
@settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=40),
    front=st.booleans(),
)
def test_bits_turned_at_random(
    process: AnalysisProcess, tmp_path: Path, extension: str, flips: list[tuple[float, int]], front: bool
) -> None:
    data = bytearray(whole(extension))
    reach = min(len(data), 600) if front else len(data)  # test headers more often
    for place, bit in flips:
        data[int(place * (reach - 1))] ^= 1 << bit
    path = tmp_path / f"damaged{extension}"
    path.write_bytes(data)
    code, _, peak = outcome(process, path, tmp_path / "out")
    assert code in DAMAGE
    assert peak < MEMORY
