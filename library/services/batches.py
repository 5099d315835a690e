"""How many rows a service writes at a time, and how it lets others write in between."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator

from django.db import connection

#: Rows per transaction. Transactions stay short because on SQLite every other writer waits for them: deleting 500
#: tracks for good took 0.85 s in a library of 30,000.
BATCH_SIZE = 250


def in_batches[Item](items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """The distinct items, in their order, in tuples of up to `BATCH_SIZE`."""
    return itertools.batched(dict.fromkeys(items), BATCH_SIZE)


class WritePauses:
    """Pauses between the transactions of a long piece of work, in which other people's writes get their turn.

    SQLite has one writer at a time, and whoever waits looks about ten times a second whether it is free: of a series of
    short transactions without a pause, they would hardly ever meet the end of one. PostgreSQL locks only rows.
    """

    #: Seconds of work after which there is a pause, and its length: somebody who waits looks within it.
    WORK, PAUSE = 0.25, 0.11

    def __init__(self) -> None:
        self._began = time.monotonic()

    def take(self) -> None:
        """Pause if it is time, and if nothing is locked by an open transaction."""
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return
        if time.monotonic() - self._began > self.WORK:
            time.sleep(self.PAUSE)
            self._began = time.monotonic()
