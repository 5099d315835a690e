"""A file from some byte on, as if it began there: what stands before it is not part of the format."""

from __future__ import annotations

import os
from typing import BinaryIO


class FileWindow:
    """Reads an open file as if its first byte were the one at `start`. Passes on what the file raises."""

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        self._file, self.start = file, start
        self.read = file.read
        self.seek(0)

    def tell(self) -> int:
        """The position, from the start of the window."""
        return self._file.tell() - self.start

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position and return it. Raises ValueError for one before the window."""
        if whence == os.SEEK_SET:
            if offset < 0:
                raise ValueError("negative seek value")
            offset += self.start
        return self._file.seek(offset, whence) - self.start
