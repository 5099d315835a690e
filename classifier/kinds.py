"""Which kind of sound file some bytes are, and what is known of each kind.

Only the standard library is imported: the web process asks these questions of every upload.
A kind is decided by a file's first bytes, never by its name, and it also decides which one
demuxer may open the file (`Kind.demuxer`), so that a playlist named `.mp3` opens nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

#: How many bytes `sniff` wants to see; it answers with fewer, less surely.
HEAD_BYTES = 8192


@dataclass(frozen=True)
class Kind:
    """One kind of file: `demuxer` is FFmpeg's name for what reads it."""

    name: str
    mime: str
    extension: str
    demuxer: str


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("wav", "audio/wav", ".wav", "wav"),
        Kind("au", "audio/basic", ".au", "au"),
        Kind("aiff", "audio/aiff", ".aiff", "aiff"),
        Kind("flac", "audio/flac", ".flac", "flac"),
        Kind("mp3", "audio/mpeg", ".mp3", "mp3"),
        Kind("aac", "audio/aac", ".aac", "aac"),
        Kind("ogg", "audio/ogg", ".ogg", "ogg"),
        Kind("opus", "audio/ogg; codecs=opus", ".opus", "ogg"),
        Kind("m4a", "audio/mp4", ".m4a", "mov"),
        Kind("wma", "audio/x-ms-wma", ".wma", "asf"),
        Kind("webm", "audio/webm", ".webm", "matroska"),
        Kind("mka", "audio/x-matroska", ".mka", "matroska"),
    )
}

#: FFmpeg's decoders for what music comes in. Those for pictures, films, and the sound of games of the nineties are
#: not even started, not to look what is there either: each is one more thing that a file could break.
DECODERS = frozenset(
    {
        "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float", "aac", "alac", "ac3", "eac3", "dca", "mlp", "truehd",
        "flac", "opus", "libopus", "vorbis", "libvorbis", "speex", "libspeex", "wavpack", "tta", "gsm", "gsm_ms",
        "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "qdm2", "amrnb", "amrwb",
        "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_yamaha", "pcm_alaw", "pcm_mulaw",
        "pcm_u8", "pcm_s8", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
        *(f"pcm_{sign}{bits}{end}" for sign in "su" for bits in (16, 24, 32) for end in ("le", "be")),
    }
)  # fmt: skip

#: Codecs (FFmpeg's names) that Chrome, Firefox and Safari all play in each kind.
_BROWSERS_PLAY: dict[str, frozenset[str]] = {
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
#: Content Encryption, Extended Content Encryption, Advanced Content Encryption (ASF specification, 10.1).
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
    bytes.fromhex("b69b077aa4da124ea5ca91d38dc11a8d"),
)
_EBML = b"\x1aE\xdf\xa3"
# kbit/s by (MPEG-1?, layer), index 1 to 14: ISO/IEC 11172-3 and 13818-3.
_BIT_RATES: dict[tuple[bool, int], tuple[int, ...]] = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def sniff(head: bytes) -> str | None:
    """The kind of file that starts with `head`, or None if it is no sound file we know."""
    if head[:4] in (b"RIFF", b"RF64", b"BW64"):
        return "wav" if head[8:12] == b"WAVE" else None
    if head[:4] == b"FORM":
        return "aiff" if head[8:12] in (b"AIFF", b"AIFC") else None
    if head[:4] == b".snd":
        return "au"
    if head[:4] == b"fLaC":
        return "flac"
    if head[:4] == b"OggS":
        return "opus" if head[28:36] == b"OpusHead" else "ogg"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head[:16] == _ASF:
        return "wma"
    if head[:4] == _EBML:
        doctype = head[:128]
        return "webm" if b"webm" in doctype else "mka" if b"matroska" in doctype else None
    tag = id3_size(head)
    if tag:
        # A cover picture can be longer than the head; then the ID3 header is all there is to go by.
        return _sniff_frames(head[tag:]) if tag + 4 <= len(head) else "mp3"
    return _sniff_frames(head)


