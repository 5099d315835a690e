"""Charts of times by size, as an SVG for light and dark pages."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10

WIDTH, PANEL_WIDTH, TOP, BOTTOM = 860, 330, 50, 340
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600; font-size: 13px }
.grid { stroke: #ccc; stroke-width: 1 } polyline { fill: none; stroke-width: 2.5 }
.thin { stroke: #999; stroke-width: .7 }
.c0 { stroke: #0969da } .c1 { stroke: #bc4c00 } .c2 { stroke: #1a7f37 } .c3 { stroke: #8250df } .c4 { stroke: #bf3989 }
.c5 { stroke: #9a6700 } .c6 { stroke: #cf222e } .c7 { stroke: #57606a }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .grid { stroke: #444 } .thin { stroke: #777 }
.c0 { stroke: #58a6ff } .c1 { stroke: #f0883e } .c2 { stroke: #3fb950 } .c3 { stroke: #bc8cff } .c4 { stroke: #f778ba }
.c5 { stroke: #d29922 } .c6 { stroke: #ff7b72 } .c7 { stroke: #8b949e } }
"""


@dataclass(frozen=True)
class Panel:
    """One diagram: milliseconds by name and size, on logarithmic axes; the upright one goes from `low` to `high`."""

    title: str
    milliseconds: dict[int, dict[str, float]]
    low: float = 1
    high: float = 1000


def chart_svg(title: str, panels: list[Panel], coloured: list[str]) -> str:
    """Return a chart of one panel or two. Names in `coloured` have a coloured line, all others a thin one."""
    rows = ceil(len(coloured) / 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {BOTTOM + 32 + 18 * rows}" role="img">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
    ]
    width = PANEL_WIDTH if len(panels) > 1 else WIDTH - 110
    for number, panel in enumerate(panels):
        parts += _panel(70 + number * 415, width, panel, coloured)
    for number, name in enumerate(coloured):
        x, y = 60 + number % 3 * 265, BOTTOM + 38 + number // 3 * 18
        parts.append(f'<polyline class="c{number}" points="{x},{y - 4} {x + 20},{y - 4}"/>')
        parts.append(f'<text x="{x + 26}" y="{y}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(left: int, width: int, panel: Panel, coloured: list[str]) -> list[str]:
    times, right = panel.milliseconds, left + width
    sizes = sorted(times)
    first, last = log10(sizes[0]), log10(sizes[-1])

    def x(size: int) -> float:
        return left + width * (log10(size) - first) / ((last - first) or 1)

    def y(milliseconds: float) -> float:
        within = min(max(milliseconds, panel.low), panel.high)
        return BOTTOM - (BOTTOM - TOP) * log10(within / panel.low) / log10(panel.high / panel.low)

    parts = [f'<text class="title" x="{left}" y="{TOP - 24}">{panel.title}</text>']
    for power in range(round(log10(panel.low)), round(log10(panel.high)) + 1):
        height, text = y(10**power), f"{10**power} ms" if power < 3 else f"{10 ** (power - 3):,} s"
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{height:.1f}" y2="{height:.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{height + 4:.1f}" text-anchor="end">{text}</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{BOTTOM + 16}" text-anchor="middle">{size:,}</text>')
    for name in sorted(times[sizes[-1]], key=lambda name: name in coloured):
        kind = f"c{coloured.index(name)}" if name in coloured else "thin"
        points = " ".join(
            f"{x(size):.1f},{y(times[size][name]):.1f}" for size in sizes if name in times[size]
        )
        parts.append(f'<polyline class="{kind}" points="{points}"><title>{name}</title></polyline>')
    return parts
