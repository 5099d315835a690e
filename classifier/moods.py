"""How much of a mood a track has, compared with other tracks.

The pretrained network was taught 50 tags that listeners gave; some of them are moods. Its logits for them
are on scales of their own ("sexy" is rare, "chill" is not), so a score is a rank instead: the share of the
tracks that the model was trained on that have less of the mood. Ranks assume nothing about how the logits
are spread, and 0.8 means the same for every mood and every track: more of it than four in five.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: The tags that are moods, and their numbers among the network's (MSD_LABELS of `musicnn.configuration`).
#: "chillout" is left out: it is "chill" once more.
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
#: Quantiles kept of each mood: every 5 %.
QUANTILES = 21


def quantile_table(logits: NDArray[Any]) -> dict[str, list[float]]:
    """Quantiles of the logits (tracks, `MOODS`) of each mood, by its name."""
    levels = np.quantile(logits, np.linspace(0, 1, QUANTILES), axis=0)
    return {mood: [round(float(q), 4) for q in levels[:, i]] for i, mood in enumerate(MOODS)}


def mood_scores(logits: ArrayLike, table: dict[str, list[float]]) -> dict[str, float]:
    """Scores in [0, 1] for a track's mean logits, one for each mood of `table`, in its order.

    Linear between two quantiles; 0 below the lowest and 1 above the highest.
    """
    return {
        mood: float(np.interp(logit, quantiles, np.linspace(0, 1, len(quantiles))))
        for (mood, quantiles), logit in zip(table.items(), np.asarray(logits), strict=True)
    }
