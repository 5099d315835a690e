"""Which tracks came in one folder, and the pictures that came beside them."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import models

from library.models.albums import Cover
from library.models.people import User
from library.models.tracks import Track

#: How long a picture waits for the tracks of its folder, and tracks for a picture.
FOLDER_FILE_LIFETIME = timedelta(days=1)
#: The length of `FolderFile.folder`, a SHA-256.
FOLDER_KEY_LENGTH = 64


def waiting_picture_name(row: FolderFile, filename: str) -> str:
    return f"covers/waiting/{secrets.token_hex(16)}"


class FolderFile(models.Model):
    """A track, or a picture named like a cover, as it came in a folder. Whichever comes first waits for the other.

    A picture has a `picture` until a worker has made a cover of it, and then a `cover`.
    """

    # The index below serves the owner, too.
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    #: Identifies one folder of one upload: see `services.folder_pictures.folder_key`.
    folder = models.CharField(max_length=FOLDER_KEY_LENGTH)
    track = models.OneToOneField(Track, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    picture = models.FileField(upload_to=waiting_picture_name, max_length=200, blank=True)
    cover = models.ForeignKey(Cover, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "folder"], name="files_of_a_folder")]

    def __str__(self) -> str:
        return f"{'Track' if self.track_id else 'Picture'} in folder {self.folder[:8]}"
