"""Covers that no file has."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from django.core.files.base import ContentFile

from classifier.cover_process import make_cover_from_file
from library import services
from library.models import Cover, User
from library.models.albums import COVER_SIZES
from tests.pictures import artwork, picture


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


def make_artwork_cover(owner: User, seed: int) -> Cover:
    """A cover as a worker makes it, of a picture that differs for each seed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "picture").write_bytes(artwork(seed))
        made = make_cover_from_file(folder / "picture", folder)
        return services.cover_record(owner=owner, made=made, folder=folder)
