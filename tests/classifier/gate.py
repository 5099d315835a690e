"""A listening process that waits at a gate: when it has said that it decodes a file, until it is let through.

`Listener`s made by `gated` start it in place of `classifier.child`. It is that program and does all that it does, but
a file whose name is `waits` (with any extension) is not decoded before its fork gets `LET_THROUGH`. A test that does
something to a process in the middle of a file then does it in the middle, however busy the machine is.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from classifier import child
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.inference import Classifier
from classifier.listener import Listener

LET_THROUGH = signal.SIGUSR1


def gated(**options: Any) -> Listener:
    listener = Listener(model="mfcc-cnn-1", models_dir=DEFAULT_MODELS_DIR, **options)
    listener._command[2] = "tests.classifier.gate"
    return listener


def hearing(listener: Listener) -> int:
    """The process that hears the file: the listening process's only child."""
    return int(Path(f"/proc/{listener.pid}/task/{listener.pid}/children").read_text())


def at_the_gate(do: Callable[[int], object], listener: Listener) -> Callable[[str], None]:
    """An `on_stage` that does something to the process that waits, and then lets it through, if it still lives."""

    def on_stage(stage: str) -> None:
        if stage == "decoding":
            fork = hearing(listener)
            do(fork)
            with suppress(ProcessLookupError):
                os.kill(fork, LET_THROUGH)

    return on_stage


class Clock:
    """In place of the module `time`: a clock that the test sets forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {LET_THROUGH})  # it may come before it is waited for
    answer = child._answer

    def answer_at_the_gate(
        request: dict[str, Any], classifier: Classifier, options: argparse.Namespace, say: child.Say
    ) -> None:
        def say_and_wait(**message: Any) -> None:
            say(**message)
            if message.get("stage") == "decoding":
                signal.sigwait({LET_THROUGH})

        waits = Path(request["path"]).stem == "waits"
        answer(request, classifier, options, say_and_wait if waits else say)

    child._answer = answer_at_the_gate
    child.main()


if __name__ == "__main__":
    main()
