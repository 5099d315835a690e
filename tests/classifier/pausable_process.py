"""An analysis process that can be paused when it starts to decode a file.

An `AnalysisProcess` made by `pausable_process` runs this program in place of `classifier.analysis_child`. It does the
same, except that a file whose name is `waits` (with any extension) is not decoded before the fork gets `RESUME_SIGNAL`.
A test can so act on a process in the middle of a file, however busy the machine is.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from classifier import analysis_child
from classifier.analysis_process import AnalysisProcess
from classifier.bundle import DEFAULT_MODELS_DIR
from classifier.inference import Classifier

RESUME_SIGNAL = signal.SIGUSR1


def pausable_process(**options: Any) -> AnalysisProcess:
    process = AnalysisProcess(model="mfcc-cnn-1", models_dir=DEFAULT_MODELS_DIR, **options)
    process._command[2] = "tests.classifier.pausable_process"
    return process


def paused_fork(process: AnalysisProcess) -> int:
    """Return the id of the fork that analyses the file: the only child of the analysis process."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


def while_paused(do: Callable[[int], object], process: AnalysisProcess) -> Callable[[str], None]:
    """Return an `on_stage` that calls `do` with the paused fork's id, and then resumes the fork if it still lives."""

    def on_stage(stage: str) -> None:
        if stage == "decoding":
            fork = paused_fork(process)
            do(fork)
            with suppress(ProcessLookupError):
                os.kill(fork, RESUME_SIGNAL)

    return on_stage


class FakeClock:
    """In place of the module `time`: a clock that the test sets forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {RESUME_SIGNAL})  # it may come before it is waited for
    answer = analysis_child._handle_request

    def handle_paused_request(
        request: dict[str, Any],
        classifier: Classifier,
        options: argparse.Namespace,
        send: analysis_child.SendMessage,
    ) -> None:
        def send_and_wait(**message: Any) -> None:
            send(**message)
            if message.get("stage") == "decoding":
                signal.sigwait({RESUME_SIGNAL})

        waits = Path(request["path"]).stem == "waits"
        answer(request, classifier, options, send_and_wait if waits else send)

    analysis_child._handle_request = handle_paused_request
    analysis_child.main()


if __name__ == "__main__":
    main()
