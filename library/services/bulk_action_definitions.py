"""How each kind of bulk action is carried out on a batch of tracks, and undone (`services.bulk_actions` does it)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from library.models import BulkAction, BulkActionTrack, Track, User
from library.services import album_actions, bulk_tagging, genres, playlists, stars, tags, track_edit_actions
from library.services import analysis_queue as queue
from library.services.bin import tracks_move_to_bin, tracks_purge, tracks_restore
from library.services.bulk_action_records import TakenBatch


@dataclass(frozen=True)
class BulkActionDefinition:
    """How one kind of action is carried out on a batch of tracks, and undone.

    `apply` gets the ids of a batch of tracks, in their order. It returns the ids of those it changed, each with what
    `undo` needs to know about that track (or None). `undo` gets the rows of a batch of tracks that were changed, and
    returns for how many of them it undid something.
    """

    apply: Callable[[BulkAction, list[UUID]], Mapping[UUID, Any]] | None = None
    undo: Callable[[BulkAction, list[BulkActionTrack]], int] | None = None
    #: What follows when all of its tracks are done, in the transaction of the last batch.
    finish: Callable[[BulkAction], None] | None = None
    #: Removes from a batch of tracks the tag or playlist that an action deletes, and deletes it with the last batch.
    remove: Callable[[BulkAction], TakenBatch] | None = None


def _delete_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    # A reviewer may delete tracks of several owners. Each owner finds theirs in their own bin.
    return dict.fromkeys(
        pk for owner, some in _by_owner(ids).items() for pk in tracks_move_to_bin(owner=owner, track_ids=some)
    )


def _delete_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    by_owner = _by_owner([target.track_id for target in targets])
    return sum(len(tracks_restore(owner=owner, track_ids=some)) for owner, some in by_owner.items())


def _purge_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, None]:
    for owner, some in _by_owner(ids).items():
        tracks_purge(owner=owner, track_ids=some)
    return dict.fromkeys(ids)


def _by_owner(ids: list[UUID]) -> dict[User, list[UUID]]:
    tracks: dict[User, list[UUID]] = {}
    for track in Track.all_objects.filter(pk__in=ids).select_related("owner").only("pk", "owner"):
        tracks.setdefault(track.owner, []).append(track.pk)
    return tracks


BULK_ACTION_DEFINITIONS: dict[BulkAction.Kind, BulkActionDefinition] = {
    BulkAction.Kind.GENRE: BulkActionDefinition(
        genres.genres_set_apply, genres.genres_set_undo, genres.genres_set_finish
    ),
    BulkAction.Kind.TAG: BulkActionDefinition(bulk_tagging.tracks_tag_apply, bulk_tagging.tracks_tag_undo),
    BulkAction.Kind.UNTAG: BulkActionDefinition(
        bulk_tagging.tracks_untag_apply, bulk_tagging.tracks_untag_undo, remove=tags.tag_remove_batch
    ),
    BulkAction.Kind.MERGE: BulkActionDefinition(
        undo=bulk_tagging.tag_merge_undo, remove=tags.tag_remove_batch
    ),
    BulkAction.Kind.PLAYLIST_ADD: BulkActionDefinition(
        playlists.playlist_append_apply, playlists.playlist_append_undo
    ),
    BulkAction.Kind.PLAYLIST_DELETE: BulkActionDefinition(
        undo=playlists.playlist_delete_undo, remove=playlists.playlist_remove_batch
    ),
    BulkAction.Kind.PLAYLIST_REMOVE: BulkActionDefinition(undo=playlists.playlist_remove_undo),
    BulkAction.Kind.ANALYSE: BulkActionDefinition(queue.tracks_analyse_again_apply),
    BulkAction.Kind.DELETE: BulkActionDefinition(_delete_apply, _delete_undo),
    BulkAction.Kind.PURGE: BulkActionDefinition(_purge_apply),
    BulkAction.Kind.STAR: BulkActionDefinition(stars.tracks_star_apply, stars.tracks_star_undo),
    BulkAction.Kind.UNSTAR: BulkActionDefinition(stars.tracks_unstar_apply, stars.tracks_unstar_undo),
    BulkAction.Kind.RATE: BulkActionDefinition(stars.tracks_rate_apply, stars.tracks_rate_undo),
    BulkAction.Kind.NAMES: BulkActionDefinition(
        album_actions.names_apply, album_actions.names_undo, album_actions.names_finish
    ),
    BulkAction.Kind.EDIT: BulkActionDefinition(
        track_edit_actions.edits_apply, track_edit_actions.edits_undo, track_edit_actions.edits_finish
    ),
}
