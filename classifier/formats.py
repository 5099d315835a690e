"""The audio formats that are accepted, and how to recognise one by its bytes.

This is the one list of formats: decoding, file names, filters, the upload page and error messages derive from it.
Only the standard library is imported, because the web process checks every upload here.

A file's format is decided by its first bytes, never by its name. The format also decides which FFmpeg demuxer may
open the file (`AudioFormat.demuxer`), so that a playlist named `.mp3` cannot make FFmpeg open other files.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

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
        AudioFormat("au", "AU", "audio/basic", "au", (".au", ".snd")),
        AudioFormat("aiff", "AIFF", "audio/aiff", "aiff", (".aiff", ".aif", ".aifc")),
        AudioFormat("flac", "FLAC", "audio/flac", "flac", (".flac",)),
        AudioFormat("mp3", "MP3", "audio/mpeg", "mp3", (".mp3", ".mp2")),
        AudioFormat("aac", "AAC", "audio/aac", "aac", (".aac",)),
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
        "wmav1", "wmav2", "wmapro", "wmalossless", "wmavoice", "qdm2", "amrnb", "amrwb",
        "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "adpcm_yamaha", "pcm_alaw", "pcm_mulaw",
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
#: GUIDs of Content Encryption, Extended Content Encryption and Advanced Content Encryption (ASF specification, 10.1).
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
    """Return the name of the format of a file that starts with `head`, or None if it is not an accepted format."""
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
        # A cover picture can make the tag longer than the head. MP3 is then the best guess.
        return _sniff_frames(head[tag:]) if tag + 4 <= len(head) else "mp3"
    return _sniff_frames(head)


def sniff_file(file: BinaryIO) -> str | None:
    """Like `sniff`, for an open file. Also looks behind an ID3 tag of any length."""
    file.seek(0)
    head = file.read(HEAD_BYTES)
    tag = id3_size(head)
    if tag:
        file.seek(tag)
        head = file.read(HEAD_BYTES)
    return sniff(head)


def locate(file: BinaryIO) -> tuple[str | None, int]:
    """The name of an open file's format, None if it is not accepted, and the position where that format begins."""
    kind = sniff_file(file)
    file.seek(0)
    return kind, id3_size(file.read(10))


def id3_size(head: bytes) -> int:
    """Return the length in bytes of the ID3v2 tag at the start, or 0 if there is none (id3.org, ID3v2.4 §3.1)."""
    if len(head) < 10 or head[:3] != b"ID3" or not 2 <= head[3] <= 4 or head[4] == 0xFF:
        return 0
    if any(byte & 0x80 for byte in head[6:10]):
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + size + (10 if head[5] & 0x10 else 0)


def is_browser_playable(kind: str, codec: str) -> bool:
    """Whether every current browser plays this codec in this format."""
    return codec in _BROWSER_CODECS.get(kind, frozenset())


def is_encrypted(file: BinaryIO, kind: str) -> bool:
    """Whether the file declares its audio encrypted (FairPlay, Common Encryption or Windows Media DRM)."""
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
    """Walk the boxes of an MP4 (ISO/IEC 14496-12) along `path` and look for an encrypted first sample entry."""
    for _ in range(1000):  # more boxes than any real file has at one level
        if start >= end:  # a box may claim to end beyond what can be sought
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
                file.seek(start + 20)  # skip version, flags, count and the entry's size
                return file.read(4) in (b"drms", b"enca")
            if _has_encrypted_track(file, start + skip, min(end, start + size), path[1:]):
                return True
        start += size
    return False


def _sniff_frames(head: bytes) -> str | None:
    if head[:4] == b"fLaC":
        return "flac"
    if _count_frames(head, 0, _adts_length) >= 2:
        return "aac"
    if _count_frames(head, 0, _mpeg_length) >= 2:
        return "mp3"
    # Padding or the rest of a cut frame may come first. Then require three frames in a row.
    for start in range(1, min(len(head), 4096)):
        if head[start] == 0xFF and _count_frames(head, start, _mpeg_length) >= 3:
            return "mp3"
    return None


def _count_frames(head: bytes, start: int, length: Callable[[bytes], int]) -> int:
    """Count the consecutive frames with equal sync bytes from `start`: 0 to 3. The first must be complete."""
    count, sync = 0, head[start : start + 2]
    while count < 3:
        size = length(head[start : start + 7]) if head[start : start + 2] == sync else 0
        start += size
        if not size or (count == 0 and start > len(head)):
            return count
        count += 1
        if start + 7 > len(head):
            return count if start > len(head) else count + 1
    return count


def _adts_length(header: bytes) -> int:
    """Return the length in bytes of the ADTS frame with this header, or 0 if it is none (ISO/IEC 13818-7, 6.2)."""
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0 or header[2] >> 2 & 0xF > 12:
        return 0
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > 7 else 0


def _mpeg_length(header: bytes) -> int:
    """Return the length in bytes of the MPEG audio frame with this header, or 0 if it is none (ISO/IEC 11172-3)."""
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
