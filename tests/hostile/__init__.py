"""What the makers of bad and odd files share: a table of cases, and bytes to start from."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests import sounds

#: What may come of a file: it is heard, or refused with one of the codes named.
HEARD = "heard"
MIB = 2**20


@dataclass(frozen=True)
class Case:
    """One file: `make` writes it, and what comes of it is one of `outcomes`: `HEARD` or codes of refusals."""

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
    """Register what writes the file of that name, or returns its bytes."""

    def register(make: Callable[[Path], object]) -> Callable[[Path], object]:
        assert name not in CASES
        CASES[name] = Case(name, frozenset(outcomes), make)
        return make

    return register


@functools.cache
def song(extension: str, **how: object) -> bytes:
    """Four seconds of music in that format; encoding costs more than anything else here."""
    return sounds.as_bytes(extension, 4, channels=1, **how)  # type: ignore[arg-type]


def patched(data: bytes, place: int, new: bytes) -> bytearray:
    """The same bytes, but these at that place."""
    return bytearray(data[:place] + new + data[place + len(new) :])


def with_hole(path: Path, before: bytes, hole: int, after: bytes) -> None:
    """A file with that many zero bytes in the middle, which take no place on the disk."""
    with path.open("wb") as file:
        file.write(before)
        file.seek(hole, io.SEEK_CUR)
        file.write(after)
        file.truncate(len(before) + hole + len(after))
