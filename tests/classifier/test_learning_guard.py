"""Whether a candidate is better than what is in use."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.learning import guard


def artists(count: int, tracks: int = 3) -> list[str]:
    return [f"artist {number}" for number in range(count) for _ in range(tracks)]


def test_the_same_is_not_better() -> None:
    found = guard.compare(np.ones(30), np.ones(30), artists(10))
    assert (found.gain, found.p_value, found.artists, found.better) == (0, 1, 0, False)
    assert not guard.compare([], [], []).better


def test_by_hand() -> None:
    """Three artists who all gain: of eight patterns of signs one sums up to as much."""
    found = guard.compare([1, 1, 1], [0, 0, 0], ["a", "b", "c"])
    assert found.p_value == 1 / 8
    assert not found.better
    assert guard.compare(np.ones(5), np.zeros(5), list("abcde")).p_value == 1 / 32
    assert guard.compare(np.ones(5), np.zeros(5), list("abcde")).better


@pytest.mark.parametrize("count", [8, 40])
def test_chance_passes_about_once_in_twenty(count: int) -> None:
    rng = np.random.default_rng(0)
    who = artists(count, 1)
    passed = sum(guard.compare(rng.standard_normal(count), np.zeros(count), who).better for _ in range(300))
    assert 3 <= passed <= 27


def test_a_true_gain_passes_and_a_loss_never_does() -> None:
    rng = np.random.default_rng(0)
    for count in (10, 60):
        gains = 1 + 0.5 * rng.standard_normal(count)
        assert guard.compare(gains, np.zeros(count), artists(count, 1)).better
        worse = guard.compare(-gains, np.zeros(count), artists(count, 1))
        assert not worse.better
        assert worse.p_value > 0.9


def test_many_tracks_of_one_artist_are_one_witness() -> None:
    """What would pass for tracks of many artists does not for those of a few."""
    gains = np.ones(40)
    assert guard.compare(gains, 0 * gains, artists(20, 2)).better
    assert not guard.compare(gains, 0 * gains, artists(4, 10)).better
    assert guard.compare(gains, 0 * gains, [""] * 40).better


def test_the_order_of_answers_does_not_matter_nor_the_day() -> None:
    rng = np.random.default_rng(0)
    gains, who = rng.standard_normal(60) + 0.2, np.array(artists(20))
    first, order = guard.compare(gains, 0 * gains, who), rng.permutation(60)
    again = guard.compare(gains[order], 0 * gains, who[order])
    assert again.p_value == pytest.approx(first.p_value, abs=1e-9)
    assert guard.compare(gains, 0 * gains, who) == first


def test_all_signs_and_drawn_ones_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    gains = np.random.default_rng(3).standard_normal(12) + 0.3
    exact = guard.compare(gains, 0 * gains, artists(12, 1)).p_value
    monkeypatch.setattr(guard, "EXACT_UP_TO", 0)
    assert guard.compare(gains, 0 * gains, artists(12, 1)).p_value == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(
    ("candidate", "who"), [([1.0], ["a", "b"]), ([np.nan, 1.0], ["a", "b"]), ([[1.0]], ["a"])]
)
def test_what_does_not_fit_is_refused(candidate, who) -> None:
    with pytest.raises(ValueError, match="fit"):
        guard.compare(candidate, np.zeros(np.shape(candidate)), who)


def test_tracks_without_an_artist_are_groups_of_their_own() -> None:
    assert guard.group_numbers(["b", "", "a", "", "b"]).tolist() == [
        guard.group_numbers(["b", "", "a", "", "b"])[0],
        *guard.group_numbers(["b", "", "a", "", "b"])[1:4].tolist(),
        guard.group_numbers(["b", "", "a", "", "b"])[0],
    ]
    assert len(set(guard.group_numbers(["b", "", "a", "", "b"]).tolist())) == 4
