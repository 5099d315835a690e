"""Mood scores: how much of a mood a track has, compared with other tracks.

The pretrained network was trained on 50 tags by listeners; some of them are moods. Their logits are not comparable
("sexy" is rare, "chill" is not), so a score is a rank instead: the share of the training tracks that have less of the
mood. Ranks assume nothing about the distribution of the logits, and 0.8 means the same for every mood: more of it than
four tracks in five.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The tags that are moods, with their indices in the network's tags (MSD_LABELS of `musicnn.configuration`).
#: "chillout" is left out because it means the same as "chill".
MOODS = {
    "beautiful": 10,
    "chill": 22,
    "easy listening": 37,
    "happy": 49,
    "mellow": 17,
    "party": 35,
    "sad": 47,
    "sexy": 38,
}
#: Number of quantiles stored for each mood: every 5 %.
QUANTILES = 21


def quantile_table(logits: NDArray[Any]) -> dict[str, list[float]]:
    """Return the quantiles of each mood's logits, given logits (tracks, `MOODS`)."""
    levels = np.quantile(logits, np.linspace(0, 1, QUANTILES), axis=0)
    return {mood: [round(float(q), 4) for q in levels[:, i]] for i, mood in enumerate(MOODS)}


def mood_scores(logits: ArrayLike, table: dict[str, list[float]]) -> dict[str, float]:
    """Return scores in [0, 1] for a track's mean logits, one for each mood of `table`, in its order.

    Scores are interpolated linearly between quantiles; they are 0 below the lowest and 1 above the highest.
    """
    return {
        mood: float(np.interp(logit, quantiles, np.linspace(0, 1, len(quantiles))))
        for (mood, quantiles), logit in zip(table.items(), np.asarray(logits), strict=True)
    }
