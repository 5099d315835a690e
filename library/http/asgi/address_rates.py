"""How many requests one address may send, whatever they ask for. Each process counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable

#: An address that has been quiet may send requests of this many seconds at once: a page with all that belongs to it.
BURST_SECONDS = 6
#: Above this number of addresses, those that have been quiet for long enough are forgotten.
MOST_ADDRESSES = 10_000


class AddressRates:
    """A token bucket for each address."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = per_second, per_second * BURST_SECONDS, clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, address: str) -> bool:
        """Whether the address may send a request now. With a rate of 0, everybody may."""
        if not self._rate:
            return True
        now = self._clock()
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets = {
                name: (left, at) for name, (left, at) in self._buckets.items() if now - at < BURST_SECONDS
            }
        left, at = self._buckets.get(address, (self._burst, now))
        left = min(left + (now - at) * self._rate, self._burst)
        self._buckets[address] = (max(left - 1, 0), now)
        return left >= 1
