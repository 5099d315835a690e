"""How far a teaching has come, in words."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import dateformat
from django.utils.timezone import localtime

if TYPE_CHECKING:
    from classifier.learning.worth import Worth

#: With fewer examples, suggestions are rough.
ROUGH_BELOW = 10
#: As `classifier.learning.concepts.LEAST_EXAMPLES`, which needs NumPy.
LEAST_EXAMPLES = 3
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def standing_text(examples: int, heard: int, worth: Worth | None) -> str:
    """A sentence without its full stop: how many examples are known, or how often the concept is right.

    `heard` is how many of the examples have been analysed by the current model.
    """
    if heard < LEAST_EXAMPLES:
        if examples >= LEAST_EXAMPLES:
            return f"Has heard {heard} of its {examples} examples so far, and needs {LEAST_EXAMPLES}"
        missing = LEAST_EXAMPLES - examples
        return f"Needs {missing}{' more' if examples else ''} example{'' if missing == 1 else 's'}"
    if worth is None:
        hint = (
            "suggestions are rough"
            if heard < ROUGH_BELOW
            else "how often it is right will show after more answers"
        )
        return f"Knows {heard} examples; {hint}"
    # The bound itself is not surely exceeded: of exactly 0.7, "more than six in ten" is true.
    bound = max(0, math.ceil(10 * worth.lower_bound - 1e-9) - 1)
    if worth.right == worth.answers:
        return f"Right every time here so far, surely more than {NUMBERS[bound]} times in ten"
    about = min(round(10 * worth.precision), 9)
    if not about:
        return "Hardly ever right here"
    if bound >= about:
        return f"Surely right more than {NUMBERS[bound]} times in ten here"
    sure = f", surely more than {NUMBERS[bound]}" if bound else ""
    return f"Right about {NUMBERS[about]} {'time' if about == 1 else 'times'} in ten here{sure}"


def switched_on_text(since: datetime) -> str:
    """Since when a concept sets itself: "Sets itself since 12 May", with the year if it is not this one."""
    day, today = localtime(since), localtime()
    return f"Sets itself since {dateformat.format(day, 'j F' if day.year == today.year else 'j F Y')}"


def switch_text(worth: Worth | None) -> str:
    """What has to come before a concept may set itself, as a sentence; "" when it may.

    Of all answers, those count that are about tracks of which it was sure, as for its worth.
    """
    from classifier.learning.worth import SHOWN_FROM, SWITCH_BOUND, SWITCH_FROM

    times = f"surely right at least {NUMBERS[round(10 * SWITCH_BOUND)]} times in ten"
    if worth is None or worth.answers < SWITCH_FROM:
        so_far = worth.answers if worth else f"fewer than {NUMBERS[SHOWN_FROM]}"
        return (
            f"It may set itself after {SWITCH_FROM} answers about tracks that it is sure of, if it is {times}. "
            f"So far there are {so_far}."
        )
    return "" if worth.may_switch_on else f"It may set itself once it is {times}."
