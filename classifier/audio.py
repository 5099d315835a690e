"""Decode any audio file to mono float32 PCM at 22,050 Hz, in blocks and with limits.

Channels are averaged and resampled by soxr's "HQ" recipe, both as `librosa.load` does; where the channels cancel each
other out, one of them is taken. The result is the same every time. `audiofile` opens the files and rejects hostile
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr
from av.audio.fifo import AudioFifo
from av.filter import Graph
from numpy.typing import NDArray

from classifier.audiofile import AudioFile, AudioInfo, AudioLimits
from classifier.errors import AudioError

__all__ = ["AudioInfo", "AudioLimits", "Decoder", "FrameConverter", "decode"]

FloatArray = NDArray[np.float32]

SAMPLE_RATE = 22_050
#: Samples per channel in a block: many, so that the overhead of each block does not matter.
BLOCK_SAMPLES = 65_536
#: −80 dBFS. A track whose peak is below is silent.
SILENCE_PEAK = 1e-4
#: −30 dB. If the mean of a block's channels has less of the loudest one's power, they cancel each other out.
CANCELLED = 1e-3
#: +120 dBFS. Samples of float files are clipped to it, because the power spectrum must stay within float32.
MAX_AMPLITUDE = 1e6


class Decoder:
    """Yields the mono PCM blocks of a file. `info` is complete when all have been taken.

    >>> decoder = Decoder("song.mp3")
    >>> for block in decoder:  # float32, 22,050 Hz, of any length
    ...     stream.push(block)
    >>> decoder.info.duration

    Raises AudioError as `AudioFile` does, and `silent` after the last block.
    """

    def __init__(
        self, path: str | Path, limits: AudioLimits | None = None, sample_rate: int = SAMPLE_RATE
    ) -> None:
        self.sample_rate = sample_rate
        self._audio = AudioFile(path, limits)
        self.info = self._audio.info

    def __iter__(self) -> Iterator[FloatArray]:
        with self._audio:
            samples = 0
            for block in self._resampled():
                samples += len(block)
                self.info.peak = max(
                    self.info.peak, float(block.max(initial=0)), -float(block.min(initial=0))
                )
                yield block
        self.info.duration = samples / self.sample_rate
        if self.info.peak < SILENCE_PEAK:
            raise AudioError("silent")

    def _resampled(self) -> Iterator[FloatArray]:
        """Resample with one soxr stream for each stretch of equal sample rate, nearly always the whole file."""
        rate, resampler = 0, None
        for pcm, source_rate in self._mono():
            if source_rate != rate:
                if resampler is not None:
                    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
                rate, resampler = source_rate, None
                if rate != self.sample_rate:
                    resampler = soxr.ResampleStream(rate, self.sample_rate, 1, dtype="float32", quality="HQ")
            yield pcm if resampler is None else resampler.resample_chunk(pcm)
        if resampler is not None:
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _mono(self) -> Iterator[tuple[FloatArray, int]]:
        converter = FrameConverter(format="fltp")
        for frame in converter.convert(self._audio.frames()):
            channels = frame.to_ndarray()
            if frame.format.is_packed:
                channels = channels.reshape(-1, frame.layout.nb_channels).T
            with np.errstate(over="ignore", invalid="ignore"):
                pcm: FloatArray = channels[0] if len(channels) == 1 else _mean(channels)
            if not -MAX_AMPLITUDE <= pcm.min() <= pcm.max() <= MAX_AMPLITUDE:  # also true of NaN
                pcm = np.clip(np.nan_to_num(pcm, nan=0, posinf=0, neginf=0), -MAX_AMPLITUDE, MAX_AMPLITUDE)
            yield pcm, frame.sample_rate


def _mean(channels: NDArray[Any]) -> FloatArray:
    """The mean of the channels; the loudest of them where they cancel each other out.

    A microphone connected the wrong way round makes one channel the negative of the other: people hear both.
    """
    mean: FloatArray = channels.mean(axis=0, dtype=np.float32)
    powers = np.einsum("ij,ij->i", channels, channels)
    if np.vdot(mean, mean) < CANCELLED * powers.max(initial=0.0):
        mean = channels[int(powers.argmax())]
    return mean


class FrameConverter:
    """Converts decoded frames to one sample format, channel layout and sample rate. None keeps the frames' own.

    With `layout=None`, frames of eight or more channels are packed even if `format` is planar.
    """

    def __init__(self, format: str, layout: str | None = None, rate: int | None = None) -> None:
        self._format, self._layout, self._rate = format, layout, rate

    def convert(self, frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
        """Yield converted frames of `BLOCK_SAMPLES` samples. A change of format starts a new filter graph."""
        shape: tuple[Any, ...] = ()
        graph: Graph | None = None
        fifo = AudioFifo()
        for frame in frames:
            frame_shape = (frame.format.name, frame.layout, frame.sample_rate)
            if graph is None or frame_shape != shape:
                if graph is not None:
                    yield from _finish(graph, fifo)
                shape, graph, fifo = frame_shape, self._graph(frame), AudioFifo()
            frame.pts = None  # samples are counted instead: timestamps of damaged files are wrong
            fifo.write(frame)
            if fifo.samples >= BLOCK_SAMPLES:  # a graph takes as long for a small frame as for a large one
                graph.push(fifo.read())
                yield from _pull(graph)
        if graph is not None:
            yield from _finish(graph, fifo)

    def _graph(self, frame: av.AudioFrame) -> Graph:
        layout, formats = self._layout or frame.layout.name, self._format
        if self._layout is None and frame.layout.nb_channels >= 8:
            formats = formats.removesuffix("p")  # PyAV miscounts the planes of eight channels
        graph = Graph()
        graph.threads = 1
        source = graph.add(
            "abuffer",
            sample_rate=str(frame.sample_rate),
            sample_fmt=frame.format.name,
            channel_layout=frame.layout.name,
        )
        shape = graph.add(
            "aformat",
            sample_fmts=formats,
            sample_rates=str(self._rate or frame.sample_rate),
            channel_layouts=layout,
        )
        sink = graph.add("abuffersink")
        source.link_to(shape)
        shape.link_to(sink)
        graph.configure()
        graph.set_audio_frame_size(BLOCK_SAMPLES)
        return graph


def _finish(graph: Graph, fifo: AudioFifo) -> Iterator[av.AudioFrame]:
    if fifo.samples:
        graph.push(fifo.read())
    graph.push(None)
    yield from _pull(graph)


def _pull(graph: Graph) -> Iterator[av.AudioFrame]:
    with suppress(BlockingIOError, EOFError):
        while True:
            frame = graph.pull()
            assert isinstance(frame, av.AudioFrame)
            yield frame


def decode(path: str | Path, limits: AudioLimits | None = None) -> tuple[FloatArray, AudioInfo]:
    """Decode a whole file to one array of mono PCM at 22,050 Hz. For notebooks and tests, because of its memory use."""
    decoder = Decoder(path, limits)
    blocks = list(decoder)
    return np.concatenate(blocks), decoder.info
