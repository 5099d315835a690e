"""Covers: the pictures in the tags of audio files, and square WebP pictures made from them.

`python -m classifier.covers PICTURE OUT_DIR` makes a cover from a picture file; `classifier.cover_process` runs it.
Pictures come from strangers: they are only opened in processes that limit themselves.
"""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import json
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
from mutagen.apev2 import APENoHeaderError, APEv2
from mutagen.flac import Picture
from mutagen.id3 import ID3, ID3NoHeaderError
from numpy.typing import NDArray
from PIL import Image, ImageOps

from classifier.cover_process import COVER_SIZES, PictureError, cover_file_name
from classifier.landlock import confine
from classifier.limits import isolate, limit_cpu_time, limit_file_size, limit_memory

#: Pictures are recognised by their bytes; nothing else is tried. SVG is not among them: it is a program.
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAX_PICTURE_BYTES = 20 * 2**20
#: A few kilobytes can stand for any number of pixels, so these are counted before they are decoded.
MAX_PIXELS, MAX_SIDE, MIN_SIDE = 36_000_000, 10_000, 16
#: Of so many pictures in a file, the first one that can be decoded is taken.
MAX_PICTURES = 8
#: Limits for the process that opens one file's pictures.
MEMORY_BYTES, CPU_SECONDS, MAX_OUTPUT_BYTES = 2**30, 10, 8 * 2**20
#: A picture whose sides differ by this factor or less is cropped to a square; others get bars.
MAX_CROPPED_RATIO = 1.25

_FRONT_COVER = 3
_QUALITY = 82
#: Contrast (WCAG 2) of white text on the background, and of the accent on it.
_TEXT_CONTRAST, _ACCENT_CONTRAST = 7.0, 4.5

Floats = NDArray[np.float64]


def make_embedded_cover(path: Path, out_dir: Path) -> dict[str, Any] | None:
    """Make a cover from the pictures in an audio file's tags: the front cover or, without one, the first.

    Returns as `make_cover` does; None if there is no picture that can be decoded.
    """
    for picture in itertools.islice(embedded_pictures(path), MAX_PICTURES):
        with suppress(PictureError):
            return make_cover(picture, out_dir)
    return None


def make_cover(picture: bytes, out_dir: Path) -> dict[str, Any]:
    """Write a picture into a folder in the sizes of `COVER_SIZES`, as square WebP without metadata.

    Returns `sha256`, that of the given bytes, and `colours`: `background`, on which white text can be read, and
    `accent`, which can be read on the background, both as "#rrggbb". Of an animation, the first frame is taken. The
    picture is turned as its EXIF data say. Raises PictureError.
    """
    image = _decode(picture)
    small = np.asarray(image.resize((64, 64), Image.Resampling.BOX))
    colours = page_colours(small)
    for size, side in COVER_SIZES.items():
        square = _square(image, min(side, max(image.size)), colours["background"])
        square.save(out_dir / cover_file_name(size), "WEBP", quality=_QUALITY)
    return {"sha256": hashlib.sha256(picture).hexdigest(), "colours": colours}


def embedded_pictures(path: Path) -> Iterator[bytes]:
    """Yield the pictures in an audio file's tags, front covers first. Broken tags have none; nothing is raised."""
    found: list[tuple[bool, bytes]] = []
    with suppress(Exception):
        for picture in itertools.islice(_pictures_of(path), MAX_PICTURES):
            found.append(picture)  # what was found before an error counts
    for _, content in sorted(found, key=lambda each: not each[0]):
        if 0 < len(content) <= MAX_PICTURE_BYTES:
            yield content


