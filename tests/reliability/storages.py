"""A storage whose disk gets full in the middle of a file."""

from __future__ import annotations

import errno
from typing import Any, ClassVar

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage


class FullStorage(FileSystemStorage):
    """File system storage. Of files whose name contains `word`, only half is written, as if the disk were full then."""

    word: ClassVar[str] = ""

    def _save(self, name: str, content: Any) -> str:
        if self.word and self.word in name:
            whole = content.read()
            super()._save(name, ContentFile(whole[: len(whole) // 2]))
            raise OSError(errno.ENOSPC, "No space left on device")
        return super()._save(name, content)
