"""Open untrusted audio files and decode them to frames.

Files come from strangers. They are opened here and handed to FFmpeg as bytes; FFmpeg may use only the demuxer of the
format that the first bytes show, and may open no other file. Samples are counted while they are decoded, whatever the
header claims. Files that are not accepted raise `AudioError`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import av
import av.error
from av.stream import Discard

from classifier import formats
from classifier.encryption import is_encrypted
from classifier.errors import AudioError, not_audio_error
from classifier.file_window import FileWindow

#: Files with more streams are not accepted. A film has about a dozen.
MAX_STREAMS = 64


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
    """A context manager that opens a file and decodes its first audio stream.

    Entering raises AudioError with the code `empty`, `too_large`, `not_audio`, `unsupported_codec`, `drm`, `corrupt`,
    `too_many_channels` or `bad_sample_rate`.
    """

    def __init__(self, path: str | Path, limits: AudioLimits | None = None) -> None:
        self.path = Path(path)
        self.limits = limits or AudioLimits()
        self.info = AudioInfo()

    def __enter__(self) -> Self:
        self._file = _open_regular(self.path)
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
        self._sound.seek(0)
        demuxer = formats.demuxer_of(kind, self._sound.read(4))
        self._sound.seek(0)
        try:
            self._container = av.open(
                _NonRaisingFile(self._sound),
                "r",
                format=demuxer,
                buffer_size=1 << 16,
                io_open=_refuse_to_open,
                container_options={
                    "codec_whitelist": ",".join(sorted(formats.ALLOWED_DECODERS)),
                    "max_streams": str(MAX_STREAMS),
                },
            )
        except (av.error.FFmpegError, ValueError, UnicodeError) as error:
            raise AudioError("corrupt") from error
        try:
            self._choose_stream()
        except BaseException:
            self._container.close()
            raise

    def _choose_stream(self) -> None:
        streams = self._container.streams
        if not streams.audio:
            raise AudioError("not_audio")
        self._stream = stream = streams.audio[0]
        for other in streams:
            if other is not stream:
                other.discard = Discard.all  # cover pictures, video, subtitles
        context = stream.codec_context
        if context is None or context.codec.name not in formats.ALLOWED_DECODERS:
            raise AudioError("unsupported_codec")
        context.thread_count = 1
        info = self.info
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

    def frames(self) -> Iterator[av.AudioFrame]:
        """Yield decoded frames, skipping damaged parts where FFmpeg can. `info` is complete afterwards.

        Raises AudioError with the code `too_long`, `too_many_channels`, `bad_sample_rate` or `unsupported_codec`, and
        at the end `too_short`, or `corrupt` if less than the minimum could be decoded of a damaged file.
        """
        info = self.info
        broken = 0
        seconds = 0.0
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, ValueError):  # the container breaks off here
                broken += 1
                packet = None
            try:
                decoded = self._stream.codec_context.decode(packet)
            except MemoryError:
                raise
            except EOFError:
                decoded = []
            except av.error.FFmpegError:  # the base class, because decoders have error numbers of their own
                broken += 1
                decoded = []
            except ValueError as error:  # PyAV: "cannot decode unknown codec"
                raise AudioError("unsupported_codec") from error
            for frame in decoded:
                if not frame.samples:
                    continue
                self._check_limits(frame.sample_rate, frame.layout.nb_channels)
                seconds += frame.samples / frame.sample_rate
                if seconds > self.limits.max_seconds:
                    raise AudioError("too_long")
                yield frame
            if packet is None or packet.size == 0:
                break
        info.duration = seconds
        info.bit_rate = info.bit_rate or int(info.size * 8 / seconds if seconds else 0)
        # Encoder delay and padding make a difference of less than a second.
        info.truncated = self._declared_duration > seconds + max(1.0, 0.01 * seconds)
        if seconds < self.limits.min_seconds:
            raise AudioError("corrupt" if broken or info.truncated else "too_short")


class _NonRaisingFile:
    """The file object for FFmpeg, whose `seek` returns a negative number instead of raising an exception.

    Damaged files make FFmpeg seek to invalid positions. PyAV would keep the exception and raise or print it later,
    perhaps while another file is read.
    """

    def __init__(self, file: FileWindow) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -errno.EINVAL


def _open_regular(path: Path) -> BinaryIO:
    """Open a file if it is a regular one, not a pipe or device without end. Raises OSError if it cannot be opened."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AudioError("not_audio")
    return os.fdopen(descriptor, "rb")


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> None:
    """Keep FFmpeg from opening other files that a file refers to."""
    raise PermissionError("an audio file may not open other files")


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
