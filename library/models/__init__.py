"""The database: people, their tracks, what models predict about them and what people say.

Models have no workflow; everything is written through `library.services`.
"""

from library.models.albums import Album, Artist, Cover, TrackArtist
from library.models.base_models import BaseModelChange, BaseModelRow
from library.models.bulk_actions import BulkAction, BulkActionTrack
from library.models.deletions import TrackDeletion
from library.models.emails import PendingEmail
from library.models.file_checks import FileCheck
from library.models.file_tags import FileTags
from library.models.folder_files import FolderFile
from library.models.genres import Genre, GenreRecompute
from library.models.learned import LearnedModel, LearnedModelFit, LearnedRow
from library.models.learning import Answer, Concept, ConceptPass, ConceptTrack, LearningVector
from library.models.people import (
    ApiToken,
    FailedSignIn,
    IdempotencyRecord,
    PlayerPassword,
    User,
    UserManager,
)
from library.models.play_queues import PlayQueue
from library.models.playlists import Playlist, PlaylistItem
from library.models.plays import Play
from library.models.stage_times import StageTime
from library.models.tags import Mood, Tag, Tagging, TagRejection
from library.models.tracks import Embedding, Prediction, Track
from library.models.upgrades import AnalysisPart, UpgradeAttempt, UpgradePass
from library.models.uploads import PartialUpload
from library.models.verdicts import Verdict

__all__ = [
    "Album",
    "AnalysisPart",
    "Answer",
    "ApiToken",
    "Artist",
    "BaseModelChange",
    "BaseModelRow",
    "BulkAction",
    "BulkActionTrack",
    "Concept",
    "ConceptPass",
    "ConceptTrack",
    "Cover",
    "Embedding",
    "FailedSignIn",
    "FileCheck",
    "FileTags",
    "FolderFile",
    "Genre",
    "GenreRecompute",
    "IdempotencyRecord",
    "LearnedModel",
    "LearnedModelFit",
    "LearnedRow",
    "LearningVector",
    "Mood",
    "PartialUpload",
    "PendingEmail",
    "Play",
    "PlayQueue",
    "PlayerPassword",
    "Playlist",
    "PlaylistItem",
    "Prediction",
    "StageTime",
    "Tag",
    "TagRejection",
    "Tagging",
    "Track",
    "TrackArtist",
    "TrackDeletion",
    "UpgradeAttempt",
    "UpgradePass",
    "User",
    "UserManager",
    "Verdict",
]
