"""Pictures for tests, drawn when they are needed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


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


def artwork(seed: int, side: int = 600) -> bytes:
    """A picture that could be on a record: two colours, bars and a disc."""
    rng = np.random.default_rng(seed)
    ground, other, third = (tuple(map(int, rng.integers(20, 236, 3))) for _ in range(3))
    image = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(image)
    for number in range(int(rng.integers(3, 8))):
        left, top = side * (0.1 + number / 9), side * rng.uniform(0.2, 0.8)
        draw.rectangle((left, top, left + side * 0.08, side), fill=other)
    (x, y), radius = rng.uniform(0.25, 0.75, 2), rng.uniform(0.08, 0.24)
    draw.ellipse(
        [side * (x - radius), side * (y - radius), side * (x + radius), side * (y + radius)], fill=third
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()
