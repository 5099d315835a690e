"""The audio formats that are accepted, and how to recognise one by its bytes.

This is the one list of formats: decoding, file names, filters, the upload page and error messages derive from it.
Only the standard library is imported, because the web process checks every upload here.

A file's format is decided by its first bytes, never by its name. The format also decides which FFmpeg demuxer may
open the file (`AudioFormat.demuxer`), so that a playlist named `.mp3` cannot make FFmpeg open other files.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from classifier.frames import find_frames, frames_at_start
from classifier.other_files import holds_files, is_other_file

#: How many bytes `sniff` needs to be reliable. It accepts fewer.
HEAD_BYTES = 8192


@dataclass(frozen=True)
class AudioFormat:
    """An audio format: a container with a usual MIME type and file extensions.

    `name` is stored in the database and used by the API; `title` is what people call the format; `demuxer` is
    FFmpeg's name for the reader. `extensions` are lower case and start with a dot, the usual one first.
    """

    name: str
    title: str
    mime: str
    demuxer: str
    extensions: tuple[str, ...]

    @property
    def extension(self) -> str:
        """The extension that Earmark gives to files of this format."""
        return self.extensions[0]


#: Every accepted format by its name. To add one, add an entry here, recognise it in `sniff`, allow its decoders in
#: `ALLOWED_DECODERS`, and say which of its codecs browsers play in `_BROWSER_CODECS`.
AUDIO_FORMATS: dict[str, AudioFormat] = {
    audio_format.name: audio_format
    for audio_format in (
        AudioFormat("wav", "WAV", "audio/wav", "wav", (".wav", ".wave")),
        AudioFormat("w64", "Wave64", "audio/x-w64", "w64", (".w64",)),
        AudioFormat("au", "AU", "audio/basic", "au", (".au", ".snd")),
        AudioFormat("aiff", "AIFF", "audio/aiff", "aiff", (".aiff", ".aif", ".aifc")),
        AudioFormat("flac", "FLAC", "audio/flac", "flac", (".flac",)),
        AudioFormat("wv", "WavPack", "audio/x-wavpack", "wv", (".wv",)),
        AudioFormat("ape", "Monkey’s Audio", "audio/x-ape", "ape", (".ape",)),
        AudioFormat("tta", "TTA", "audio/x-tta", "tta", (".tta",)),
        AudioFormat("caf", "CAF", "audio/x-caf", "caf", (".caf",)),
        AudioFormat("dsf", "DSF", "audio/x-dsf", "dsf", (".dsf",)),
        AudioFormat("mp3", "MP3", "audio/mpeg", "mp3", (".mp3", ".mp2")),
        AudioFormat("aac", "AAC", "audio/aac", "aac", (".aac",)),
        AudioFormat("ac3", "AC-3", "audio/ac3", "ac3", (".ac3",)),
        AudioFormat("eac3", "E-AC-3", "audio/eac3", "eac3", (".eac3", ".ec3")),
        AudioFormat("mpc", "Musepack", "audio/x-musepack", "mpc", (".mpc",)),
        AudioFormat("ogg", "OGG", "audio/ogg", "ogg", (".ogg", ".oga")),
        AudioFormat("opus", "Opus", "audio/ogg; codecs=opus", "ogg", (".opus",)),
        AudioFormat("m4a", "M4A", "audio/mp4", "mov", (".m4a", ".m4b", ".mp4")),
        AudioFormat("wma", "WMA", "audio/x-ms-wma", "asf", (".wma",)),
        AudioFormat("webm", "WebM", "audio/webm", "matroska", (".webm", ".weba")),
        AudioFormat("mka", "MKA", "audio/x-matroska", "matroska", (".mka",)),
    )
}

#: Extensions of files worth uploading, for file pickers and for finding music in folders. ZIP archives, which uploads
#: accept as well, are not among them.
UPLOAD_EXTENSIONS: tuple[str, ...] = tuple(
    extension for audio_format in AUDIO_FORMATS.values() for extension in audio_format.extensions
)


def _sentence_list(titles: list[str]) -> str:
    return f"{', '.join(titles[:-1])} or {titles[-1]}"


#: The formats as people read them: "AAC, AIFF, … or WMA".
FORMATS_TEXT = _sentence_list(
    sorted((audio_format.title for audio_format in AUDIO_FORMATS.values()), key=str.lower)
)

#: FFmpeg's names of the decoders that may run: those that music is encoded with. Decoders for pictures, video and game
#: audio are never opened, not even to inspect a stream: each is one more that a malicious file could exploit.
ALLOWED_DECODERS = frozenset(
    {
        "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "aac", "alac", "ac3", "eac3", "dca", "mlp", "truehd",
        "flac", "opus", "libopus", "vorbis", "libvorbis", "speex", "libspeex", "wavpack", "tta", "gsm", "gsm_ms",
        "ape", "mpc7", "mpc8",
        "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "qdm2", "amrnb", "amrwb",
        "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_yamaha", "pcm_alaw", "pcm_mulaw",
        *(f"dsd_{bits}{planes}" for bits in ("lsbf", "msbf") for planes in ("", "_planar")),
        "pcm_u8", "pcm_s8", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
        *(f"pcm_{sign}{bits}{end}" for sign in "su" for bits in (16, 24, 32) for end in ("le", "be")),
    }
)  # fmt: skip

#: Codecs, by FFmpeg's names, that Chrome, Firefox and Safari all play in each format.
_BROWSER_CODECS: dict[str, frozenset[str]] = {
    "wav": frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"}),
    "flac": frozenset({"flac"}),
    "mp3": frozenset({"mp3"}),
    "aac": frozenset({"aac"}),
    "ogg": frozenset({"vorbis", "opus"}),
    "opus": frozenset({"opus"}),
    "m4a": frozenset({"aac"}),
    "webm": frozenset({"vorbis", "opus"}),
}

_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML = b"\x1aE\xdf\xa3"
#: By the four bytes at the start, where these are enough.
_MAGIC = {
    b".snd": "au", b"fLaC": "flac", b"wvpk": "wv", b"TTA1": "tta", b"caff": "caf", b"MAC ": "ape",
    b"MP+\x07": "mpc", b"MP+\x17": "mpc", b"MPCK": "mpc", b"DSD ": "dsf",
}  # fmt: skip
#: The GUIDs of a Wave64 file and of its form.
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
#: The boxes with which a QuickTime film may begin that has no `ftyp`.
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
#: Beginnings that are looked for behind bytes which are none of ours.
_BURIED = re.compile(rb"fLaC\0\0\0\x22|OggS\0\x02|RIFF....WAVE|FORM....AIF[FC]|wvpk....\x10\x04", re.DOTALL)
#: So far into the file its beginning is looked for, behind any number of tags up to this one.
SEARCH_BYTES, MAX_TAGS = 2**20, 64


def sniff(head: bytes) -> str | None:
    """Return the name of the format of a file that starts with `head`, or None if that is no accepted format.

    A cover picture can make a tag longer than the head. MP3 is then the best guess.
    """
    kind, _ = locate(io.BytesIO(head))
    tag = id3_size(head) or ape_size(head)
    return "mp3" if kind is None and tag and tag + 4 > len(head) else kind


def may_be_audio(head: bytes) -> bool:
    """Whether the rest of a file that starts with `head` may show that it is audio."""
    return sniff(head) is not None or not is_other_file(head)


def sniff_file(file: BinaryIO) -> str | None:
    """Return the name of an open file's format, or None if it is no accepted format."""
    return locate(file)[0]


