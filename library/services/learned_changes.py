"""What can be learned from an owner's verdicts, and which of their tracks that would change. Only reads.

NumPy is imported when it is needed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, QuerySet

from library.models import LearnedModel, LearnedRow, Track, User
from library.selectors.learned import LEAST_ANSWERS
from library.selectors.model_cards import learning_space, model_manifest
from library.selectors.vectors import Vectors, learning_vectors_of
from library.services.effective_genres import Trust
from library.services.learned_reasons import NearestAnswers
from library.text import fold

if TYPE_CHECKING:
    import numpy as np

    from classifier.learning.adjustment import Adjustment

    Doubles = np.ndarray[Any, np.dtype[np.float64]]

Reason = LearnedModel.Reason
State = LearnedRow.State

#: Tracks that are read at a time.
PAGE = 1_000
#: In place of a probability of 0, which has no logarithm.
LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True, slots=True)
class BaseModel:
    """The model whose predictions are adjusted: its genres, from when on it is sure, and the space of the vectors."""

    name: str
    version: str
    space: str
    genres: tuple[str, ...]
    threshold: float


@dataclass(frozen=True)
class Learned:
    """What was learned: an adjustment, or the reason why there is none."""

    figures: dict[str, Any]
    reason: str = ""
    adjustment: Adjustment | None = None
    arrays: bytes = b""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.arrays).hexdigest() if self.arrays else ""


@dataclass(frozen=True)
class _Page:
    """Some tracks, the model's log-probabilities of them (tracks, genres) and their vectors (tracks, size)."""

    tracks: Sequence[Mapping[str, Any]] = field(default_factory=list)
    log_probabilities: Doubles | None = None
    vectors: Doubles | None = None


def base_model_of(owner: User) -> BaseModel | None:
    """The model by which most of an owner's tracks were predicted, with the current model's space of vectors.

    None without predictions, when that model is not installed any more, or when the current model cannot be taught.
    """
    heard = Track.objects.filter(owner=owner).exclude(prediction=None).order_by()
    counts = heard.values_list("prediction__model_name", "prediction__model_version").annotate(n=Count("pk"))
    found = counts.order_by("-n", "-prediction__model_version").first()
    card = model_manifest(found[0]) if found else {}
    space = learning_space()
    if not (found and card and space):
        return None
    return BaseModel(found[0], found[1], space, tuple(sorted(card["labels"])), card["threshold"])


