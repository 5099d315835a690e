"""Every write to the library. Pages, API, admin and tasks call these and nothing else.

Functions are named `<noun>_<verb>`, take keywords only, and raise `AudioError` (a stable code and a
sentence for people) when they refuse.
"""

from library.services.analysis import (
    prediction_record,
    track_analyse,
    track_analyse_again,
    track_enqueue,
    track_lease,
    tracks_sweep,
)
from library.services.people import user_add, user_change_email, user_delete
from library.services.tokens import token_create, token_revoke, token_used
from library.services.tracks import track_add, track_delete, upload_check

__all__ = [
    "prediction_record",
    "token_create",
    "token_revoke",
    "token_used",
    "track_add",
    "track_analyse",
    "track_analyse_again",
    "track_delete",
    "track_enqueue",
    "track_lease",
    "tracks_sweep",
    "upload_check",
    "user_add",
    "user_change_email",
    "user_delete",
]
