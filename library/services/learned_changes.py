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

from library.models import BaseModelRow, LearnedModel, LearnedRow, Track, User
from library.selectors.learned import LEAST_ANSWERS
from library.selectors.model_cards import learning_space, model_manifest, model_name_of
from library.selectors.vectors import learning_vectors_of
from library.services.effective_genres import Trust
from library.services.learned_reasons import NearestAnswers
from library.text import artist_group

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
    #: Of a model that does not count yet: its rows, with their genres before and after it does.
    rows: QuerySet[BaseModelRow] | None = None


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
class Page:
    """Some tracks, the model's log-probabilities of them (tracks, genres) and their vectors (tracks, size)."""

    tracks: Sequence[Mapping[str, Any]] = field(default_factory=list)
    log_probabilities: Doubles | None = None
    vectors: Doubles | None = None


def base_model_of(owner: User) -> BaseModel | None:
    """The model by which most of an owner's tracks were predicted, with the space of vectors of the owner's model.

    None without predictions, when that model is not installed any more, or when the owner's model cannot be taught.
    """
    heard = Track.objects.filter(owner=owner).exclude(prediction=None).order_by()
    counts = heard.values_list("prediction__model_name", "prediction__model_version").annotate(n=Count("pk"))
    found = counts.order_by("-n", "-prediction__model_version").first()
    card = model_manifest(found[0]) if found else {}
    space = learning_space(model_name_of(owner))
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
    pages = list(pages_of(owner, base, tracks))
    heard = [track for page in pages for track in page.tracks]
    artists = [artist_group(track["artist"], track["album"]) for track in heard]
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
    reasons = NearestAnswers.of_library(owner, base.space, answers)
    for page in pages_of(owner, base, tracks):
        for track, genre, probability, nearest in changes_on(page, base, learned, reasons):
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
    return rows + [kept_row(version, row) for row in kept.values()]


def kept_row(version: LearnedModel, row: LearnedRow) -> LearnedRow:
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


def changes_on(
    page: Page, base: BaseModel, learned: Learned, reasons: NearestAnswers
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


def pages_of(owner: User, base: BaseModel, tracks: QuerySet[Track]) -> Iterator[Page]:
    """Those of these tracks that the base model has predicted and that have a vector, in the order of their ids."""
    if base.rows is not None:
        yield from _pages_of_rows(base, base.rows.filter(track__in=tracks.order_by().values("pk")))
        return
    vectors = learning_vectors_of(owner, base.space)
    if vectors is None:
        return
    tracks = tracks.filter(prediction__model_name=base.name, prediction__model_version=base.version)
    rows = tracks.order_by("pk").values("pk", "artist", "album", "genre", "prediction__probabilities")
    page = list(rows[:PAGE])
    while page:
        found = vectors.rows_of(b"".join(track["pk"].bytes for track in page))
        row_of = {vectors.track_id_at(row): row for row in found}
        heard = [track for track in page if track["pk"] in row_of]
        yield _page_of(heard, base, vectors.matrix[[row_of[track["pk"]] for track in heard]])
        page = list(rows.filter(pk__gt=page[-1]["pk"])[:PAGE])


def _pages_of_rows(base: BaseModel, rows: QuerySet[BaseModelRow]) -> Iterator[Page]:
    import numpy as np

    named = {"pk": "track", "artist": "track__artist", "album": "track__album", "genre": "genre_after"}
    values = rows.filter(vector_space=base.space).order_by("track")
    columns = values.values(*named.values(), "prediction__probabilities", "vector")
    page = list(columns[:PAGE])
    while page:
        tracks = [row | {name: row[column] for name, column in named.items()} for row in page]
        yield _page_of(tracks, base, np.stack([np.frombuffer(row["vector"], "<f2") for row in page]))
        page = list(columns.filter(track__gt=page[-1]["track"])[:PAGE])


def _page_of(tracks: Sequence[Mapping[str, Any]], base: BaseModel, vectors: np.ndarray[Any, Any]) -> Page:
    """The tracks of which the model has predicted its genres; `vectors` are in the order of the tracks."""
    import numpy as np

    places = [
        place
        for place, track in enumerate(tracks)
        if set(track["prediction__probabilities"]) == set(base.genres)
    ]
    if not places:
        return Page()
    heard = [tracks[place] for place in places]
    probabilities = [[track["prediction__probabilities"][genre] for genre in base.genres] for track in heard]
    return Page(
        heard,
        np.log(np.maximum(np.array(probabilities, np.float64), LEAST_PROBABILITY)),
        vectors[places].astype(np.float64),
    )
