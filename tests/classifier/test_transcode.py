"""The copy for browsers plays, sounds the same, and is written atomically."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier import formats
from classifier.audio import decode
from classifier.audiofile import AudioLimits
from classifier.errors import AudioError
from classifier.transcode import nearest_rate, transcode
from tests import sounds


@pytest.mark.parametrize(
    ("extension", "how", "rate", "channels"),
    [
        (".aiff", {}, 44_100, 2),
        (".wma", {}, 44_100, 2),
        (".au", {"sample_rate": 8_000, "channels": 1}, 8_000, 1),
        (".m4a", {"codec": "alac", "sample_rate": 96_000}, 48_000, 2),
        (".wav", {"sample_rate": 48_000, "channels": 6}, 48_000, 2),
        (".flac", {"sample_rate": 37_800, "channels": 1}, 44_100, 1),
    ],
)
def test_a_copy_sounds_the_same(
    tmp_path: Path, extension: str, how: dict[str, object], rate: int, channels: int
) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 4, **how)
    before = path.read_bytes()
    copy = tmp_path / "copies" / "playable.mp3"
    transcode(path, copy)
    pcm, info = decode(copy)
    original, _ = decode(path)
    assert (info.kind, info.codec, info.sample_rate, info.channels) == ("mp3", "mp3", rate, channels)
    assert formats.is_browser_playable(info.kind, info.codec)
    assert info.duration == pytest.approx(4, abs=0.15)
    both = min(len(pcm), len(original))
    # FFmpeg mixes six channels to two by its own recipe; the sound is the same, the level need not be.
    assert np.corrcoef(pcm[:both], original[:both])[0, 1] > 0.9
    assert path.read_bytes() == before
    assert list(copy.parent.iterdir()) == [copy]


@pytest.mark.parametrize(
    ("rate", "nearest"),
    [(44_100, 44_100), (192_000, 48_000), (88_200, 44_100), (176_400, 44_100), (4_000, 8_000)],
)
def test_nearest_rate(rate: int, nearest: int) -> None:
    assert nearest_rate(rate) == nearest


def test_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "copies" / "playable.mp3"
    song = sounds.write(tmp_path / "song.aiff", 8, channels=1)
    cut = tmp_path / "cut.aiff"
    cut.write_bytes(song.read_bytes()[:50_000])
    for path, limits, code in (
        (song, AudioLimits(max_seconds=5), "too_long"),
        (cut, AudioLimits(), "corrupt"),
        (sounds.not_audio(tmp_path / "notes.mp3"), AudioLimits(), "not_audio"),
    ):
        with pytest.raises(AudioError) as refusal:
            transcode(path, out, limits)
        assert refusal.value.code == code
        assert list(out.parent.iterdir()) == []


def test_a_copy_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "playable.mp3"
    out.write_bytes(b"an older copy")
    transcode(sounds.write(tmp_path / "song.aiff", 4, channels=1), out)
    assert decode(out)[1].duration == pytest.approx(4, abs=0.15)
