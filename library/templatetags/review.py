"""The chart of agreement by week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django import template

from library.selectors import Agreement

register = template.Library()

#: Height of the plot in pixels, and weeks from one label to the next.
PLOT_HEIGHT = 150
WEEKS_PER_LABEL = 8


@dataclass(frozen=True, slots=True)
class WeekColumn:
    """A column of the chart: `x` and `width` in percent of the plot, `top` and `height` in pixels."""

    monday: date
    counts: Agreement
    x: str
    width: str
    top: int
    height: int
    labelled: bool


@register.simple_tag
def week_columns(weeks: dict[date, Agreement]) -> list[WeekColumn]:
    """A column for each week, as high as the share of agreement: at least 2 px, so that 0 % is visible."""
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
    """Lines of the axis: distance from the plot's top in pixels, and label."""
    return [(round(PLOT_HEIGHT * (1 - share / 100)), f"{share} %") for share in (0, 50, 100)]
