"""Strangers' files in FFmpeg's hands: with one demuxer, without other files, and with the stream that players play."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import av
import av.error
from av.container import InputContainer
from av.stream import Discard

from classifier import formats
from classifier.errors import AudioError
from classifier.file_window import FileWindow

#: Files with more streams are not accepted. A film has about a dozen.
MAX_STREAMS = 64


def open_regular(path: Path) -> BinaryIO:
    """Open a file if it is a regular one, not a pipe or device without end. Raises OSError if it cannot be opened."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise AudioError("not_audio")
    return os.fdopen(descriptor, "rb")


def open_container(file: FileWindow, kind: str) -> InputContainer:
    """Open a file with the demuxer of its format. Raises AudioError: `corrupt`."""
    file.seek(0)
    demuxer = formats.demuxer_of(kind, file.read(4))
    file.seek(0)
    try:
        return av.open(
            _NonRaisingFile(file),
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


def sound_stream(container: InputContainer) -> av.AudioStream:
    """The sound track that players play: the default one if several can be decoded. All others are discarded.

    Raises AudioError: `not_audio` if there is none, `unsupported_codec` if none can be decoded.
    """
    streams = container.streams
    if not streams.audio:
        raise AudioError("not_audio")
    known = [stream for stream in streams.audio if _is_allowed(stream)]
    if not known:
        raise AudioError("unsupported_codec")
    best = streams.best("audio")
    chosen = next(
        (stream for stream in known if stream is best or (best and stream.index == best.index)), known[0]
    )
    for other in streams:
        if other.index != chosen.index:
            other.discard = Discard.all  # cover pictures, video, subtitles, other languages
    chosen.codec_context.thread_count = 1
    return chosen


def _is_allowed(stream: av.AudioStream) -> bool:
    context = stream.codec_context
    return context is not None and context.codec.name in formats.ALLOWED_DECODERS


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


def _refuse_to_open(url: str, flags: int, options: dict[str, str]) -> None:
    """Keep FFmpeg from opening other files that a file refers to."""
    raise PermissionError("an audio file may not open other files")
