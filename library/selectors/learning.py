"""What Earmark has learned of what its owner teaches: suggestions, the next question, and how often it is right here.

Everything is computed from the examples and refusals as they are now (`selectors.concepts`), by
`classifier.learning`. Only vectors in the space of the owner's model count. NumPy is imported when it is needed.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings

from library.errors import DomainError
from library.models import Answer, Concept, Track, User
from library.selectors.concepts import (
    example_ids,
    examples_of,
    other_genre_ids,
    refusal_ids,
    reviewed_ids,
)
from library.selectors.model_cards import learning_space, model_name_of
from library.selectors.read_once import read_once
from library.selectors.standing import LEAST_EXAMPLES, standing_text, switched_on_text
from library.selectors.tracks import tracks_by_id
from library.selectors.vectors import Vectors, learning_vectors_of, packed_track_ids
from library.text.folding import search_text

if TYPE_CHECKING:
    from classifier.learning.worth import Worth
    from library.selectors.vectors import Floats, Rows

#: A concept is taught by at most so many examples, evenly picked: beyond, they change nothing but the time it takes.
MOST_EXAMPLES = 256
#: How many tracks its worth and its threshold are judged by: answers to suggestions, the latest first, then others.
MOST_JUDGED = 200
NEAREST_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A track that may sound like a concept.

    `nearest` are the examples most like it, the most similar first. `drawn`: it was not suggested as one of the best,
    but to learn where the border is. `reviewed`: a reviewer gave it that genre.
    """

    track: Track
    score: float
    nearest: list[Track]
    drawn: bool
    reviewed: bool = False


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A library's vectors, the rows of a concept's examples and refusals among them, and the known genres."""

    vectors: Vectors
    examples: Rows
    refusals: Rows
    #: Tracks to which the owner gave another genre.
    others: Rows
    known: Floats

    @property
    def taught_by(self) -> tuple[Floats, Floats]:
        """The vectors of examples and refusals that the concept is taught by."""
        matrix = self.vectors.matrix
        return matrix[_sample(self.examples, MOST_EXAMPLES)], matrix[_sample(self.refusals, MOST_EXAMPLES)]


@dataclass(frozen=True, slots=True)
class TeachingState:
    """How far the teaching of a concept has come.

    `standing` says it in a sentence. `may_set`: it is right so often here that its owner may switch it on.
    `can_tell`: there are answers enough to know that, also that it is not.
    """

    standing: str
    worth: Worth | None = None
    may_set: bool = False
    can_tell: bool = False


class _Judged(NamedTuple):
    """A concept's threshold, infinity if there is none, its worth, and how many answers to suggestions told them."""

    threshold: float
    worth: Worth | None
    asked: int


def teaching_is_possible(owner: User) -> bool:
    """Whether the owner's model can be taught."""
    return bool(learning_space(model_name_of(owner)))


def suggestions_for(owner: User, concept: Concept, count: int = 10, seed: int = 0) -> list[Suggestion]:
    """Tracks that may sound like a concept, the best first: nine of ten are the best, one is near the threshold.

    Before them come those to which a reviewer gave the genre. None with fewer than three examples. Only unanswered
    tracks; for a genre none to which the owner gave another. The same seed gives the same.
    Raises DomainError: `cannot_be_taught`.
    """
    lesson = _lesson(owner, concept)
    if lesson is None:
        return []
    import numpy as np

    from classifier.learning import suggestions

    rows, scores = _candidates(lesson)
    reviewed = np.isin(rows, lesson.vectors.rows_of(packed_track_ids(reviewed_ids(owner, concept))))
    found = []
    if reviewed.any():
        best = np.argsort(-scores[reviewed], kind="stable")[:count]
        found = _suggestions(owner, lesson, rows[reviewed][best], scores[reviewed][best], [False] * len(best))
        found = [replace(suggestion, reviewed=True) for suggestion in found]
        rows, scores = rows[~reviewed], scores[~reviewed]
    if len(found) < count:
        threshold = _judged(owner, concept, lesson).threshold
        chosen = suggestions.suggest(scores, threshold, count - len(found), seed)
        found += _suggestions(
            owner, lesson, rows[chosen.tracks], scores[chosen.tracks], chosen.drawn.tolist()
        )
    return found