def learn_from(owner: User, base: BaseModel, answers: Mapping[UUID, str]) -> Learned:
    """Learn from verdicts: genres by track. The same verdicts, predictions and vectors give the same."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from classifier.learning import adjustment, guard

    tracks = Track.objects.filter(
        owner=owner, pk__in=[pk for pk, genre in answers.items() if genre in base.genres]
    )
    pages = list(_pages(owner, base, tracks))
    heard = [track for page in pages for track in page.tracks]
    artists = [_artist(track) for track in heard]
    figures: dict[str, Any] = {"answers": len(heard)}
    if len(heard) < LEAST_ANSWERS:
        return Learned(figures, Reason.TOO_FEW_ANSWERS)
    figures["artists"] = int(guard.group_numbers(artists).max()) + 1
    with threadpool_limits(1):  # the same bits everywhere, and the other cores are left to others
        found = adjustment.learn(
            np.concatenate([page.log_probabilities for page in pages if page.log_probabilities is not None]),
            np.concatenate([page.vectors for page in pages if page.vectors is not None]),
            [base.genres.index(answers[track["pk"]]) for track in heard],
            artists,
        )
    if found is None:
        return Learned(figures, Reason.NO_CHANGE)
    learned, compared = found
    figures |= {"gain": compared.gain, "p_value": compared.p_value, "told_apart": compared.artists}
    if not compared.better:
        return Learned(figures, Reason.NOT_BETTER)
    file = io.BytesIO()
    np.savez(file, weights=learned.weights, temperature=learned.temperature, genres=np.array(base.genres))
    return Learned(figures, "", learned, file.getvalue())


def rows_for(
    version: LearnedModel, base: BaseModel, learned: Learned, answers: Mapping[UUID, str]
) -> list[LearnedRow]:
    """Unsaved rows for the tracks that a version would change, and for those that keep what they have learned before.

    Proposed are the genres of which the adjusted model is sure, for tracks that have another, neither by a verdict nor
    by a concept that sets itself. What the owner has skipped in an earlier version is skipped again. `answers`: what it
    was learned from.
    """
    owner, rows = version.owner, []
    in_use = LearnedRow.objects.filter(model__owner=owner, model__status=LearnedModel.Status.ACTIVE)
    kept = {row.track_id: row for row in in_use.exclude(counts="")}
    skipped = set(
        LearnedRow.objects.filter(model__owner=owner, state=State.SKIPPED).values_list("track", "genre")
    )
    tracks = Track.objects.filter(owner=owner, status=Track.Status.READY, owner_genre="", concept_track=None)
    if owner.file_genre_trust == Trust.ALWAYS:
        tracks = tracks.filter(file_label="")
    reasons = NearestAnswers(owner, base.space, answers)
    for page in _pages(owner, base, tracks):
        for track, genre, probability, nearest in _changes(page, base, learned, reasons):
            before = kept.pop(track["pk"], None)
            rows.append(
                LearnedRow(
                    model=version,
                    track_id=track["pk"],
                    genre=genre,
                    probability=probability,
                    nearest=nearest,
                    before=track["genre"],
                    counts=before.counts if before else "",
                    state=State.SKIPPED if (track["pk"], genre) in skipped else State.PROPOSED,
                )
            )
    return rows + [_kept_row(version, row) for row in kept.values()]


def _kept_row(version: LearnedModel, row: LearnedRow) -> LearnedRow:
    genre = row.counts
    return LearnedRow(
        model=version,
        track_id=row.track_id,
        genre=genre,
        probability=row.probability,
        nearest=row.nearest if row.genre == genre else [],
        before=genre,
        counts=genre,
        state=State.ACCEPTED,
    )


def _changes(
    page: _Page, base: BaseModel, learned: Learned, reasons: NearestAnswers
) -> Iterator[tuple[Mapping[str, Any], str, float, list[str]]]:
    """The tracks that the adjusted model is sure are of another genre: that, how probable, and what speaks for it."""
    import numpy as np

    assert learned.adjustment is not None
    if not page.tracks:
        return
    assert page.log_probabilities is not None
    assert page.vectors is not None
    probabilities = np.exp(learned.adjustment.apply(page.log_probabilities, page.vectors))
    genres = [base.genres[column] for column in probabilities.argmax(axis=1)]
    highest = probabilities.max(axis=1)
    changed = [
        place
        for place, track in enumerate(page.tracks)
        if highest[place] >= base.threshold and genres[place] != track["genre"]
    ]
    nearest = reasons.of([genres[place] for place in changed], page.vectors[changed])
    for place, of_one in zip(changed, nearest, strict=True):
        yield page.tracks[place], genres[place], float(highest[place]), of_one


def _pages(owner: User, base: BaseModel, tracks: QuerySet[Track]) -> Iterator[_Page]:
    """Those of these tracks that the base model has predicted and that have a vector, in the order of their ids."""
    vectors = learning_vectors_of(owner, base.space)
    if vectors is None:
        return
    tracks = tracks.filter(prediction__model_name=base.name, prediction__model_version=base.version)
    rows = tracks.order_by("pk").values("pk", "artist", "album", "genre", "prediction__probabilities")
    page = list(rows[:PAGE])
    while page:
        yield _page_of(page, base, vectors)
        page = list(rows.filter(pk__gt=page[-1]["pk"])[:PAGE])


def _page_of(tracks: Sequence[Mapping[str, Any]], base: BaseModel, vectors: Vectors) -> _Page:
    import numpy as np

    found = vectors.rows_of(b"".join(track["pk"].bytes for track in tracks))
    row_of = {vectors.track_id_at(row): row for row in found}
    heard = [
        track
        for track in tracks
        if track["pk"] in row_of and set(track["prediction__probabilities"]) == set(base.genres)
    ]
    if not heard:
        return _Page()
    probabilities = [[track["prediction__probabilities"][genre] for genre in base.genres] for track in heard]
    return _Page(
        heard,
        np.log(np.maximum(np.array(probabilities, np.float64), LEAST_PROBABILITY)),
        vectors.matrix[[row_of[track["pk"]] for track in heard]].astype(np.float64),
    )


def _artist(track: Mapping[str, Any]) -> str:
    """Tracks of one artist are not independent of each other; without an artist, those of one album; "" for neither."""
    if artist := fold(track["artist"]):
        return f"artist {artist}"
    album = fold(track["album"])
    return f"album {album}" if album else ""
