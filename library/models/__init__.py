"""Rows: people, their tracks, what models heard in them, and what people say about them.

No workflow here: every write goes through `library.services`.
"""

from library.models.bulk_actions import BulkActionTrack
from library.models.deletions import TrackDeletion
from library.models.file_tags import FileTags
from library.models.genres import Act, Genre, Verdict
from library.models.measures import StageTime
from library.models.people import ApiToken, FailedSignIn, KeptAnswer, User, UserManager
from library.models.playlists import Playlist, PlaylistItem
from library.models.tags import Mood, Rejection, Tag, Tagging
from library.models.tracks import Embedding, Prediction, Track
from library.models.uploads import PartialUpload

__all__ = [
    "Act",
    "ApiToken",
    "BulkActionTrack",
    "Embedding",
    "FailedSignIn",
    "FileTags",
    "Genre",
    "KeptAnswer",
    "Mood",
    "PartialUpload",
    "Playlist",
    "PlaylistItem",
    "Prediction",
    "Rejection",
    "StageTime",
    "Tag",
    "Tagging",
    "Track",
    "TrackDeletion",
    "User",
    "UserManager",
    "Verdict",
]