def question_for(owner: User, concept: Concept) -> Suggestion | None:
    """The track whose answer would teach most; None without candidates or with fewer than three examples.

    Raises DomainError: `cannot_be_taught`.
    """
    lesson = _lesson(owner, concept)
    if lesson is None:
        return None
    from classifier.learning import suggestions

    rows, scores = _candidates(lesson)
    if not len(rows):
        return None
    threshold = _judged(owner, concept, lesson).threshold
    examples, refusals = lesson.taught_by
    chosen = suggestions.next_question(
        examples, refusals, lesson.known, lesson.vectors.matrix[rows], threshold, scores
    )
    found = _suggestions(owner, lesson, rows[[chosen]], scores[[chosen]], [True])
    return found[0] if found else None


def worth_of(owner: User, concept: Concept) -> Worth | None:
    """How often a concept is right on the owner's tracks, by their answers to suggestions; None if too few tell.

    Raises DomainError: `cannot_be_taught`.
    """
    lesson = _lesson(owner, concept)
    return _judged(owner, concept, lesson).worth if lesson else None


def sure_margins_of(owner: User, concept: Concept) -> dict[UUID, float] | None:
    """The open tracks of which a concept is sure, with how much their scores exceed its threshold.

    None while that cannot be told: when the current model cannot be taught, or has heard too few of the examples or
    of the tracks that the owner was asked about, as after a change of the model.
    """
    lesson = _lesson(owner, concept) if teaching_is_possible(owner) else None
    judged = _judged(owner, concept, lesson) if lesson else None
    if lesson is None or judged is None or judged.asked < _switch_from():
        return None
    rows, scores = _candidates(lesson)
    above = scores >= judged.threshold
    margins = (scores[above] - judged.threshold).tolist()
    return {lesson.vectors.track_id_at(row): margin for row, margin in zip(rows[above], margins, strict=True)}


def standing_of(owner: User, concept: Concept) -> str:
    """In one sentence, how far the teaching of a concept has come."""
    return teaching_state_of(owner, concept).standing


def teaching_state_of(owner: User, concept: Concept) -> TeachingState:
    """How far the teaching of a concept has come."""
    since = f"{switched_on_text(concept.sets_since)}: " if concept.sets_since else ""
    if not teaching_is_possible(owner):
        return TeachingState(_in_sentence(since, "The current model cannot be taught"))
    lesson = _lesson(owner, concept, least=0)
    heard = len(lesson.examples) if lesson else 0
    judged = _judged(owner, concept, lesson) if lesson else _Judged(math.inf, None, 0)
    worth = judged.worth if heard >= LEAST_EXAMPLES else None
    standing = standing_text(examples_of(owner, concept).count(), heard, worth)
    return TeachingState(
        standing=_in_sentence(since, standing),
        worth=worth,
        may_set=bool(worth and worth.may_switch_on and math.isfinite(judged.threshold)),
        can_tell=judged.asked >= _switch_from(),
    )


def _in_sentence(beginning: str, text: str) -> str:
    return f"{beginning}{text[0].lower()}{text[1:]}" if beginning else text


def _switch_from() -> int:
    from classifier.learning.worth import SWITCH_FROM

    return SWITCH_FROM


def _lesson(owner: User, concept: Concept, least: int = LEAST_EXAMPLES) -> _Lesson | None:
    """What is known for teaching a concept; None with fewer than `least` examples that have vectors.

    Raises DomainError: `cannot_be_taught`.
    """
    model = model_name_of(owner)
    known = _known_centroids(model) if learning_space(model) else None
    if known is None:
        raise DomainError("cannot_be_taught", "The current model of this site cannot be taught.")
    key = (_Lesson, owner.pk, concept.genre_id, concept.tag_id)
    lesson = read_once(key, lambda: _lesson_read(owner, concept, model, known))
    return lesson if lesson and len(lesson.examples) >= least else None


def _lesson_read(owner: User, concept: Concept, model: str, known: Floats) -> _Lesson | None:
    vectors = learning_vectors_of(owner, learning_space(model))
    if vectors is None:
        return None
    examples = vectors.rows_of(packed_track_ids(example_ids(owner, concept)))
    refusals = b"".join(map(packed_track_ids, refusal_ids(owner, concept)))
    others = packed_track_ids(other_genre_ids(owner, concept))
    return _Lesson(vectors, examples, vectors.rows_of(refusals), vectors.rows_of(others), known)


