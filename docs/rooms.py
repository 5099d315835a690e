"""Draw the rooms of the code, and what imports what, as `docs/images/rooms.svg`.

    PYTHONPATH=. python docs/rooms.py

The layers are those of the import-linter contract in `pyproject.toml`; imports are read from the code by grimp. A line
is left out where the room reaches the other through a third one anyway, so that the picture stays legible.
"""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/images/rooms.svg"
CONTRACT = "The rooms of the library have one direction"
WIDTH, TOP, BAND, BOX = 1180, 46, 74, 44
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1d1b19; text-anchor: middle }
.size { font-size: 11px; fill: #625d57 }
.layer { fill: #f3f0ec } .room { fill: #fff; stroke: #0f766e; stroke-width: 1.5 }
.import { fill: none; stroke: #0f766e; stroke-opacity: .6; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #f2efea } .size { fill: #a8a199 } .layer { fill: #1e1c1a } .room { fill: #141312; stroke: #2dd4bf }
.import { stroke: #2dd4bf } }
"""


def layers() -> list[list[str]]:
    """The rooms of each layer, from the top, with `config` above and `classifier` below them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each["name"] == CONTRACT)
    library = [re.split(r" *[|:] *", layer) for layer in contract["layers"]]
    return [["config"], *([f"library.{room}" for room in layer] for layer in library), ["classifier"]]


def imports_between(rooms: list[str]) -> dict[str, set[str]]:
    """For each room, the rooms that it imports: without those that it reaches through another one."""
    graph = grimp.build_graph("config", "library", "classifier", cache_dir=None)
    for room in rooms:
        graph.squash_module(room)
    direct = {room: graph.find_modules_directly_imported_by(room) & {*rooms} - {room} for room in rooms}

    def reached(room: str, seen: set[str]) -> set[str]:
        for other in direct[room] - seen:
            seen.add(other)
            reached(other, seen)
        return seen

    return {
        room: {
            other
            for other in others
            if not any(other in reached(between, {room}) for between in others - {other})
        }
        for room, others in direct.items()
    }


def size_of(room: str) -> str:
    """How many modules a room has."""
    folder = ROOT / room.replace(".", "/")
    modules = [file for file in folder.rglob("*.py") if file.stat().st_size and file.name != "__init__.py"]
    return f"{len(modules)} modules" if modules else "1 module"


def picture() -> str:
    """The SVG, legible by day and by night."""
    bands = layers()
    centres: dict[str, tuple[float, float]] = {}
    floors, boxes = [], []
    for number, band in enumerate(bands):
        top = TOP + number * BAND
        floors.append(
            f'<rect class="layer" x="10" y="{top - 6}" width="{WIDTH - 20}" height="{BOX + 12}" rx="10"/>'
        )
        width = min(210, (WIDTH - 60) / len(band) - 16)
        for place, room in enumerate(band):
            x, y = WIDTH * (place + 0.5) / len(band), top + BOX / 2
            centres[room] = x, y
            boxes.append(
                f'<rect class="room" x="{x - width / 2:.0f}" y="{top}" width="{width:.0f}" height="{BOX}" rx="8"/>'
                f'<text x="{x:.0f}" y="{y - 2:.0f}">{escape(room.removeprefix("library."))}</text>'
                f'<text class="size" x="{x:.0f}" y="{y + 14:.0f}">{escape(size_of(room))}</text>'
            )
    curves = []
    for room, others in imports_between([*centres]).items():
        for other in sorted(others):
            (x, y), (to_x, to_y) = centres[room], centres[other]
            if to_y > y:  # within a layer, boxes that stand side by side say enough
                y, to_y = y + BOX / 2, to_y - BOX / 2
                bend = (to_y - y) / 2
                curves.append(
                    f'<path class="import" d="M{x:.0f},{y:.0f} C{x:.0f},{y + bend:.0f} '
                    f'{to_x:.0f},{to_y - bend:.0f} {to_x:.0f},{to_y:.0f}"/>'
                )
    height = TOP + len(bands) * BAND
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>The rooms of the code by layer; each imports only what lies below it</title>",
            f"<style>{STYLE}</style>",
            f'<text x="{WIDTH / 2:.0f}" y="24">Each room imports only what lies below it</text>',
            *floors,
            *curves,
            *boxes,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
    print(f"Written: {PICTURE.relative_to(ROOT)}")
