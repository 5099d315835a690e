"""Covers: found in the tags of every format, decoded within limits, and written as square WebP pictures."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.apev2 import BINARY, APEv2, APEValue
from mutagen.asf import ASF, ASFByteArrayAttribute
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from PIL import Image

from classifier.cover_process import COVER_SIZES, PictureError, cover_file_name, make_cover_from_file
from classifier.covers import (
    MAX_PICTURE_BYTES,
    embedded_pictures,
    make_cover,
    make_embedded_cover,
    page_colours,
)
from classifier.tagged_copies import write_tagged_copy
from tests import sounds
from tests.pictures import picture

RED, BLUE = (200, 30, 30), (30, 30, 200)


@pytest.fixture
def out_dir(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def made(out_dir: Path, size: str = "large") -> Image.Image:
    with Image.open(out_dir / cover_file_name(size)) as image:
        assert image.format == "WEBP"
        return image.convert("RGB")


def middle(out_dir: Path) -> tuple[int, ...]:
    image = made(out_dir)
    return image.getpixel((image.width // 2, image.height // 2))  # type: ignore[return-value]


def near(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 8 for one, other in zip(colour, expected, strict=True))


# Found in files


def flac_picture(data: bytes, kind: int = 3) -> Picture:
    found = Picture()
    found.data, found.type, found.mime = data, kind, "image/jpeg"
    return found


def in_id3(path: Path, data: bytes) -> None:
    tags = ID3()
    tags.add(APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=data))
    tags.save(path)


def in_flac(path: Path, data: bytes) -> None:
    file = FLAC(path)
    file.add_picture(flac_picture(data))
    file.save()


def in_comments(kind: type) -> Callable[[Path, bytes], None]:
    def write(path: Path, data: bytes) -> None:
        file = kind(path)
        file["metadata_block_picture"] = [base64.b64encode(flac_picture(data).write()).decode()]
        file.save()

    return write


def in_old_comments(path: Path, data: bytes) -> None:
    file = OggVorbis(path)
    file["coverart"] = [base64.b64encode(data).decode()]
    file.save()


def in_mp4(path: Path, data: bytes) -> None:
    file = MP4(path)
    file["covr"] = [MP4Cover(data, MP4Cover.FORMAT_JPEG)]
    file.save()


def in_asf(path: Path, data: bytes) -> None:
    file = ASF(path)
    names = "image/jpeg\0".encode("utf-16-le") + "front\0".encode("utf-16-le")
    file["WM/Picture"] = [ASFByteArrayAttribute(struct.pack("<BI", 3, len(data)) + names + data)]
    file.save()


def in_ape(path: Path, data: bytes) -> None:
    tags = APEv2()
    tags["Cover Art (Front)"] = APEValue(b"cover.jpg\0" + data, BINARY)
    tags.save(path)


@pytest.mark.parametrize(
    ("extension", "write"),
    [
        (".mp3", in_id3),
        (".mp3", in_ape),
        (".flac", in_flac),
        (".ogg", in_comments(OggVorbis)),
        (".ogg", in_old_comments),
        (".opus", in_comments(OggOpus)),
        (".m4a", in_mp4),
        (".wma", in_asf),
    ],
)
def test_found_in_every_format(tmp_path: Path, extension: str, write: Callable[[Path, bytes], None]) -> None:
    data = picture(RED)
    path = sounds.write(tmp_path / f"song{extension}", 1)
    assert list(embedded_pictures(path)) == []
    write(path, data)
    path = path.rename(tmp_path / "upload")
    assert list(embedded_pictures(path)) == [data]
    cover = make_embedded_cover(path, tmp_path)
    assert cover
    assert cover["sha256"] == hashlib.sha256(data).hexdigest()
    assert near(middle(tmp_path), RED)


@pytest.mark.parametrize(
    ("extension", "write"),
    [
        (".mp3", in_id3),
        (".mp3", in_ape),
        (".flac", in_flac),
        (".ogg", in_comments(OggVorbis)),
        (".opus", in_comments(OggOpus)),
        (".m4a", in_mp4),
    ],
)
def test_tagged_copy_has_the_same(
    tmp_path: Path, extension: str, write: Callable[[Path, bytes], None]
) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1)
    write(path, picture(RED))
    copy = tmp_path / f"copy{extension}"
    assert write_tagged_copy(path, copy, kind=extension[1:], tags={"title": "Blue", "album": "Foundry"})
    assert list(embedded_pictures(copy)) == [picture(RED)]


@pytest.mark.parametrize("extension", [".wav", ".aiff", ".aac", ".au", ".webm"])
def test_none_in_files_that_have_none(tmp_path: Path, out_dir: Path, extension: str) -> None:
    path = sounds.write(tmp_path / f"song{extension}", 1)
    assert make_embedded_cover(path, out_dir) is None
    assert not list(out_dir.iterdir())


def with_pictures(path: Path, *pictures: tuple[int, bytes]) -> Path:
    sounds.write(path, 1)
    tags = ID3()
    for number, (kind, data) in enumerate(pictures):
        tags.add(APIC(encoding=0, mime="image/jpeg", type=kind, desc=str(number), data=data))
    tags.save(path)
    return path


def test_front_cover_comes_first(tmp_path: Path) -> None:
    artist, front = picture(RED), picture(BLUE)
    path = with_pictures(tmp_path / "song.mp3", (8, artist), (3, front))
    assert list(embedded_pictures(path)) == [front, artist]


def test_first_that_can_be_decoded_is_taken(tmp_path: Path) -> None:
    path = with_pictures(tmp_path / "song.mp3", (3, b"no picture"), (0, picture(RED)))
    assert make_embedded_cover(path, tmp_path)
    assert near(middle(tmp_path), RED)


def test_links_are_not_followed(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "song.mp3", 1)
    tags = ID3()
    tags.add(APIC(encoding=0, mime="-->", type=3, desc="", data=b"http://evil.example/cover.jpg"))
    tags.save(path)
    assert list(embedded_pictures(path)) == []


@pytest.mark.parametrize("block", [b"", b"\3", b"\3\xff\xff\xff\xff", b"\3\0\0\0\0" + b"x" * 50])
def test_broken_blocks_have_no_picture(tmp_path: Path, block: bytes) -> None:
    path = sounds.write(tmp_path / "song.wma", 1)
    file = ASF(path)
    file["WM/Picture"] = [ASFByteArrayAttribute(block)]
    file.save()
    assert make_embedded_cover(path, tmp_path) is None


def test_not_a_music_file(tmp_path: Path) -> None:
    assert list(embedded_pictures(sounds.not_audio(tmp_path / "notes.mp3"))) == []


# Decoded


def test_three_sizes(out_dir: Path) -> None:
    make_cover(picture(RED, (1200, 1200)), out_dir)
    assert {path.name for path in out_dir.iterdir()} == {cover_file_name(size) for size in COVER_SIZES}
    for size, side in COVER_SIZES.items():
        assert made(out_dir, size).size == (side, side)
    assert near(middle(out_dir), RED)


def test_never_enlarged(out_dir: Path) -> None:
    make_cover(picture(RED, (200, 200)), out_dir)
    assert [made(out_dir, size).size for size in COVER_SIZES] == [(96, 96), (200, 200), (200, 200)]


def test_nearly_square_is_cropped(out_dir: Path) -> None:
    make_cover(picture(RED, (240, 200)), out_dir)
    image = made(out_dir)
    assert image.size == (200, 200)
    assert near(image.getpixel((2, 100)), RED)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(400, 200), (200, 400)])
def test_wide_and_tall_ones_get_bars(out_dir: Path, size: tuple[int, int]) -> None:
    colours = make_cover(picture(RED, size), out_dir)["colours"]
    image = made(out_dir)
    assert image.size == (400, 400)
    assert near(image.getpixel((200, 200)), RED)  # type: ignore[arg-type]
    bar = tuple(bytes.fromhex(colours["background"][1:]))
    assert near(image.getpixel((2, 2)), bar)  # type: ignore[arg-type]


def test_rotation_in_exif_data(out_dir: Path) -> None:
    image = Image.new("RGB", (64, 60), RED)
    image.paste(BLUE, (0, 0, 64, 30))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    make_cover(out.getvalue(), out_dir)
    assert near(made(out_dir).getpixel((30, 5)), RED)  # type: ignore[arg-type]


def test_broken_exif_data(out_dir: Path) -> None:
    make_cover(picture(RED, exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), out_dir)
    assert near(middle(out_dir), RED)


def test_nothing_else_of_the_file_is_kept(out_dir: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 1 Elm Street"
    make_cover(picture(RED, exif=exif, comment=b"at home"), out_dir)
    for path in out_dir.iterdir():
        assert b"home" not in path.read_bytes()


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("CMYK", (0, 255, 255, 0), "JPEG", (255, 0, 0)),
        ("L", 120, "JPEG", (120, 120, 120)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("LA", (120, 255), "PNG", (120, 120, 120)),
        ("RGBA", (0, 0, 0, 0), "PNG", (255, 255, 255)),
        ("RGBA", (*BLUE, 255), "WEBP", BLUE),
        ("I;16", 0x8000, "PNG", (128, 128, 128)),
        ("P", 0, "GIF", (0, 0, 0)),
    ],
)
def test_every_kind_of_pixel(out_dir: Path, mode: str, colour: Any, kind: str, expected: Any) -> None:
    make_cover(picture(colour, mode=mode, kind=kind), out_dir)
    assert near(middle(out_dir), expected)


def test_palette_with_a_transparent_colour(out_dir: Path) -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([*RED, *BLUE])
    out = io.BytesIO()
    image.save(out, "PNG", transparency=1)
    make_cover(out.getvalue(), out_dir)
    assert near(middle(out_dir), (255, 255, 255))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(out_dir: Path, kind: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in (RED, BLUE)]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    make_cover(out.getvalue(), out_dir)
    assert near(middle(out_dir), RED)


# Refused


def png_of(width: int, height: int) -> bytes:
    """A small file that says it has so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(b"\0" * (width + 1) * 10)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_of(20_000, 20_000), "picture_too_large"),
        (png_of(20_000, 20), "picture_too_large"),
        (png_of(7_000, 7_000), "picture_too_large"),
        (b"\x89PNG" + b"\0" * MAX_PICTURE_BYTES, "picture_too_large"),
        (picture(RED, (8, 8)), "not_a_picture"),
        (SVG, "not_a_picture"),
        (picture(RED, kind="BMP"), "not_a_picture"),
        (picture(RED, kind="TIFF"), "not_a_picture"),
        (picture(RED, (300, 300), kind="PNG")[:-40], "not_a_picture"),
        (b"", "not_a_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "not_a_picture"),
    ],
)
def test_refused(out_dir: Path, data: bytes, code: str) -> None:
    with pytest.raises(PictureError) as refusal:
        make_cover(data, out_dir)
    assert refusal.value.code == code
    assert not list(out_dir.iterdir())


