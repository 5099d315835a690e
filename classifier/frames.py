"""Formats without a header, which are recognised by frames that follow each other: MP3, ADTS and AC-3.

Only the standard library is imported, because the web process looks at every upload.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

# kbit/s by (MPEG-1?, layer), index 1 to 14: ISO/IEC 11172-3 and 13818-3.
_BIT_RATES: dict[tuple[bool, int], tuple[int, ...]] = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
#: kbit/s of AC-3 by half its code (ATSC A/52, table 5.18).
_AC3_BIT_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
#: What may be a header, as far as its first bytes say: of MPEG audio, ADTS and AC-3.
_MPEG_RATES = bytes(byte for byte in range(256) if byte >> 4 not in (0, 15) and byte >> 2 & 3 != 3)
_ADTS_RATES = bytes(byte for byte in range(256) if byte >> 2 & 0xF <= 12)
_HEADER = re.compile(
    rb"(?=\xff(?:[\xe2-\xe7\xf2-\xf7\xfa-\xff][%s]|[\xf0\xf1\xf8\xf9][%s])|\x0b\x77)"
    % (re.escape(_MPEG_RATES), re.escape(_ADTS_RATES))
)
MAX_CANDIDATES = 20_000
#: The longest header that is needed to tell a frame's length.
_HEADER_BYTES = 7


def frames_at_start(data: bytes) -> str | None:
    """The format of which at least two frames are at the start, as `find_frames` names it."""
    for kind, length in _LENGTHS.items():
        if _count_frames(data, 0, length) >= 2:
            return kind
    return None


def find_frames(data: bytes) -> tuple[str | None, int]:
    """The format and position of the first three frames in a row: `mp3`, `aac`, `ac3`, `eac3`, or None.

    Not more than `MAX_CANDIDATES` headers are looked at: noise has fewer.
    """
    for header in itertools.islice(_HEADER.finditer(data), MAX_CANDIDATES):
        for kind, length in _LENGTHS.items():
            if _count_frames(data, header.start(), length) >= 3:
                return kind, header.start()
    return None, 0


def _count_frames(head: bytes, start: int, length: Callable[[bytes], int]) -> int:
    """Count the consecutive frames with equal sync bytes from `start`: 0 to 3. The first must be complete."""
    count, sync = 0, head[start : start + 2]
    while count < 3:
        size = length(head[start : start + _HEADER_BYTES]) if head[start : start + 2] == sync else 0
        start += size
        if not size or (count == 0 and start > len(head)):
            return count
        count += 1
        if start + _HEADER_BYTES > len(head):
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


def _ac3_length(header: bytes) -> int:
    """Return the length in bytes of the AC-3 frame with this header, or 0 if it is none (ATSC A/52, 5.3)."""
    if len(header) < 6 or header[:2] != b"\x0b\x77" or header[5] >> 3 > 10:
        return 0
    rate, code = header[4] >> 6, header[4] & 0x3F
    if rate == 3 or code >= 2 * len(_AC3_BIT_RATES):
        return 0
    bit_rate = _AC3_BIT_RATES[code // 2]
    words = (bit_rate * 2, 320 * bit_rate // 147 + code % 2, bit_rate * 3)[rate]
    return 2 * words


def _eac3_length(header: bytes) -> int:
    """Return the length in bytes of the E-AC-3 frame with this header, or 0 if it is none (ATSC A/52, E.1.2)."""
    if len(header) < 6 or header[:2] != b"\x0b\x77" or not 10 < header[5] >> 3 <= 16:
        return 0
    if header[2] >> 6 == 3 or (header[4] >> 6 == 3 and header[4] >> 4 & 3 == 3):
        return 0
    size = 2 * (((header[2] & 7) << 8 | header[3]) + 1)
    return size if size >= 64 else 0


_LENGTHS: dict[str, Callable[[bytes], int]] = {
    "aac": _adts_length, "mp3": _mpeg_length, "ac3": _ac3_length, "eac3": _eac3_length,
}  # fmt: skip
