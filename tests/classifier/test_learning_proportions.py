"""Shares of right answers: their intervals, and whether one is lower than another by more than chance."""

from __future__ import annotations

from itertools import product
from math import comb

import pytest
from scipy.stats import binomtest, fisher_exact

from classifier.learning.proportions import chance_of_so_few, significant, wilson_interval


@pytest.mark.parametrize(("right", "answers"), [(0, 5), (5, 5), (3, 7), (90, 120), (1, 1)])
def test_the_interval_is_wilsons(right: int, answers: int) -> None:
    expected = binomtest(right, answers).proportion_ci(method="wilson")
    assert wilson_interval(right, answers) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_without_answers_everything_is_possible() -> None:
    assert wilson_interval(0, 0) == (0, 1)


def test_the_test_is_fishers() -> None:
    for right, before in product(range(0, 9, 2), range(0, 13, 3)):
        table = [[right, 8 - right], [before, 12 - before]]
        expected = fisher_exact(table, alternative="less").pvalue
        assert chance_of_so_few(right, 8, before, 12) == pytest.approx(expected, abs=1e-9), table


def test_many_answers_are_tested_exactly_too() -> None:
    found = chance_of_so_few(400, 1000, 30_000, 50_000)
    assert found == pytest.approx(fisher_exact([[400, 600], [30_000, 20_000]], "less").pvalue, rel=1e-4)
    assert chance_of_so_few(1, 2, 1, 2) == pytest.approx(1 - comb(2, 2) / comb(4, 2))


def test_what_none_or_all_got_right_tells_nothing() -> None:
    assert chance_of_so_few(0, 10, 0, 10) == pytest.approx(1)
    assert chance_of_so_few(10, 10, 10, 10) == pytest.approx(1)


@pytest.mark.parametrize("counts", [(3, 2, 1, 1), (-1, 2, 1, 1), (1, 2, 2, 1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        chance_of_so_few(*counts)
    with pytest.raises(ValueError, match="cannot be"):
        wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("p_values", "found"),
    [
        ({"rock": 0.04}, ["rock"]),
        ({"rock": 0.04, "pop": 0.5}, []),
        ({"rock": 0.04, "pop": 0.02}, ["pop", "rock"]),
        ({"rock": 0.001, "pop": 0.03, "jazz": 0.9}, ["rock"]),
        ({}, []),
    ],
)
def test_of_several_tests_fewer_find_something(p_values: dict[str, float], found: list[str]) -> None:
    assert significant(p_values) == found
