"""Reading something once for a whole page, whose parts need it without knowing of each other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any

#: What the page that is being made has read; None where nothing may be remembered.
_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("read_once", default=None)


def reads_once[**Given, Result](page: Callable[Given, Result]) -> Callable[Given, Result]:
    """For functions that change nothing: within them, `read_once` remembers what it has read."""

    @functools.wraps(page)
    def reading(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        token = _known.set({})
        try:
            return page(*args, **kwargs)
        finally:
            _known.reset(token)

    return reading


def read_once[Result](key: Hashable, read: Callable[[], Result]) -> Result:
    """What `read` returns: within `reads_once` from the first time on that it was asked for under this key."""
    known = _known.get()
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    result: Result = known[key]
    return result