@functools.cache
def _known_centroids(model: str) -> Floats | None:
    from classifier.bundle import load_known_genres

    found = load_known_genres(model, settings.EARMARK_MODELS_DIR)
    return found.centroids if found else None


def _candidates(lesson: _Lesson) -> tuple[Rows, Floats]:
    """The rows of the tracks that may be suggested, and their scores."""
    import numpy as np

    from classifier.learning import concepts

    taught = concepts.teach(*lesson.taught_by, lesson.known)
    scores = concepts.scores([taught], lesson.vectors.matrix, lesson.known)[:, 0]
    open_rows = np.ones(len(scores), bool)
    for settled in (lesson.examples, lesson.refusals, lesson.others):
        open_rows[settled] = False
    rows = np.flatnonzero(open_rows)
    return rows, scores[rows]


def _suggestions(
    owner: User, lesson: _Lesson, rows: Rows, scores: Floats, drawn: list[bool]
) -> list[Suggestion]:
    from classifier.learning import concepts

    vectors, matrix = lesson.vectors, lesson.vectors.matrix
    nearest = lesson.examples[concepts.explanations(matrix[lesson.examples], matrix[rows], NEAREST_EXAMPLES)]
    ids = [vectors.track_id_at(row) for row in rows]
    near_ids = [[vectors.track_id_at(row) for row in of_one] for of_one in nearest]
    tracks = tracks_by_id(owner, {*ids, *(pk for of_one in near_ids for pk in of_one)})
    return [
        Suggestion(tracks[pk], float(score), [tracks[near] for near in of_one if near in tracks], was_drawn)
        for pk, score, of_one, was_drawn in zip(ids, scores, near_ids, drawn, strict=True)
        if pk in tracks
    ]


def _judged(owner: User, concept: Concept, lesson: _Lesson) -> _Judged:
    key = (_Judged, owner.pk, concept.genre_id, concept.tag_id)
    return read_once(key, lambda: _judged_read(owner, concept, lesson))


def _judged_read(owner: User, concept: Concept, lesson: _Lesson) -> _Judged:
    import numpy as np

    given = np.sort(np.concatenate([lesson.examples, lesson.refusals]))
    answers = Answer.objects.filter(concept__owner=owner, concept_id=concept.pk, asked=True)
    asked = lesson.vectors.rows_of(packed_track_ids(answers.order_by("-created_at")[:MOST_JUDGED]))
    asked = np.intersect1d(asked, given)
    given = np.union1d(asked, _sample(np.setdiff1d(given, asked), MOST_JUDGED - len(asked)))
    ids = [lesson.vectors.track_id_at(row) for row in given]
    threshold, worth = _judge(
        model_name_of(owner),
        lesson.vectors.matrix[given].tobytes(),
        np.isin(given, lesson.examples).tobytes(),
        np.isin(given, asked).tobytes(),
        _artists(owner, ids),
    )
    return _Judged(threshold, worth, len(asked))


def _artists(owner: User, ids: list[UUID]) -> tuple[str, ...]:
    artists = dict(Track.objects.filter(owner=owner, pk__in=ids).order_by().values_list("pk", "artist"))
    return tuple(search_text(artists.get(pk, "")) for pk in ids)


@functools.lru_cache(maxsize=32)
def _judge(
    model: str, vectors: bytes, yes: bytes, asked: bytes, artists: tuple[str, ...]
) -> tuple[float, Worth | None]:
    """A threshold and a worth by these answers; cached, since every page of suggestions needs them again."""
    import numpy as np

    from classifier.learning import worth

    known = _known_centroids(model)
    assert known is not None
    if not artists:
        return float("inf"), None
    rows = np.frombuffer(vectors, np.float32).reshape(len(artists), -1)
    given = worth.answers(rows, np.frombuffer(yes, bool), np.array(artists))
    scores = worth.held_out_scores(given, known)
    counted = np.frombuffer(asked, bool)
    found = worth.worth_of_scores(given, scores, counted)
    return worth.threshold(scores[counted], given.yes[counted]), found


def _sample(rows: Rows, most: int) -> Rows:
    """At most so many of the rows, evenly spaced. Ids are random, so this is a random sample."""
    import numpy as np

    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