def page_colours(pixels: NDArray[np.uint8]) -> dict[str, str]:
    """The colours of a page that shows a picture: see `make_cover`. `pixels` is `(height, width, 3)`, RGB."""
    rgb = pixels.reshape(-1, 3).astype(np.float64) / 255
    cells = np.minimum((rgb * 8).astype(int), 7) @ (64, 8, 1)
    counts = np.bincount(cells, minlength=512).astype(np.float64)
    sums = np.stack([np.bincount(cells, rgb[:, channel], 512) for channel in range(3)], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    background = _linear(means[counts.argmax()])
    background *= min(1.0, (1.05 / _TEXT_CONTRAST - 0.05) / max(_luminance(background), 1e-9))
    background = np.floor(_encoded(background) * 255)
    # The most vivid of the other colours that cover a two-hundredth of the picture.
    chroma = means.max(axis=1) - means.min(axis=1)
    distance = np.abs(means - means[counts.argmax()]).max(axis=1)
    scores = np.sqrt(counts) * (chroma + 0.02) * (distance + 0.02)
    scores[counts < len(rgb) / 200] = 0
    accent = _linear(means[scores.argmax()])
    needed = _ACCENT_CONTRAST * (_luminance(_linear(background / 255)) + 0.05) - 0.05
    lightness = _luminance(accent)
    if lightness < needed:
        accent += (1 - accent) * (needed - lightness) / (1 - lightness)
    return {"background": _hex(background), "accent": _hex(np.ceil(_encoded(accent) * 255))}


def _pictures_of(path: Path) -> Iterator[tuple[bool, bytes]]:
    """Yield (whether it is the front cover, picture) in the order of the file."""
    file = mutagen.File(path)
    tags = file.tags if file is not None else None
    if tags is None:
        # mutagen may not recognise the file by its name or first frame, although it has an ID3 header.
        with suppress(ID3NoHeaderError):
            tags = ID3(path)  # type: ignore[no-untyped-call]
    for picture in getattr(file, "pictures", ()):  # FLAC
        yield picture.type == _FRONT_COVER, picture.data
    if isinstance(tags, ID3):
        for frame in tags.getall("APIC"):  # type: ignore[no-untyped-call]
            if frame.mime != "-->":  # a link
                yield frame.type == _FRONT_COVER, frame.data
    elif tags is not None:
        yield from _pictures_in(tags)
    if isinstance(tags, ID3 | None):  # MP3 and AAC may have both
        with suppress(APENoHeaderError):
            yield from _pictures_in(APEv2(path))  # type: ignore[no-untyped-call]


def _pictures_in(tags: Any) -> Iterator[tuple[bool, bytes]]:
    for name, value in tags.items():
        values = value if isinstance(value, list) else [value]
        match name.lower():
            case "metadata_block_picture":
                for text in values:
                    picture = Picture(base64.b64decode(text))  # type: ignore[no-untyped-call]
                    yield picture.type == _FRONT_COVER, picture.data
            case "coverart":
                yield from ((True, base64.b64decode(text)) for text in values)
            case "covr":
                yield from ((True, bytes(atom)) for atom in values)
            case "wm/picture":
                yield from (_asf_picture(each.value) for each in values)
            case "cover art (front)":
                yield from ((True, each.value.partition(b"\0")[2]) for each in values)


def _asf_picture(block: bytes) -> tuple[bool, bytes]:
    """Type (1 byte), length of the picture (4), MIME type and description (UTF-16, each ended by a NUL), picture."""
    kind, length = struct.unpack_from("<BI", block)
    return kind == _FRONT_COVER, block[-length:] if 0 < length <= len(block) - 9 else b""


def _decode(picture: bytes) -> Image.Image:
    """A picture in RGB, upright and within the limits. Raises PictureError."""
    if len(picture) > MAX_PICTURE_BYTES:
        raise PictureError("picture_too_large")
    try:
        with Image.open(io.BytesIO(picture), formats=PICTURE_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                raise PictureError("picture_too_large")
            if min(width, height) < MIN_SIDE:
                raise PictureError("not_a_picture")
            # JPEG can be decoded at a fraction of its size.
            image.draft(None, (2 * max(COVER_SIZES.values()),) * 2)
            image.load()
            return _in_rgb(_upright(image))
    except (PictureError, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise PictureError("picture_too_large") from None
    except Exception:
        raise PictureError("not_a_picture") from None


def _upright(image: Image.Image) -> Image.Image:
    with suppress(Exception):  # EXIF data may be broken while the picture is not
        return ImageOps.exif_transpose(image)
    return image


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; converted by Pillow, all above 255 would be white
        levels = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return Image.fromarray(levels).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _square(image: Image.Image, side: int, bars: str) -> Image.Image:
    """The picture as a square: cropped, or with bars in this colour if much would be lost."""
    width, height = image.size
    if max(width, height) <= MAX_CROPPED_RATIO * min(width, height):
        side = min(side, width, height)
        return ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    return ImageOps.pad(image, (side, side), Image.Resampling.LANCZOS, color=bars)


def _linear(encoded: Floats) -> Floats:
    """sRGB values from 0 to 1 as linear light."""
    linear: Floats = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear


def _encoded(linear: Floats) -> Floats:
    linear = linear.clip(0, 1)
    encoded: Floats = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return encoded


def _luminance(linear: Floats) -> float:
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _hex(levels: Floats) -> str:
    return "#" + "".join(f"{int(level):02x}" for level in levels.clip(0, 255))


def main() -> None:
    _, picture, out_dir = sys.argv
    isolate()
    limit_memory(MEMORY_BYTES)
    limit_cpu_time(CPU_SECONDS)
    limit_file_size(MAX_OUTPUT_BYTES)
    confine(
        read=[Path(picture), Path(sys.prefix), Path(sys.base_prefix), Path("/proc/self")],
        write=[Path(out_dir)],
    )
    answer: dict[str, Any]
    try:
        with Path(picture).open("rb") as file:
            answer = {"cover": make_cover(file.read(MAX_PICTURE_BYTES + 1), Path(out_dir))}
    except PictureError as error:
        answer = {"error": error.code}
    except MemoryError:
        answer = {"error": "picture_too_large"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
