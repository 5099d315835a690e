"""Whether this process goes on serving. Responses that last, such as streams of events, ask and end in time."""

from __future__ import annotations

from collections.abc import Callable


def _always() -> bool:
    return True


_check: Callable[[], bool] = _always


def is_serving() -> bool:
    """False once the server has asked this process to stop; always true under a server that cannot tell."""
    return _check()


def set_serving_check(check: Callable[[], bool] | None) -> None:
    """Set what `is_serving` asks; None for the default. `config/server.py` does so in each worker process."""
    global _check
    _check = check or _always
