"""A process that pauses at a stage of an analysis: `python -m tests.reliability.pause_point STAGE SOCKET COMMAND…`.

COMMAND is one of manage.py. When the first analysis has reached STAGE, and its row says so, the process writes to
SOCKET, a file descriptor, and waits until the other end is closed. The product has no code for this.
"""

from __future__ import annotations

import socket
import sys
from typing import Any

import django


def main() -> None:
    stage, descriptor, *arguments = sys.argv[1:]
    django.setup()
    from django.core.management import execute_from_command_line

    from library.services import analysis

    gate = socket.socket(fileno=int(descriptor))
    extend = analysis.lease_extend

    def extend_and_wait(**changes: Any) -> None:
        extend(**changes)
        if changes.get("stage") == stage:
            analysis.lease_extend = extend
            gate.sendall(b".")
            gate.recv(1)

    analysis.lease_extend = extend_and_wait
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    main()
