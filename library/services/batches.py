"""How many rows a service writes at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

#: Rows per transaction. Transactions stay short because on SQLite every other writer waits for them: deleting 500
#: tracks for good took 0.85 s in a library of 30,000.
BATCH_SIZE = 250


def in_batches[Item](items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """The distinct items, in their order, in tuples of up to `BATCH_SIZE`."""
    return itertools.batched(dict.fromkeys(items), BATCH_SIZE)
