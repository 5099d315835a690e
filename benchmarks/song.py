"""Synthesize the song that the benchmarks use, so that no recording is needed.

Run as `python -m benchmarks.song SONG` in a process of its own: a process inherits the peak memory of the one that
starts it, and synthesizing takes much.
"""

from __future__ import annotations

import sys
from pathlib import Path

#: Length of the song, which is a 44.1 kHz stereo MP3 with 192 kbit/s.
SECONDS = 240


def write_two_hour_file(song: Path) -> Path:
    """Write a file of two hours beside the song, which repeats its MP3 frames thirty times, and return its path."""
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
