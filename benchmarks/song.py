"""The benchmarks' music: synthesized, so that nothing has to be fetched or kept.

Run as `python -m benchmarks.song SONG` in a process of its own: a process inherits the peak memory of
the one that starts it, and making music takes much.
"""

from __future__ import annotations

import sys
from pathlib import Path

#: What a song is here: 4 minutes, 44.1 kHz stereo, MP3 with 192 kbit/s.
SECONDS = 240


def two_hours(song: Path) -> Path:
    """A file of two hours beside the song: the same MP3 frames thirty times."""
    long = song.with_name("long.mp3")
    data = song.read_bytes()
    with long.open("wb") as file:
        for _ in range(30):
            file.write(data)
    return long


def main() -> None:
    from tests import sounds

    sounds.write(Path(sys.argv[1]), SECONDS, bit_rate=192_000)  # chords, and bursts of noise as drums


if __name__ == "__main__":
    main()
