"""What is hostile or of no use is refused with a code, and opens nothing else."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.audio import Decoder, decode
from classifier.audiofile import AudioLimits
from classifier.errors import AudioError
from tests import sounds
from tests.classifier.audio_files import plain_wav, refusal_code, song, tone


def test_refusals(tmp_path: Path) -> None:
    good = song(tmp_path / "good.wav")
    empty = tmp_path / "empty.mp3"
    empty.touch()
    assert refusal_code(empty) == "empty"
    assert refusal_code(good, max_bytes=1000) == "too_large"
    assert refusal_code(good, max_seconds=3.9) == "too_long"
    assert refusal_code(good, min_seconds=4.1) == "too_short"
    assert refusal_code(good, max_channels=1) == "too_many_channels"
    assert refusal_code(good, max_sample_rate=32_000) == "bad_sample_rate"
    assert refusal_code(sounds.not_audio(tmp_path / "notes.mp3")) == "not_audio"
    assert refusal_code(sounds.write(tmp_path / "short.ogg", 2)) == "too_short"
    assert refusal_code(sounds.silence(tmp_path / "silent.flac")) == "silent"
    nine = np.zeros((9, 22_050 * 4), np.float32)
    assert refusal_code(plain_wav(tmp_path / "nine.wav", nine)) == "too_many_channels"
    slow = sounds.write(tmp_path / "slow.wav", pcm=tone(4, 3_000)[None], sample_rate=3_000)
    assert refusal_code(slow) == "bad_sample_rate"


def test_quiet_is_not_silent(tmp_path: Path) -> None:
    loud_enough = sounds.write(tmp_path / "quiet.flac", pcm=tone(4, 22_050, 3e-4)[None], sample_rate=22_050)
    assert decode(loud_enough)[1].peak == pytest.approx(3e-4, abs=5e-5)
    too_quiet = sounds.float_wav(tmp_path / "quieter.wav", tone(4, 22_050, 5e-5))
    assert refusal_code(too_quiet) == "silent"


def test_too_long_is_noticed_while_decoding(tmp_path: Path) -> None:
    """Whatever the header says, and without decoding the rest."""
    path = sounds.write(tmp_path / "long.flac", 30, channels=1)
    blocks = []
    with pytest.raises(AudioError, match="longer"):
        blocks.extend(Decoder(path, AudioLimits(max_seconds=5)))
    assert sum(map(len, blocks)) <= 5 * 22_050


def test_what_is_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    assert refusal_code(tmp_path / "pipe.wav") == "not_audio"
    assert refusal_code(tmp_path) == "not_audio"
    assert refusal_code(Path("/dev/zero")) == "not_audio"
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "missing.wav")


def test_encrypted_files(tmp_path: Path) -> None:
    m4a = song(tmp_path / "song.m4a")
    m4a.write_bytes(m4a.read_bytes().replace(b"mp4a", b"drms", 1))
    assert refusal_code(m4a) == "drm"
    wma = song(tmp_path / "song.wma")
    data = bytearray(wma.read_bytes())
    # The stream properties' place in the header is taken by a content encryption object.
    place = data.find(bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365"))
    data[place : place + 16] = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    wma.write_bytes(data)
    assert refusal_code(wma) == "drm"


def test_a_codec_that_cannot_be_decoded(tmp_path: Path) -> None:
    path = song(tmp_path / "song.wav")
    data = bytearray(path.read_bytes())
    data[20:22] = struct.pack("<H", 0x0181)  # a format that nobody registered
    path.write_bytes(data)
    assert refusal_code(path) == "unsupported_codec"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n",
        '<?xml version="1.0"?><MPD><BaseURL>{other}</BaseURL></MPD>',
    ],
    ids=["hls", "concat", "sdp", "dash"],
)
@pytest.mark.skipif(sys.platform != "linux", reason="inotify")
def test_playlists_open_nothing(tmp_path: Path, text: str) -> None:
    other = song(tmp_path / "other.wav")
    opened = watch(other)
    assert not opened()
    content = text.format(other=other).encode()
    for name in ("list.mp3", "list.m3u8"):
        (tmp_path / name).write_bytes(content)
        assert refusal_code(tmp_path / name) == "not_audio"
    # A very long ID3 tag makes it an MP3 as far as its first bytes tell; then only MP3 frames are looked for.
    tagged = tmp_path / "tagged.mp3"
    tagged.write_bytes(b"ID3\4\0\0\0\0\x7f\x7f".ljust(10 + 127 * 128 + 127, b"\0") + content * 200)
    assert refusal_code(tagged) in {"not_audio", "corrupt"}
    assert not opened()
    decode(other)
    assert opened()


def watch(path: Path) -> Callable[[], bool]:
    """Whether anybody, FFmpeg's C code included, has opened the file since the last time of asking."""
    libc = ctypes.CDLL(None)
    watcher = os.fdopen(libc.inotify_init1(os.O_NONBLOCK), "rb", buffering=0)
    libc.inotify_add_watch(watcher.fileno(), os.fsencode(path), 0x20)  # IN_OPEN
    return lambda: bool(watcher.read(4096))
