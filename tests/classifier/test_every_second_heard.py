"""All of a file is heard, and the part that players play; or the file is called truncated."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from classifier.audio import SAMPLE_RATE, Decoder, decode
from classifier.audiofile import AudioInfo
from classifier.file_window import FileWindow
from classifier.ogg_links import next_link
from classifier.transcode import transcode
from tests import sounds
from tests.classifier.audio_files import tone


def link(path: Path, seconds: float, rate: int, channels: int, level: float = 0.5) -> bytes:
    pcm = np.stack([tone(seconds, rate, level)] * channels)
    mono_ogg = path.suffix == ".ogg" and channels == 1  # FFmpeg’s Vorbis encoder writes stereo only
    return sounds.write(path, pcm=pcm, sample_rate=rate, codec="flac" if mono_ogg else None).read_bytes()


def heard(path: Path) -> tuple[sounds.FloatArray, AudioInfo]:
    decoder = Decoder(path)
    return np.concatenate(list(decoder)), decoder.info


CHAINS = {
    "same": [(44_100, 2), (44_100, 2)],
    "other_rate": [(44_100, 2), (48_000, 2)],
    "other_channels": [(44_100, 2), (44_100, 1)],
    "three": [(44_100, 1), (32_000, 2), (44_100, 1)],
}


@pytest.mark.parametrize("name", CHAINS)
def test_every_link_of_a_chain(tmp_path: Path, name: str) -> None:
    links = [link(tmp_path / f"{n}.ogg", 4, *shape) for n, shape in enumerate(CHAINS[name])]
    path = tmp_path / "chain.ogg"
    path.write_bytes(b"".join(links))
    pcm, info = heard(path)
    assert info.duration == pytest.approx(4 * len(links), abs=0.1)
    assert not info.truncated
    for n in range(len(links)):
        middle = pcm[(4 * n + 1) * SAMPLE_RATE : (4 * n + 3) * SAMPLE_RATE]
        assert np.abs(middle).max() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_chain_of_opus(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "chain.opus"
    path.write_bytes(link(tmp_path / "1.opus", 4, 48_000, 2) + link(tmp_path / "2.opus", 4, 48_000, channels))
    assert heard(path)[1].duration == pytest.approx(8, abs=0.1)


def test_a_chain_of_different_codecs(tmp_path: Path) -> None:
    path = tmp_path / "chain.ogg"
    path.write_bytes(link(tmp_path / "1.ogg", 4, 44_100, 2) + link(tmp_path / "2.opus", 4, 48_000, 2))
    assert heard(path)[1].duration == pytest.approx(8, abs=0.1)


def test_a_link_that_cannot_be_decoded_is_not_kept_quiet(tmp_path: Path) -> None:
    other = (
        link(tmp_path / "2.opus", 4, 48_000, 2)
        .replace(b"OpusHead", b"OpusHeap")
        .replace(b"OpusTags", b"OpusTabs")
    )
    path = tmp_path / "chain.ogg"
    path.write_bytes(link(tmp_path / "1.ogg", 4, 44_100, 2) + other)
    _, info = heard(path)
    assert info.duration == pytest.approx(4, abs=0.1)
    assert info.truncated


def test_a_playable_copy_has_every_link(tmp_path: Path) -> None:
    path = tmp_path / "chain.ogg"
    path.write_bytes(link(tmp_path / "1.ogg", 4, 44_100, 2) + link(tmp_path / "2.ogg", 4, 48_000, 1))
    transcode(path, tmp_path / "copy.mp3")
    assert decode(tmp_path / "copy.mp3")[1].duration == pytest.approx(8, abs=0.2)


def test_links_are_found_by_their_pages(tmp_path: Path) -> None:
    first, second = (link(tmp_path / f"{n}.ogg", 4, 44_100, 1) for n in (1, 2))
    path = tmp_path / "chain.ogg"
    path.write_bytes(first + b"garbage" * 20_000 + second)
    with path.open("rb") as file:
        window = FileWindow(file)
        found = next_link(window, 0)
        assert found == len(first) + 140_000
        assert next_link(window, found) is None
        assert next_link(window, len(first) - 10) is None  # within the last page of the first


def two_tracks(path: Path, default: int) -> Path:
    """An MP4 with a loud and a silent sound track, of which one is the default."""
    with av.open(str(path), "w", format="mp4") as file:
        levels = (0.0, 0.5)
        streams = [file.add_stream("aac", rate=44_100, layout="mono") for _ in levels]
        for number, stream in enumerate(streams):
            stream.disposition = (
                av.stream.Disposition.default if number == default else av.stream.Disposition(0)
            )
        for stream, level in zip(streams, levels, strict=True):
            frame = av.AudioFrame.from_ndarray(tone(5, 44_100, level)[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, 0
            file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
    return path


def test_the_default_sound_track(tmp_path: Path) -> None:
    pcm, _ = heard(two_tracks(tmp_path / "film.mp4", default=1))
    assert np.abs(pcm[SAMPLE_RATE : 2 * SAMPLE_RATE]).max() == pytest.approx(0.5, abs=0.1)


def test_what_ffmpeg_leaves_unread_is_said(tmp_path: Path) -> None:
    """An AAC stream with something else in its middle has no header that could state its length."""
    data = sounds.as_bytes(".wv", 8)
    path = tmp_path / "song.wv"
    path.write_bytes(data[: len(data) // 2])
    assert heard(path)[1].truncated
