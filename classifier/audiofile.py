"""Open untrusted audio files and decode them to frames.

Files come from strangers. They are opened here and handed to FFmpeg as bytes; FFmpeg may use only the demuxer of the
format that the first bytes show, and may open no other file. Samples are counted while they are decoded, whatever the
header claims. Files that are not accepted raise `AudioError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import av.error

from classifier import formats
from classifier.containers import open_container, open_regular, sound_stream
from classifier.encryption import is_encrypted
from classifier.errors import AudioError, not_audio_error
from classifier.file_window import FileWindow
from classifier.ogg_links import next_link

#: If FFmpeg gives up and leaves more than this of a file unread, not all of it was heard.
MAX_UNREAD_BYTES = 1 << 16


@dataclass(frozen=True)
class AudioLimits:
    """Limits for accepted files: sizes in bytes, times in seconds, rates in Hz."""

    max_bytes: int = 500 * 1024 * 1024
    max_seconds: float = 10_800.0
    min_seconds: float = 3.0
    max_channels: int = 8
    min_sample_rate: int = 4_000
    max_sample_rate: int = 768_000


@dataclass
class AudioInfo:
    """Facts about a decoded file.

    `kind` is a key of `formats.AUDIO_FORMATS`, `codec` FFmpeg's name. `sample_rate` is in Hz, `bit_rate` in bits per
    second, `size` in bytes, `peak` the largest absolute sample. `duration` is the decoded length in seconds, whatever
    the header claims; `truncated` says that the header claims more.
    """

    kind: str = ""
    codec: str = ""
    sample_rate: int = 0
    channels: int = 0
    bit_rate: int = 0
    size: int = 0
    duration: float = 0.0
    peak: float = 0.0
    truncated: bool = False

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class AudioFile:
    """A context manager that opens a file and decodes the audio stream that players play.

    Entering raises AudioError with the code `empty`, `too_large`, `not_audio`, `unsupported_codec`, `drm`, `corrupt`,
    `too_many_channels` or `bad_sample_rate`.
    """

    def __init__(self, path: str | Path, limits: AudioLimits | None = None) -> None:
        self.path = Path(path)
        self.limits = limits or AudioLimits()
        self.info = AudioInfo()
        #: How often FFmpeg met damage, whether the container broke off, and whether something there was not decoded.
        self._broken, self._broke_off, self._unheard = 0, False, False
        self._last_position = 0

    def __enter__(self) -> Self:
        self._file = open_regular(self.path)
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()
        self._file.close()

    def _open(self) -> None:
        info = self.info
        info.size = os.fstat(self._file.fileno()).st_size
        if info.size == 0:
            raise AudioError("empty")
        if info.size > self.limits.max_bytes:
            raise AudioError("too_large")
        kind, start = formats.locate(self._file)
        if kind is None:
            self._file.seek(0)
            raise not_audio_error(self._file.read(formats.HEAD_BYTES))
        info.kind = kind
        self._sound = FileWindow(self._file, start)
        if is_encrypted(self._sound, kind):
            raise AudioError("drm")
        self._container = open_container(self._sound, kind)
        try:
            self._stream = sound_stream(self._container)
            self._note_stream()
        except BaseException:
            self._container.close()
            raise

    def _note_stream(self) -> None:
        stream, info = self._stream, self.info
        context = stream.codec_context
        info.codec = context.codec.canonical_name
        info.bit_rate = int(stream.bit_rate or self._container.bit_rate or 0)
        # Some headers leave these open until the first frame. Frames are checked again.
        if context.channels or context.sample_rate:
            self._check_limits(context.sample_rate, context.channels)
        self._declared_duration = self._read_declared_duration()

    def _check_limits(self, sample_rate: int, channels: int) -> None:
        if channels > self.limits.max_channels:
            raise AudioError("too_many_channels")
        if not self.limits.min_sample_rate <= sample_rate <= self.limits.max_sample_rate:
            raise AudioError("bad_sample_rate")
        self.info.sample_rate = self.info.sample_rate or sample_rate
        self.info.channels = self.info.channels or channels

    def _read_declared_duration(self) -> float:
        """Return the duration that the header states, in seconds, or 0 if it states none."""
        position = self._sound.tell()
        try:
            missing = _missing_fraction(self._sound, self.info.kind)
        finally:
            self._sound.seek(position)
        if missing is None:
            return 0.0
        stream = self._stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base) * (1 + missing)
        return (self._container.duration or 0) / av.time_base

    @property
    def metadata(self) -> dict[str, str]:
        """The tags that FFmpeg reads from the container and the audio stream."""
        return {**self._stream.metadata, **self._container.metadata}

    def seek(self, seconds: float) -> None:
        """Have `frames` begin near this moment, before the first frame is taken. Where that fails, at the start."""
        with suppress(av.error.FFmpegError, ValueError, OverflowError):
            self._container.seek(int(seconds * av.time_base))

    def frames(self) -> Iterator[av.AudioFrame]:
        """Yield decoded frames, skipping damaged parts where FFmpeg can. `info` is complete afterwards.

        Raises AudioError with the code `too_long`, `too_many_channels`, `bad_sample_rate` or `unsupported_codec`, and
        at the end `too_short`, or `corrupt` if less than the minimum could be decoded of a damaged file.
        """
        info = self.info
        seconds = 0.0
        for frame in self._decoded():
            self._check_limits(frame.sample_rate, frame.layout.nb_channels)
            seconds += frame.samples / frame.sample_rate
            if seconds > self.limits.max_seconds:
                raise AudioError("too_long")
            yield frame
        info.duration = seconds
        info.bit_rate = info.bit_rate or int(info.size * 8 / seconds if seconds else 0)
        # Encoder delay and padding make a difference of less than a second.
        info.truncated = self._unheard or self._declared_duration > seconds + max(1.0, 0.01 * seconds)
        if seconds < self.limits.min_seconds:
            raise AudioError("corrupt" if self._broken or info.truncated else "too_short")

    def _decoded(self) -> Iterator[av.AudioFrame]:
        """The frames of every link of the file: of one, unless it is a chained Ogg file."""
        while True:
            yield from self._decoded_link()
            if self.info.kind not in ("ogg", "opus"):
                self._unheard = self._broke_off and self._file.tell() + MAX_UNREAD_BYTES < self.info.size
                return
            # FFmpeg goes on by itself where the next link has the same rate and channels.
            following = next_link(self._sound, self._last_position)
            if following is None:
                return
            self._container.close()
            self._sound = FileWindow(self._file, self._sound.start + following)
            self._last_position = 0
            try:
                self._container = open_container(self._sound, self.info.kind)
                self._stream = sound_stream(self._container)
            except AudioError:
                self._unheard = True
                return

    def _decoded_link(self) -> Iterator[av.AudioFrame]:
        """The frames up to the end, or to where the container breaks off."""
        self._broke_off = False
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, ValueError):
                self._broken += 1
                self._broke_off = True
                packet = None
            if packet is not None and packet.pos:
                self._last_position = packet.pos
            try:
                decoded = self._stream.codec_context.decode(packet)
            except MemoryError:
                raise
            except EOFError:
                decoded = []
            except av.error.FFmpegError:  # the base class, because decoders have error numbers of their own
                self._broken += 1
                decoded = []
            except ValueError as error:  # PyAV: "cannot decode unknown codec"
                raise AudioError("unsupported_codec") from error
            yield from (frame for frame in decoded if frame.samples)
            if packet is None or packet.size == 0:
                return


def _missing_fraction(file: FileWindow, kind: str) -> float | None:
    """Return by what fraction the stated duration exceeds the one that FFmpeg reports, or None if none is stated.

    FFmpeg estimates the duration of AAC and of MP3 without a Xing header from the bit rate, and shortens a WAV's to the
    data that are there.
    """
    if kind in ("aac", "ac3", "eac3", "wma"):
        return None
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if kind == "mp3":
        head = file.read(4096)
        return 0.0 if any(mark in head for mark in (b"Xing", b"Info", b"VBRI")) else None
    if kind == "wav":
        stated = int.from_bytes(file.read(8)[4:], "little") + 8
        return stated / size - 1 if size < stated < 0xFFFFFFFF else 0.0
    return 0.0
