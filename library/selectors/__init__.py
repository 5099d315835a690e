"""Reads. All of them start from the owner: what is not theirs does not exist for them."""

from library.selectors.agreement import (
    Agreement,
    agreement_by_genre,
    agreement_by_reviewer,
    agreement_by_week,
)
from library.selectors.genres import (
    GenreChoice,
    GenreNames,
    acts_of,
    genre_names_of,
    own_genres_of,
    track_count_by_genre,
)
from library.selectors.needs_you import (
    Answer,
    Place,
    answers_for,
    last_word_of,
    left_after,
    needs_you_of,
    new_genre_for,
)
from library.selectors.people import belongings_of
from library.selectors.playlists import (
    items_of,
    length_of,
    playlists_for,
    playlists_of,
    playlists_with_counts,
    tracks_in,
)
from library.selectors.reviewing import (
    OWNERS_WORD,
    failed_open_to,
    failures_elsewhere,
    open_to,
    review_queue_of,
    tracks_open_to,
)
from library.selectors.tags import suggestions_for, tag_named, tags_of, tags_on, tags_with_counts
from library.selectors.tracks import (
    history_of,
    predictions_of,
    tokens_of,
    tracks_by_hash,
    tracks_named,
    tracks_of,
    usage_in,
    usage_of,
    verdicts_of,
)
from library.selectors.uploads import uploads_of

__all__ = [
    "OWNERS_WORD",
    "Agreement",
    "Answer",
    "GenreChoice",
    "GenreNames",
    "Place",
    "acts_of",
    "agreement_by_genre",
    "agreement_by_reviewer",
    "agreement_by_week",
    "answers_for",
    "belongings_of",
    "failed_open_to",
    "failures_elsewhere",
    "genre_names_of",
    "history_of",
    "items_of",
    "last_word_of",
    "left_after",
    "length_of",
    "needs_you_of",
    "new_genre_for",
    "open_to",
    "own_genres_of",
    "playlists_for",
    "playlists_of",
    "playlists_with_counts",
    "predictions_of",
    "review_queue_of",
    "suggestions_for",
    "tag_named",
    "tags_of",
    "tags_on",
    "tags_with_counts",
    "tokens_of",
    "track_count_by_genre",
    "tracks_by_hash",
    "tracks_in",
    "tracks_named",
    "tracks_of",
    "tracks_open_to",
    "uploads_of",
    "usage_in",
    "usage_of",
    "verdicts_of",
]
