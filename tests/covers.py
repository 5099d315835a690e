"""Pictures that tests make, and rows of covers without a file they came from."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from library.models import Cover, User
from library.models.albums import COVER_SIZES


def picture(
    colour: Any = (200, 60, 40),
    size: tuple[int, int] = (64, 64),
    *,
    kind: str = "JPEG",
    mode: str = "RGB",
    **options: Any,
) -> bytes:
    """A picture of one colour as the bytes of a file."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **options)
    return out.getvalue()


def make_cover(owner: User, colour: tuple[int, int, int] = (200, 60, 40), *, content: bytes = b"") -> Cover:
    """A stored cover of one colour, or with these bytes in place of pictures."""
    content = content or picture(colour, kind="WEBP")
    cover = Cover(
        owner=owner,
        sha256=hashlib.sha256(content).hexdigest(),
        colours={"background": "#3c1410", "accent": "#f0b4a0"},
    )
    for size in COVER_SIZES:
        getattr(cover, size).save("", ContentFile(content), save=False)
    cover.save()
    return cover