def sniff_file(file: BinaryIO) -> str | None:
    """Like `sniff`, for an open file: also looks behind an ID3 tag of any length."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    tag = id3_size(head)
    if tag:
        file.seek(tag)
        head = file.read(HEAD_BYTES)
    return sniff(head)


def id3_size(head: bytes) -> int:
    """Length in bytes of the ID3v2 tag at the start, 0 when there is none (id3.org, ID3v2.4 §3.1)."""
    if len(head) < 10 or head[:3] != b"ID3" or not 2 <= head[3] <= 4 or head[4] == 0xFF:
        return 0
    if any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def playable(kind: str, codec: str) -> bool:
    """Whether every current browser plays this codec in this kind of file."""
    return codec in _BROWSERS_PLAY.get(kind, frozenset())


def protected(file: BinaryIO, kind: str) -> bool:
    """Whether the file says that its sound is encrypted (FairPlay, Common Encryption, Windows Media DRM)."""
    if kind == "wma":
        file.seek(0)
        header = file.read(64 * 1024)
        return any(guid in header for guid in _ASF_ENCRYPTION)
    if kind == "m4a":
        file.seek(0, 2)
        return _has_encrypted_track(file, 0, file.tell(), _MP4_PATH)
    return False


_MP4_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")


def _has_encrypted_track(file: BinaryIO, start: int, end: int, path: tuple[bytes, ...]) -> bool:
    """Walk the boxes of an MP4 (ISO/IEC 14496-12) to the first sample entry of each track."""
    for _ in range(1000):  # more boxes than any real file has at one level
        if start >= end:  # a box may claim to end where no file can be read
            return False
        file.seek(start)
        header = file.read(16)
        if len(header) < 16:
            return False
        size, name = struct.unpack(">I4s", header[:8])
        skip = 8
        if size == 1:
            size, skip = struct.unpack(">Q", header[8:])[0], 16
        elif size == 0:
            size = end - start
        if size < 8:
            return False
        if name == path[0]:
            if len(path) == 1:
                file.seek(start + 20)  # version, flags, count, then the entry's size and its format
                return file.read(4) in (b"drms", b"enca")
            if _has_encrypted_track(file, start + skip, min(end, start + size), path[1:]):
                return True
        start += size
    return False


def _sniff_frames(head: bytes) -> str | None:
    if head[:4] == b"fLaC":
        return "flac"
    if _frames(head, 0, _adts_length) >= 2:
        return "aac"
    if _frames(head, 0, _mpeg_length) >= 2:
        return "mp3"
    # Padding or the rest of a cut frame may come first; then ask for three frames in a row.
    for start in range(1, min(len(head), 4096)):
        if head[start] == 0xFF and _frames(head, start, _mpeg_length) >= 3:
            return "mp3"
    return None


def _frames(head: bytes, start: int, length: Callable[[bytes], int]) -> int:
    """How many frames of one sort follow each other from `start`: at most 3; the first must be whole."""
    count, sort = 0, head[start : start + 2]
    while count < 3:
        size = length(head[start : start + 7]) if head[start : start + 2] == sort else 0
        start += size
        if not size or (count == 0 and start > len(head)):
            return count
        count += 1
        if start + 7 > len(head):
            return count if start > len(head) else count + 1
    return count


def _adts_length(header: bytes) -> int:
    """Bytes in the AAC frame that starts here, 0 if none does (ISO/IEC 13818-7, 6.2)."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > 7 else 0


def _mpeg_length(header: bytes) -> int:
    """Bytes in the MPEG audio frame that starts here, 0 if none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate_index, frequency_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index in (0, 15) or frequency_index == 3 or header[3] & 3 == 2:
        return 0
    bit_rate = _BIT_RATES[(version == 3, layer)][rate_index - 1] * 1000
    sample_rate = (44100, 48000, 32000)[frequency_index] // {3: 1, 2: 2, 0: 4}[version]
    if layer == 1:
        return (12 * bit_rate // sample_rate + padding) * 4
    samples = 576 if layer == 3 and version != 3 else 1152
    return samples // 8 * bit_rate // sample_rate + padding
