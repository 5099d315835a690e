"""Plots of an evaluation as SVG, written by hand because they need only four kinds of shapes.

Medium grey and blue on a transparent background are readable on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

#: Position and size of the plot area within the picture, in pixels.
LEFT, TOP, SIDE = 86.0, 20.0, 300.0


def write_plots(folder: Path, measures: dict[str, Any], curve: Sequence[tuple[float, float]]) -> None:
    """Write `confusion.svg`, `reliability.svg` and `coverage.svg` into `folder`.

    `measures` are from `evaluation.evaluate`, `curve` from `evaluation.coverage_curve`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {
        "confusion": confusion_plot(**measures["confusion"]),
        "reliability": reliability_diagram(measures["reliability"]),
        "coverage": coverage_plot(curve),
    }
    for name, picture in pictures.items():
        (folder / f"{name}.svg").write_text(picture, encoding="utf-8")


def reliability_diagram(rows: Sequence[dict[str, Any]]) -> str:
    """Return a reliability diagram: accuracy over confidence, a dot for each bin, larger for more tracks."""
    most = max(row["tracks"] for row in rows)
    marks, numbers = [_line([(0, 0), (1, 1)], dashed=True)], []
    for row in rows:
        x, y = _to_pixels(row["confidence"], row["right"])
        radius = 3 + 9 * (row["tracks"] / most) ** 0.5
        tooltip = f"{row['tracks']} tracks, confidence {row['confidence']:.0%}, correct {row['right']:.0%}"
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#0d6efd" fill-opacity=".75">'
            f"<title>{tooltip}</title></circle>"
        )
        numbers.append(_text(x + radius + 3, y + 4, str(row["tracks"]), "start", 11))
    return _chart("Reliability: accuracy by confidence", "confidence", "correct", marks + numbers)


def coverage_plot(curve: Sequence[tuple[float, float]]) -> str:
    """Return a plot of the accuracy where answered over the share answered, for all thresholds."""
    return _chart("Accuracy where answered, by share answered", "answered", "correct", [_line(curve)])


def confusion_plot(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Return a confusion matrix: annotated genres in rows, predicted ones in columns, shaded by share of the row."""
    cell = SIDE / len(labels)
    marks = []
    for row, (label, counts) in enumerate(zip(labels, matrix, strict=True)):
        y = TOP + row * cell
        marks.append(_text(LEFT - 6, y + cell / 2 + 4, label, "end", 11))
        x = LEFT + (row + 0.5) * cell
        marks.append(_text(x, TOP + SIDE + 12, label, "end", 11, turned=-45))
        for column, count in enumerate(counts):
            share = count / max(sum(counts), 1)
            strong = share >= 0.5  # strong enough for white text, on light and dark pages
            x = LEFT + column * cell
            marks.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{cell:.1f}" '
                f'fill="#0d6efd" fill-opacity="{0.8 + 0.2 * share if strong else share:.2f}"/>'
            )
            if count:
                colour = "#fff" if strong else "currentColor"
                marks.append(_text(x + cell / 2, y + cell / 2 + 4, str(count), "middle", 11, fill=colour))
    marks.append(_text(LEFT + SIDE / 2, TOP + SIDE + 62, "predicted", "middle", 12))
    marks.append(_text(12, TOP + SIDE / 2, "annotated", "middle", 12, turned=-90))
    return _svg("Confusion matrix: annotated genres in rows, predicted genres in columns", marks)


def _chart(title: str, x_label: str, y_label: str, marks: list[str]) -> str:
    """Return a picture with both axes from 0 to 100 %."""
    axes = [
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="none" stroke="currentColor" '
        'stroke-opacity=".5"/>'
    ]
    for step in range(0, 101, 20):
        x, y = _to_pixels(step / 100, step / 100)
        axes.append(_text(x, TOP + SIDE + 16, str(step), "middle", 11))
        axes.append(_text(LEFT - 6, y + 4, str(step), "end", 11))
    axes.append(_text(LEFT + SIDE / 2, TOP + SIDE + 36, f"{x_label}, %", "middle", 12))
    x, y = LEFT - 42, TOP + SIDE / 2
    axes.append(_text(x, y, f"{y_label}, %", "middle", 12, turned=-90))
    return _svg(title, [*axes, *marks])


def _svg(title: str, marks: list[str]) -> str:
    width, height = LEFT + SIDE + 30, TOP + SIDE + 70
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="system-ui, sans-serif" '
            'color="#7a828a" role="img">',
            f"<title>{escape(title)}</title>",
            *marks,
            "</svg>\n",
        ]
    )


def _to_pixels(x: float, y: float) -> tuple[float, float]:
    return LEFT + SIDE * x, TOP + SIDE * (1 - y)


def _line(points: Sequence[tuple[float, float]], dashed: bool = False) -> str:
    coordinates = " ".join("{:.1f},{:.1f}".format(*_to_pixels(x, y)) for x, y in points)
    style = (
        'stroke="currentColor" stroke-opacity=".6" stroke-dasharray="4 4"'
        if dashed
        else 'stroke="#0d6efd" stroke-width="2"'
    )
    return f'<polyline points="{coordinates}" fill="none" {style}/>'


def _text(
    x: float, y: float, text: str, anchor: str, size: int, turned: int = 0, fill: str = "currentColor"
) -> str:
    turn = f' transform="rotate({turned} {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"{turn}>'
        f"{escape(text)}</text>"
    )
