"""Deleting tags and playlists, and merging tags: in batches, by a worker if there are many tracks, with one undo."""

from __future__ import annotations

from library.errors import DomainError
from library.models import BulkAction, Playlist, Tag
from library.services import playlists, tags
from library.services.bulk_actions import removal_start


def tag_merge(*, tag: Tag, into: Tag, in_background: bool = False) -> BulkAction:
    """Put `into` on every track that has `tag` from its owner, and delete `tag`. The action's `done` is their number.

    With `in_background`, a worker does that, and `tag` stays until it is done.

    Raises DomainError: `same_tag`, `not_found`.
    """
    if tag.pk == into.pk:
        raise DomainError("same_tag", "A tag cannot be merged into itself.")
    _check_exists(tag)
    _check_exists(into)
    summary = f"Merged “{tag.name}” into “{into.name}”"
    return _tag_remove(tag, BulkAction.Kind.MERGE, summary, {"into": into.pk}, in_background)


def tag_delete(*, tag: Tag, in_background: bool = False) -> BulkAction:
    """Delete a tag; its tracks stay. The action's `done` is the number of tracks that had it from its owner.

    With `in_background`, a worker does that, and the tag stays until it is done.

    Raises DomainError: `not_found`.
    """
    _check_exists(tag)
    return _tag_remove(tag, BulkAction.Kind.UNTAG, f"Deleted “{tag.name}”", {}, in_background)


def playlist_delete(*, playlist: Playlist, in_background: bool = False) -> BulkAction:
    """Delete a playlist; its tracks stay in the library. The action's targets are its tracks, in order.

    With `in_background`, a worker does that, and the playlist stays until it is done.
    """
    return removal_start(
        kind=BulkAction.Kind.PLAYLIST_DELETE,
        person=playlist.owner,
        summary=f"Deleted “{playlist}”",
        data=playlists.playlist_data(playlist),
        total=playlist.items.filter(track__deleted_at=None).count(),
        in_background=in_background,
    )


def _tag_remove(
    tag: Tag, kind: BulkAction.Kind, summary: str, data: dict[str, int], in_background: bool
) -> BulkAction:
    return removal_start(
        kind=kind,
        person=tag.owner,
        summary=summary,
        data=tags.tag_data(tag) | data,
        total=tag.taggings.filter(concept=None, track__deleted_at=None).count(),
        in_background=in_background,
    )


def _check_exists(tag: Tag) -> None:
    if not Tag.objects.filter(pk=tag.pk).exists():
        raise DomainError("not_found", "This no longer exists.", 404)
