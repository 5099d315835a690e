"""Write a file as MP3 or Opus to standard output while it is decoded.

`python -m classifier.stream_transcoder FILE FORMAT KILOBITS SECONDS` begins SECONDS into the file. It is run by
`classifier.transcoded_streams`. Files from strangers are decoded here, so the process limits itself.
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import av

from classifier.audio import FrameConverter
from classifier.audiofile import AudioFile, AudioLimits
from classifier.errors import AudioError
from classifier.landlock import confine
from classifier.limits import isolate, limit_cpu_time, limit_file_size, limit_memory
from classifier.transcode import nearest_rate

MEMORY_BYTES = 768 * 2**20
CPU_SECONDS = 900
#: Pages come first.
NICENESS = 5
#: More than the longest track (EARMARK_MAX_TRACK_SECONDS) takes at the highest rate.
OUTPUT_BYTES = 2 * 2**30
#: FFmpeg's names of container, encoder and sample format; options of the container.
_TARGETS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    # Without a Xing header, which would have to be written at the start when the end is known.
    "mp3": ("mp3", "libmp3lame", "fltp", {"write_xing": "0", "id3v2_version": "0"}),
    "opus": ("ogg", "libopus", "flt", {}),
}
OPUS_RATE = 48_000
#: The library has the file already: its length was judged when it was added.
ANY_LENGTH = AudioLimits(max_bytes=2**40, max_seconds=10**6, min_seconds=0)


class _Output:
    """Standard output as a file that cannot be sought in."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, block: Any) -> int:
        written = self._file.write(block)
        self._file.flush()
        return written


def transcode_stream(path: Path, out: BinaryIO, *, kind: str, kilobits: int, start: float = 0.0) -> None:
    """Write a file as `mp3` or `opus`, at most stereo, from `start` seconds on. Raises AudioError as decoding does."""
    container, encoder, sample_format, options = _TARGETS[kind]
    with AudioFile(path, ANY_LENGTH) as audio:
        frames = audio.frames()
        if start:
            audio.seek(start)
        try:
            first = next(frames)
        except StopIteration:
            raise AudioError("too_short") from None
        layout = "mono" if first.layout.nb_channels == 1 else "stereo"
        rate = OPUS_RATE if kind == "opus" else nearest_rate(first.sample_rate)
        with av.open(_Output(out), "w", format=container, options=options) as copy:
            stream: Any = copy.add_stream(encoder, rate=rate, layout=layout, format=sample_format)
            stream.bit_rate = kilobits * 1000
            position = 0
            converter = FrameConverter(format=sample_format, layout=layout, rate=rate)
            for frame in converter.convert(_all(first, frames)):
                frame.pts = position
                position += frame.samples
                copy.mux(stream.encode(frame))
            copy.mux(stream.encode(None))


def _all(first: av.AudioFrame, rest: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    return itertools.chain([first], rest)


def main() -> None:
    _, path, kind, kilobits, start = sys.argv
    os.nice(NICENESS)
    isolate()
    limit_memory(MEMORY_BYTES)
    limit_cpu_time(CPU_SECONDS)
    limit_file_size(OUTPUT_BYTES)
    confine(read=[Path(sys.prefix), Path(sys.base_prefix), Path("/proc/self"), Path(path)], write=[])
    try:
        transcode_stream(Path(path), sys.stdout.buffer, kind=kind, kilobits=int(kilobits), start=float(start))
    except AudioError:
        sys.exit(3)


if __name__ == "__main__":
    main()
