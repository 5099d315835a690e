"""Where the links of a chained Ogg file begin: several files, one after the other, as radio recorders write them."""

from __future__ import annotations

from classifier.file_window import FileWindow

_CAPTURE = b"OggS\0"
_BEGINS = 0x02
#: How much is searched at once for a page where none is.
_BLOCK = 1 << 16


def next_link(file: FileWindow, position: int) -> int | None:
    """The position of the first page of the link after the one that has a page at or behind `position`, or None.

    A link begins with the first pages of its streams, which are marked, and other pages follow.
    """
    in_data = False
    while (page := _page_at(file, position)) is not None:
        position, begins, length = page
        if begins and in_data:
            return position
        in_data = in_data or not begins
        position += length
    return None


def _page_at(file: FileWindow, position: int) -> tuple[int, bool, int] | None:
    """The first page from `position` on: its position, whether a stream begins with it, and its length."""
    file.seek(position)
    block = file.read(27 + 255)
    if block[:5] != _CAPTURE:
        found = _find(file, position)
        if found is None:
            return None
        position = found
        file.seek(position)
        block = file.read(27 + 255)
    if len(block) < 27:
        return None
    segments = block[26]
    return position, bool(block[5] & _BEGINS), 27 + segments + sum(block[27 : 27 + segments])


def _find(file: FileWindow, position: int) -> int | None:
    file.seek(position)
    before = b""
    while block := file.read(_BLOCK):
        found = (before + block).find(_CAPTURE)
        if found >= 0:
            return position - len(before) + found
        before = (before + block)[-len(_CAPTURE) + 1 :]
        position += len(block)
    return None