# In a process of its own


def test_picture_file(tmp_path: Path, out_dir: Path) -> None:
    path = tmp_path / "song.mp3"  # what it is called does not matter
    path.write_bytes(picture(RED))
    cover = make_cover_from_file(path, out_dir)
    assert cover["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert near(middle(out_dir), RED)


@pytest.mark.parametrize(
    ("data", "code"), [(SVG, "not_a_picture"), (png_of(20_000, 20_000), "picture_too_large")]
)
def test_refused_picture_file(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "cover.png"
    path.write_bytes(data)
    with pytest.raises(PictureError) as refusal:
        make_cover_from_file(path, tmp_path)
    assert refusal.value.code == code


def test_missing_picture_file(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        make_cover_from_file(tmp_path / "gone", tmp_path)


# Colours


def luminance(colour: str) -> float:
    channels = [level / 255 for level in bytes.fromhex(colour[1:])]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("seed", range(40))
def test_text_can_be_read_in_the_colours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (rng.integers(1, 9), 3))
    pixels = palette[rng.integers(0, len(palette), (64, 64))].astype(np.uint8)
    colours = page_colours(pixels)
    assert contrast("#ffffff", colours["background"]) >= 7
    assert contrast(colours["accent"], colours["background"]) >= 4.5


@pytest.mark.parametrize("level", [0, 128, 255])
def test_colours_of_grey(level: int) -> None:
    colours = page_colours(np.full((64, 64, 3), level, np.uint8))
    assert contrast(colours["accent"], colours["background"]) >= 4.5


def test_colours_are_of_the_picture() -> None:
    pixels = np.full((64, 64, 3), (20, 20, 90), np.uint8)
    pixels[:20, :20] = (240, 160, 20)
    colours = page_colours(pixels)
    red, _, blue = bytes.fromhex(colours["background"][1:])
    assert blue > 2 * red
    red, _, blue = bytes.fromhex(colours["accent"][1:])
    assert red > 2 * blue