def locate(file: BinaryIO) -> tuple[str | None, int]:
    """The name of an open file's format, or None, and the position where that format begins.

    Zeros and tags may stand before it, or up to `SEARCH_BYTES` of what is nothing that we know.
    """
    start = 0
    for _ in range(MAX_TAGS):
        file.seek(start)
        head = file.read(HEAD_BYTES)
        skipped = id3_size(head) or ape_size(head) or _zeros(file, head)
        if not skipped:
            break
        start += skipped
    if kind := _sniff_start(head):
        return kind, start
    if not holds_files(head):
        file.seek(start)
        # A text or picture may have been put before the sound, but not a long one.
        kind, position = _search(file.read(HEAD_BYTES if is_other_file(head) else SEARCH_BYTES))
        if kind:
            return kind, start + position
    return None, start


def _sniff_start(head: bytes) -> str | None:
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return "wav" if head[8:12] == b"WAVE" else None
    if head[:4] == b"FORM":
        return "aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    if head[:4] == b"OggS":
        return "opus" if head[28:36] == b"OpusHead" else "ogg"
    if head[:16] == _ASF:
        return "wma"
    if head[:16] == _W64:
        return "w64"
    if head[:4] == _EBML:
        doctype = head[:128]
        return "webm" if b"webm" in doctype else "mka" if b"matroska" in doctype else None
    if head[4:8] == b"ftyp" or (head[4:8] in _QUICKTIME and _is_box_size(head)):
        return "m4a"
    return _MAGIC.get(head[:4]) or frames_at_start(head)


def _is_box_size(head: bytes) -> bool:
    size = int.from_bytes(head[:4], "big")
    return size == 1 or size >= 8


def _search(data: bytes) -> tuple[str | None, int]:
    """The format and position of the first beginning of one in some bytes."""
    found = _BURIED.search(data)
    kind, position = find_frames(data[: found.start()] if found else data)
    if kind or not found:
        return kind, position
    return _sniff_start(data[found.start() : found.start() + HEAD_BYTES]), found.start()


def _zeros(file: BinaryIO, head: bytes) -> int:
    """How many zero bytes stand at the start; 0 if they are too few or too many to be skipped."""
    if head[:16].strip(b"\0") or len(head) < 16:
        return 0
    rest = head + file.read(SEARCH_BYTES - len(head))
    count = len(rest) - len(rest.lstrip(b"\0"))
    return count if count < SEARCH_BYTES else 0


def id3_size(head: bytes) -> int:
    """Return the length in bytes of the ID3v2 tag at the start, or 0 if there is none (id3.org, ID3v2.4 §3.1)."""
    if len(head) < 10 or head[:3] != b"ID3" or not 2 <= head[3] <= 4 or head[4] == 0xFF:
        return 0
    if any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def ape_size(head: bytes) -> int:
    """Return the length in bytes of the APEv2 tag at the start, or 0 if there is none."""
    if len(head) < 32 or head[:8] != b"APETAGEX":
        return 0
    size, flags = struct.unpack("<12xI4xI", head[:24])
    is_header = flags >> 29 & 1
    return 32 + int(size) if is_header else 0


def demuxer_of(kind: str, head: bytes) -> str:
    """FFmpeg's name of the reader for a file of a format, which begins with `head`."""
    return "mpc8" if head[:4] == b"MPCK" else AUDIO_FORMATS[kind].demuxer


def is_browser_playable(kind: str, codec: str) -> bool:
    """Whether every current browser plays this codec in this format."""
    return codec in _BROWSER_CODECS.get(kind, frozenset())
