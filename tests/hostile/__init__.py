"""Helpers for making bad and odd files: the table of cases, and bytes to start from."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import sounds

#: The outcome of a file that is analysed. All other outcomes are error codes.
ANALYSED = "analysed"
MIB = 2**20


@dataclass(frozen=True)
class Case:
    """A file: `make` writes it or returns its bytes, and `outcomes` are the acceptable ones: `ANALYSED` or codes."""

    name: str
    outcomes: frozenset[str]
    make: Callable[[Path], object]

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        made = self.make(path)
        if isinstance(made, bytes | bytearray):
            path.write_bytes(made)
        return path


CASES: dict[str, Case] = {}


def case(name: str, *outcomes: str) -> Callable[[Callable[[Path], object]], Callable[[Path], object]]:
    """Register the decorated function, which writes the file of that name or returns its bytes."""

    def register(make: Callable[[Path], object]) -> Callable[[Path], object]:
        assert name not in CASES
        CASES[name] = Case(name, frozenset(outcomes), make)
        return make

    return register


@functools.cache
def song(extension: str, **how: object) -> bytes:
    """Return four seconds of music in that format. Cached, because encoding is slow."""
    return sounds.as_bytes(extension, 4, channels=1, **how)  # type: ignore[arg-type]


def patched(data: bytes, offset: int, new: bytes) -> bytearray:
    """Return a copy of `data` with the bytes at `offset` replaced by `new`."""
    return bytearray(data[:offset] + new + data[offset + len(new) :])


def with_hole(path: Path, before: bytes, hole: int, after: bytes) -> None:
    """Write a sparse file with `hole` zero bytes in the middle."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(hole, io.SEEK_CUR)
        file.write(after)
        file.truncate(len(before) + hole + len(after))
