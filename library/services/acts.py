"""One undo for a whole act on many tracks."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from library.errors import Refused
from library.models import Act
from library.services.genres import genres_unset
from library.services.playlists import playlist_append_undo, playlist_delete_undo
from library.services.tags import tagging_undo

UNDO: dict[Act.Kind, Callable[..., int]] = {
    Act.Kind.GENRE: genres_unset,
    Act.Kind.TAG: tagging_undo,
    Act.Kind.UNTAG: tagging_undo,
    Act.Kind.MERGE: tagging_undo,
    Act.Kind.PLAYLIST: playlist_append_undo,
    Act.Kind.UNLIST: playlist_delete_undo,
}


def act_undo(*, act: Act) -> int:
    """Undo an act where it still stands; returns on how many tracks. Raises Refused: `undone_already`."""
    with transaction.atomic():
        if not Act.objects.filter(pk=act.pk, undone_at=None).update(undone_at=timezone.now()):
            raise Refused("undone_already", "That has been undone already.")
        return UNDO[Act.Kind(act.kind)](act=act)
