"""Suggestions that are answered: what refusals add, what worth promises, and which question teaches most.

Half of a library's artists are asked about and half judged; a simulated owner answers by the annotated genre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning.worlds import Space, Tracks, World, wide_worlds, worlds
from classifier.learning import concepts, suggestions, worth
from classifier.learning.figures import average_precision

Indices = NDArray[np.int64]

FIRST_EXAMPLES, ROUNDS, ANSWERS_A_ROUND = 5, 2, 10
#: Rounds of answers after which a concept may have been switched on.
WORTH_ROUNDS = 6
#: Single questions that are asked by each strategy.
QUESTIONS = 10


@dataclass
class Teacher:
    """Whom a concept is taught by: `examples` at first, then answers about the tracks of `asked_about`."""

    world: World
    space: Space
    examples: list[int]
    open: Indices
    judged: Indices
    refusals: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    @classmethod
    def begin(cls, world: World, seed: list[int]) -> Teacher | None:
        """None where there are too few tracks to find."""
        rng = np.random.default_rng(seed)
        if len(world.pool) <= FIRST_EXAMPLES:
            return None
        examples = rng.choice(world.pool, FIRST_EXAMPLES, replace=False)
        library = np.setdiff1d(world.library, examples)
        if world.column in ("new", "same"):
            groups = world.tracks.artists[library]
        else:  # one artist, or songs of a few
            groups = np.array([str(track) for track in library])
        names = rng.permutation(np.unique(groups))
        mine = np.isin(groups, names[: len(names) // 2])
        asked, judged = library[mine], library[~mine]
        if world.relevant[asked].sum() < 2 or world.relevant[judged].sum() < 2:
            return None
        return cls(world, world.space(), examples.tolist(), asked, judged)

    def concept(self, refusals: bool = True) -> concepts.Concept:
        rows = self.space.rows
        return concepts.teach(rows[self.examples], rows[self.refusals if refusals else []], self.space.known)

    def scores(self, tracks: Indices, refusals: bool = True) -> NDArray[np.float32]:
        taught = self.concept(refusals)
        return concepts.scores([taught], self.space.rows[tracks], self.space.known)[:, 0]

    def quality(self, refusals: bool = True) -> float:
        return average_precision(self.scores(self.judged, refusals), self.world.relevant[self.judged])

    def answer(self, tracks: Indices) -> None:
        for track in tracks.tolist():
            (self.examples if self.world.relevant[track] else self.refusals).append(track)
            self.asked.append(track)
        self.open = np.setdiff1d(self.open, tracks)

    def answers(self) -> tuple[worth.Answers, NDArray[np.bool_]]:
        """All answers, and which of them were to questions."""
        all_of = self.examples + self.refusals
        yes = np.arange(len(all_of)) < len(self.examples)
        artists = self.world.tracks.artists[all_of]
        if self.world.column not in ("new", "same"):
            artists = np.full(len(all_of), "")
        return worth.answers(self.space.rows[all_of], yes, artists), np.isin(all_of, self.asked)

    def threshold(self) -> float:
        given, asked = self.answers()
        return worth.concept_threshold(given, self.space.known, asked)


def round_of_answers(teacher: Teacher, count: int, seed: int) -> None:
    scores = teacher.scores(teacher.open)
    chosen = suggestions.suggest(scores, teacher.threshold(), count, seed)
    teacher.answer(teacher.open[chosen])


def report(tracks: Tracks, seed: int, draws: int) -> None:
    """Print all three tables."""
    after: dict[str, dict[str, list[list[float]]]] = {}
    promised: list[Promise] = []
    asked: dict[str, dict[str, list[float]]] = {}
    for number, world in enumerate(worlds(tracks, seed)):
        for draw in range(draws):
            key = [seed, number, draw]
            for what, refusals in (("refusals compete", True), ("refusals are ignored", False)):
                if teacher := Teacher.begin(world, key):
                    row = [teacher.quality(refusals)]
                    for turn in range(ROUNDS):
                        round_of_answers(teacher, ANSWERS_A_ROUND, turn)
                        row.append(teacher.quality(refusals))
                    after.setdefault(world.column, {}).setdefault(what, []).append(row)
            for name, question in QUESTIONS_BY.items():
                if teacher := Teacher.begin(world, key):
                    for turn in range(QUESTIONS):
                        if len(teacher.open):
                            teacher.answer(teacher.open[[question(teacher, turn)]])
                    asked.setdefault(world.column, {}).setdefault(name, []).append(teacher.quality())
    for number, world in enumerate(wide_worlds(tracks, seed)):
        for draw in range(2 * draws):
            if teacher := Teacher.begin(world, [seed, number, draw]):
                promised += keep_promises(teacher)
    print(
        f"Average precision from {FIRST_EXAMPLES} examples, and after each round of {ANSWERS_A_ROUND} answers\n"
    )
    print("| | " + " | ".join(after) + " |")
    print("|---" * (len(after) + 1) + "|")
    for what in ("refusals compete", "refusals are ignored"):
        cells = [" ".join(f"{value:.3f}" for value in np.mean(rows[what], axis=0)) for rows in after.values()]
        print(f"| {what} | " + " | ".join(cells) + " |")
    print_promises(promised)
    print(f"\nAverage precision after {QUESTIONS} single questions\n")
    print("| | " + " | ".join(asked) + " |")
    print("|---" * (len(asked) + 1) + "|")
    for name in QUESTIONS_BY:
        print(f"| {name} | " + " | ".join(f"{np.mean(rows[name]):.3f}" for rows in asked.values()) + " |")


class Promise(NamedTuple):
    """What was promised after a round of answers, and the precision on the judged tracks."""

    turn: int
    told: worth.Worth
    true: float


def keep_promises(teacher: Teacher) -> list[Promise]:
    found = []
    for turn in range(WORTH_ROUNDS):
        round_of_answers(teacher, ANSWERS_A_ROUND, turn)
        given, asked = teacher.answers()
        told = worth.worth(given, teacher.space.known, asked)
        above = teacher.scores(teacher.judged) >= teacher.threshold()
        if told and above.any():
            found.append(Promise(turn, told, float(teacher.world.relevant[teacher.judged][above].mean())))
    return found


def print_promises(promised: list[Promise]) -> None:
    print("\nWhat worth promised of new genres, and what came true on artists that were not asked about\n")
    print(
        "| answers | told | mean precision | mean bound | came true | below the bound | may switch on | then true |"
    )
    print("|---" * 8 + "|")
    for turn in range(WORTH_ROUNDS):
        rows = [promise for promise in promised if promise.turn == turn]
        if not rows:
            continue
        precision = np.mean([row.told.precision for row in rows])
        bound = np.mean([row.told.lower_bound for row in rows])
        true, below = (
            np.mean([row.true for row in rows]),
            np.mean([row.true < row.told.lower_bound for row in rows]),
        )
        on = [row.true for row in rows if row.told.may_switch_on]
        then = f"{np.mean(on):.3f}" if on else "–"
        figures = f"{precision:.3f} | {bound:.3f} | {true:.3f} | {below:.3f}"
        print(f"| {(turn + 1) * ANSWERS_A_ROUND} | {len(rows)} | {figures} | {len(on)} | {then} |")


def most_telling(teacher: Teacher, turn: int) -> int:
    rows = teacher.space.rows
    return suggestions.next_question(
        rows[teacher.examples],
        rows[teacher.refusals],
        teacher.space.known,
        rows[teacher.open],
        teacher.threshold(),
    )


def nearest_to_threshold(teacher: Teacher, turn: int) -> int:
    scores, border = teacher.scores(teacher.open), teacher.threshold()
    return int(np.abs(scores - (border if np.isfinite(border) else scores.max())).argmin())


QUESTIONS_BY: dict[str, Callable[[Teacher, int], int]] = {
    "the best scored": lambda teacher, turn: int(teacher.scores(teacher.open).argmax()),
    "the nearest to the threshold": nearest_to_threshold,
    "the one that is expected to change most (shipped)": most_telling,
    "any": lambda teacher, turn: int(np.random.default_rng(turn).integers(len(teacher.open))),
}
