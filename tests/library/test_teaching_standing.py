"""The sentence that says how far a teaching has come."""

from __future__ import annotations

import pytest

from classifier.learning import concepts
from classifier.learning.worth import Worth
from library.selectors import standing
from library.selectors.standing import standing_text


def worth(right: int, answers: int, effective: float | None = None) -> Worth:
    return Worth(answers, right, answers if effective is None else effective)


@pytest.mark.parametrize(
    ("examples", "heard", "found", "text"),
    [
        (0, 0, None, "Needs 3 examples"),
        (1, 1, None, "Needs 2 more examples"),
        (2, 2, None, "Needs 1 more example"),
        (2, 0, None, "Needs 1 more example"),
        (5, 2, None, "Has heard 2 of its 5 examples so far, and needs 3"),
        (3, 3, None, "Knows 3 examples; suggestions are rough"),
        (20, 9, None, "Knows 9 examples; suggestions are rough"),
        (20, 20, None, "Knows 20 examples; how often it is right will show after more answers"),
        (20, 20, worth(8, 8), "Right every time here so far, surely more than seven times in ten"),
        (20, 20, worth(45, 50), "Right about nine times in ten here, surely more than eight"),
        (20, 20, worth(23, 25), "Right about nine times in ten here, surely more than seven"),
        (20, 20, worth(98, 100), "Surely right more than nine times in ten here"),
        (20, 20, worth(6, 8), "Right about eight times in ten here, surely more than four"),
        (20, 20, worth(1, 10), "Right about one time in ten here"),
        (20, 20, worth(0, 10), "Hardly ever right here"),
        # All by one artist: as good as one answer.
        (20, 20, worth(9, 10, 1), "Right about nine times in ten here, surely more than two"),
    ],
)
def test_it(examples: int, heard: int, found: Worth | None, text: str) -> None:
    assert standing_text(examples, heard, found) == text


@pytest.mark.parametrize("answers", [8, 25, 100, 10_000])
def test_it_never_says_surely_more_than_the_bound(answers: int) -> None:
    for right in range(answers // 2, answers + 1, max(1, answers // 100)):
        found = worth(right, answers)
        said = [
            number
            for number, word in enumerate(standing.NUMBERS)
            if f"more than {word}" in standing_text(9, 9, found)
        ]
        assert all(number / 10 < found.lower_bound for number in said)


def test_it_needs_as_many_examples_as_suggestions_do() -> None:
    assert standing.LEAST_EXAMPLES == concepts.LEAST_EXAMPLES
