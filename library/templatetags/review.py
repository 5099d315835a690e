"""How agreement by week is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django import template

from library.selectors import Agreement

register = template.Library()

#: Pixels from the top of the plot to its ground line, and weeks from one label to the next.
PLOT_HEIGHT = 150
WEEKS_PER_LABEL = 8


@dataclass(frozen=True, slots=True)
class WeekColumn:
    """A week in the picture: `x` and `width` in percent of the plot, `top` and `height` in pixels."""

    monday: date
    counts: Agreement
    x: str
    width: str
    top: int
    height: int
    labelled: bool


@register.simple_tag
def week_columns(weeks: dict[date, Agreement]) -> list[WeekColumn]:
    """A column for each week, as high as the share that agreed; at least a line, so that none is not nothing."""
    step = 100 / max(len(weeks), 1)
    columns = []
    for number, (monday, counts) in enumerate(weeks.items()):
        height = max(round(PLOT_HEIGHT * (counts.share or 0)), 2)
        columns.append(
            WeekColumn(
                monday=monday,
                counts=counts,
                x=f"{number * step:.2f}",
                width=f"{step * 0.7:.2f}",
                top=PLOT_HEIGHT - height,
                height=height,
                labelled=number % WEEKS_PER_LABEL == 0 and number < len(weeks) - WEEKS_PER_LABEL // 2,
            )
        )
    return columns


@register.simple_tag
def share_axis_ticks() -> list[tuple[int, str]]:
    """Heights of the axis's lines, in pixels from the plot's top, with their labels."""
    return [(round(PLOT_HEIGHT * (1 - share / 100)), f"{share} %") for share in (0, 50, 100)]
