"""A chart of page times by library size, as an SVG for light and dark pages."""

from __future__ import annotations

from math import log10

#: Pages with a coloured line, in the order of the colours. All others have thin lines.
HIGHLIGHTED_PAGES = (
    "list",
    "search, two words",
    "six filters",
    "facets of a tag and a mood",
    "moods and map",
    "overview",
)
WIDTH, HEIGHT = 860, 400
TOP, BOTTOM = 50, 340
LOW, HIGH = 1.0, 1000.0
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600; font-size: 13px }
.grid { stroke: #ccc; stroke-width: 1 } polyline { fill: none; stroke-width: 2.5 }
.thin { stroke: #999; stroke-width: .7 }
.c0 { stroke: #0969da } .c1 { stroke: #bc4c00 } .c2 { stroke: #1a7f37 } .c3 { stroke: #8250df } .c4 { stroke: #bf3989 }
.c5 { stroke: #9a6700 }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .grid { stroke: #444 } .thin { stroke: #777 }
.c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #3fb950 } .c3 { stroke: #bc8cff } .c4 { stroke: #f778ba }
.c5 { stroke: #d29922 } }
"""


def growth_svg(times: dict[tuple[int, int], dict[str, float]], library: int) -> str:
    """Return the chart: milliseconds by page over the size of the database (left) and of the library (right).

    `times` has milliseconds by page, by (tracks in the database, tracks of the owner).
    """
    total = max(total for total, _ in times)
    others = {size: pages for (size, own), pages in times.items() if own == library}
    mine = {own: pages for (size, own), pages in times.items() if size == total}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Server time of pages by the number of tracks of all users and of the owner</title>",
        f"<style>{STYLE}</style>",
        *panel(60, f"A library of {library:,} tracks, in a database of …", others),
        *panel(480, f"A library of …, in a database of {total:,} tracks", mine),
    ]
    for number, name in enumerate(HIGHLIGHTED_PAGES):
        x, y = 60 + number % 3 * 265, BOTTOM + 38 + number // 3 * 18
        parts.append(f'<polyline class="c{number}" points="{x},{y - 4} {x + 20},{y - 4}"/>')
        parts.append(f'<text x="{x + 26}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def panel(left: int, title: str, times: dict[int, dict[str, float]]) -> list[str]:
    """Return one diagram with logarithmic axes."""
    right = left + 330
    sizes = sorted(times)
    first, last = log10(sizes[0]), log10(sizes[-1])

    def x(size: int) -> float:
        return left + (right - left) * (log10(size) - first) / ((last - first) or 1)

    def y(milliseconds: float) -> float:
        share = log10(min(max(milliseconds, LOW), HIGH) / LOW) / log10(HIGH / LOW)
        return BOTTOM - (BOTTOM - TOP) * share

    parts = [f'<text class="title" x="{left}" y="{TOP - 24}">{title}</text>']
    for value in (1, 10, 100, 1000):
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value} ms</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{size:,}</text>')
    names = sorted(times[sizes[-1]], key=lambda name: name in HIGHLIGHTED_PAGES)
    for name in names:
        kind = f"c{HIGHLIGHTED_PAGES.index(name)}" if name in HIGHLIGHTED_PAGES else "thin"
        points = " ".join(
            f"{x(size):.1f},{y(times[size][name]):.1f}" for size in sizes if name in times[size]
        )
        parts.append(f'<polyline class="{kind}" points="{points}"><title>{name}</title></polyline>')
    return parts
