"""Songs in another format or at a lower rate: made while they are sent, kept for a while, and few at a time."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from library import services
from library.models import Track, User
from library.outgoing import transcoded
from library.outgoing.transcoded import Transcoding, transcoding_for
from library.services.transcoded import UNUSED_SECONDS, transcoded_folder
from tests import sounds
from tests.factories import TrackFactory
from tests.subsonic import Player

pytestmark = pytest.mark.django_db

DEADLINE = 60


@pytest.fixture
def player(alice: User) -> Player:
    return Player(alice)


@pytest.fixture
def long_track(alice: User) -> Track:
    """A WAV of twelve seconds: 44,100 Hz, stereo."""
    track = TrackFactory(
        owner=alice, duration=12.0, audio={"bit_rate": 1_411_200, "sample_rate": 44_100, "channels": 2}
    )
    content = sounds.as_bytes(".wav", 12)
    with open(track.original.path, "wb") as file:
        file.write(content)
    Track.objects.filter(pk=track.pk).update(size=len(content))
    return Track.objects.get(pk=track.pk)


def decoded(content: bytes) -> tuple[str, float, int]:
    """Codec, seconds and kbit/s of a file."""
    with av.open(io.BytesIO(content)) as file:
        stream = file.streams.audio[0]
        samples = sum(frame.samples for frame in file.decode(stream))
        seconds = samples / stream.codec_context.sample_rate
        return stream.codec_context.name, seconds, round(len(content) * 8 / 1000 / seconds)


def kept() -> list[str]:
    """The files of the folder, once nothing is being made any more."""
    until = time.monotonic() + DEADLINE
    while transcoded._places._taken.total() and time.monotonic() < until:
        time.sleep(0.01)
    return sorted(path.name for path in transcoded_folder().iterdir())


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("kind", "bit_rate", "asked", "expected"),
        [
            ("mp3", 320, ("", 0, 0), None),
            ("mp3", 320, ("raw", 64, 9), None),
            ("mp3", 320, ("mp3", 320, 0), None),
            ("mp3", 320, ("mp3", 0, 0), None),
            ("mp3", 320, ("", 128, 0), ("mp3", 128, 0)),
            ("mp3", 96, ("", 128, 0), None),
            ("mp3", 320, ("opus", 0, 0), ("opus", 128, 0)),
            ("mp3", 320, ("", 0, 30), ("mp3", 192, 30)),
            ("flac", 900, ("", 0, 0), None),
            ("flac", 900, ("mp3", 0, 0), ("mp3", 192, 0)),
            ("flac", 900, ("", 1000, 0), None),
            ("flac", 900, ("", 256, 0), ("mp3", 256, 0)),
            ("flac", 900, ("mp3", 999, 0), ("mp3", 320, 0)),
            ("flac", 900, ("opus", 1, 0), ("opus", 24, 0)),
            ("flac", 900, ("flac", 256, 0), None),
            ("opus", 128, ("", 64, 0), ("opus", 64, 0)),
            ("wav", 0, ("", 128, 0), ("mp3", 128, 0)),
        ],
    )
    def test_for_what_is_asked(
        self, kind: str, bit_rate: int, asked: tuple[str, int, int], expected: tuple[str, int, int] | None
    ) -> None:
        track = Track(kind=kind, audio={"bit_rate": bit_rate * 1000}, size=0)
        assert transcoding_for(track, *asked) == (Transcoding(*expected) if expected else None)

    @pytest.mark.parametrize(
        ("params", "codec", "mime", "name"),
        [
            ({"format": "mp3"}, "mp3float", "audio/mpeg", "track.mp3"),
            ({"maxBitRate": "64"}, "mp3float", "audio/mpeg", "track.mp3"),
            ({"format": "opus", "maxBitRate": "64"}, "opus", "audio/ogg", "track.opus"),
        ],
    )
    def test_as_it_is_named(
        self, player: Player, long_track: Track, params: dict[str, str], codec: str, mime: str, name: str
    ) -> None:
        response, content = player.bytes("stream", id=f"tr-{long_track.pk}", **params)
        assert (response.status_code, response["Content-Type"]) == (200, mime)
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
        assert "Content-Length" not in response
        found, seconds, kilobits = decoded(content)
        assert found.startswith(codec.removesuffix("float")) or found.endswith("opus")
        assert seconds == pytest.approx(12, abs=0.2)
        if "maxBitRate" in params:
            assert kilobits < 80

    def test_from_a_moment_on(self, player: Player, long_track: Track) -> None:
        _, content = player.bytes("stream", id=f"tr-{long_track.pk}", timeOffset=9)
        assert decoded(content)[1] == pytest.approx(3, abs=0.5)
        assert kept() == []

    def test_once_whole_it_is_kept_and_has_ranges(self, player: Player, long_track: Track) -> None:
        _, content = player.bytes("stream", id=f"tr-{long_track.pk}", format="mp3")
        assert kept() == [f"{long_track.folder}-192.mp3"]
        response, part = player.bytes(
            "stream", id=f"tr-{long_track.pk}", format="mp3", headers={"Range": "bytes=10-19"}
        )
        assert (response.status_code, part) == (206, content[10:20])
        response, whole = player.bytes("stream", id=f"tr-{long_track.pk}", format="mp3")
        assert whole == content
        assert response["Content-Length"] == str(len(content))

    def test_only_the_headers_make_nothing(self, player: Player, long_track: Track) -> None:
        response, content = player.bytes("stream", method="head", id=f"tr-{long_track.pk}", format="mp3")
        assert (response["Content-Type"], content) == ("audio/mpeg", b"")
        assert kept() == []

    def test_what_cannot_be_decoded_is_an_error(self, player: Player, track: Track) -> None:
        Path(track.original.path).write_bytes(bytes(track.size))
        assert player.refused("stream", id=f"tr-{track.pk}", format="mp3") == 0
        Path(track.original.path).unlink()
        assert player.refused("stream", id=f"tr-{track.pk}", format="mp3") == 70
        assert kept() == []

    def test_the_copy_that_browsers_play_is_used_where_it_will_do(self, player: Player, track: Track) -> None:
        track.playable.save("playable.mp3", ContentFile(b"a copy"))
        assert player.bytes("stream", id=f"tr-{track.pk}", format="mp3")[1] == b"a copy"
        assert kept() == []


class TestLimits:
    def test_a_person_has_few_at_a_time(
        self, player: Player, charlie: User, long_track: Track, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transcoded, "MOST_PER_PERSON", 1)
        transcoded._places.take(long_track.owner_id)
        try:
            response = player.send("stream", id=f"tr-{long_track.pk}", format="mp3", f="json")
            assert "Try again in a moment" in response.json()["subsonic-response"]["error"]["message"]
            # Of others, that is no business; nor of the original.
            assert player.bytes("stream", id=f"tr-{long_track.pk}")[0].status_code == 200
            theirs = TrackFactory(owner=charlie)
            assert Player(charlie).bytes("stream", id=f"tr-{theirs.pk}", format="mp3")[0].status_code == 200
        finally:
            transcoded._places.give_back(long_track.owner_id)
        kept()

    def test_all_together_have_few(
        self, player: Player, long_track: Track, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transcoded, "MOST_AT_ONCE", 0)
        assert player.refused("stream", id=f"tr-{long_track.pk}", format="mp3") == 0

    def test_places_are_given_back(self, player: Player, long_track: Track) -> None:
        for offset in range(1, 5):
            player.bytes("stream", id=f"tr-{long_track.pk}", timeOffset=offset)
            kept()
        assert transcoded._places._taken.total() == 0


class TestKept:
    def make(self, name: str, size: int = 10, age: float = 0) -> Path:
        path: Path = transcoded_folder() / name
        path.write_bytes(bytes(size))
        moment = time.time() - age
        os.utime(path, (moment, moment))
        return path

    def left(self) -> set[str]:
        services.transcoded_expire()
        return {path.name for path in transcoded_folder().iterdir()}

    def test_what_nobody_uses_goes(self) -> None:
        self.make("new.mp3")
        self.make("old.mp3", age=UNUSED_SECONDS + 1)
        self.make("left.part", age=UNUSED_SECONDS + 1)
        self.make("growing.part")
        assert self.left() == {"new.mp3", "growing.part"}

    def test_the_least_used_go_above_the_limit(self, settings: Settings) -> None:
        settings.EARMARK_TRANSCODED_BYTES = 25
        for age in (1, 2, 3):
            self.make(f"{age}.mp3", age=age)
        assert self.left() == {"1.mp3", "2.mp3"}
        settings.EARMARK_TRANSCODED_BYTES = 0
        assert self.left() == set()

    def test_use_keeps_it(self, player: Player, long_track: Track) -> None:
        player.bytes("stream", id=f"tr-{long_track.pk}", format="mp3")
        (name,) = kept()
        os.utime(transcoded_folder() / name, (1, 1))
        player.bytes("stream", id=f"tr-{long_track.pk}", format="mp3")
        assert self.left() == {name}


def test_the_process_is_shut_in(tmp_path: Path, long_track: Track, settings: Any) -> None:
    """It reads the one file, and writes to what it was given."""
    script = (
        "import sys, pathlib\n"
        "from classifier import stream_transcoder as s\n"
        "def probe(path, out, **options):\n"
        "    for name in (sys.argv[1], '/etc/passwd'):\n"
        "        try:\n"
        "            open(name, 'rb').close(); out.write(b'yes ')\n"
        "        except OSError:\n"
        "            out.write(b'no ')\n"
        "s.transcode_stream = probe\n"
        "s.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, long_track.original.path, "mp3", "128", "0"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=False,
    )
    answers = done.stdout.split()
    assert answers[0] == b"yes", done.stderr
    if answers[1] == b"yes":
        pytest.skip("Landlock is not available here")
