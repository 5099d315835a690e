"""The browser tests' screenshots, one contact sheet per page: `python -m tests.browser.contact_sheets`.

Each sheet has the page at 1280 and 360 px, light and dark, at half size, from its top. Writes
`docs/screenshots/NAME.webp` and `docs/screenshots.md`, and deletes sheets of pages that are no more.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "screenshots"
SHEETS = ROOT / "docs" / "screenshots"
#: Long pages are cut at this height; pixels of the screenshot.
HEIGHT = 1800
MARGIN = 16
ORDER = ("1280-light", "360-light", "1280-dark", "360-dark")

INTRODUCTION = """# Every page, as it looks

Taken by the browser tests, each page at 1280 and at 360 pixels, light and dark; of a long page its top.
`make screenshots` takes them anew. The same tests check each page with axe, and fail when it scrolls sideways.
"""


def page_of(picture: Path) -> str:
    """Return the name that the test gave: "track-a" of "track-a-1280-light.png"."""
    return picture.stem.rsplit("-", 2)[0]


def sheet(pictures: list[Path]) -> Image.Image:
    """Return the screenshots of a page side by side, at half size."""
    parts = []
    for picture in sorted(pictures, key=lambda path: ORDER.index("-".join(path.stem.rsplit("-", 2)[1:]))):
        with Image.open(picture) as whole:
            top = whole.crop((0, 0, whole.width, min(whole.height, HEIGHT))).convert("RGB")
            parts.append(top.resize((top.width // 2, top.height // 2), Image.Resampling.LANCZOS))
    width = sum(part.width + MARGIN for part in parts) + MARGIN
    made = Image.new("RGB", (width, max(part.height for part in parts) + 2 * MARGIN), "#8a8a8a")
    left = MARGIN
    for part in parts:
        made.paste(part, (left, MARGIN))
        left += part.width + MARGIN
    return made


def main() -> None:
    SHEETS.mkdir(parents=True, exist_ok=True)
    for old in SHEETS.glob("*.webp"):
        old.unlink()
    lines = [INTRODUCTION]
    pictures = sorted(PICTURES.glob("*-*-*.png"), key=lambda path: (page_of(path), path.name))
    for name, of_page in groupby(pictures, page_of):
        sheet(list(of_page)).save(SHEETS / f"{name}.webp", quality=70, method=6)
        lines.append(f"## {name}\n\n![{name} at two widths, light and dark](screenshots/{name}.webp)\n")
    (ROOT / "docs" / "screenshots.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
