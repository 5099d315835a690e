"""A damaged original is never sent as if it were whole."""

from __future__ import annotations

from library import services
from library.errors import DomainError
from library.models import FileCheck, Track
from library.selectors import damage_of


def damage_refuse(track: Track) -> None:
    """Raises DomainError: `file_damaged`, when the stored original is known to differ from what was uploaded.

    Its size is compared each time. A missing original is not refused here: to serve it is a 404.
    """
    damage = damage_of(track)
    try:
        if not damage and track.original.size != track.size:
            damage = FileCheck.Damage.SIZE
            services.original_check_record(track=track, damage=damage, read=False)
    except FileNotFoundError:
        return
    if damage in (FileCheck.Damage.SIZE, FileCheck.Damage.CONTENT):
        raise DomainError(
            "file_damaged",
            f"The stored file of “{track.title}” is no longer what was uploaded, so it is not sent. "
            "Upload it again, or ask whoever runs this site to restore it from a backup.",
        )
