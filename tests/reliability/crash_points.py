"""A process that kills itself at one exact point, like `kill -9`:
`python -m tests.reliability.crash_points POINT COMMAND…`.

COMMAND is one of manage.py, or `gunicorn` with its arguments. Up to that point it is a real process; the product has no
code for this.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str) -> None:
    setattr(module, name, die)


def after(module: Any, name: str) -> None:
    does = getattr(module, name)

    def does_and_dies(*args: Any, **kwargs: Any) -> None:
        does(*args, **kwargs)
        die()

    setattr(module, name, does_and_dies)


def at_stage(stage: str) -> None:
    from library.services import analysis

    extend = analysis.lease_extend

    def extend_or_die(**changes: Any) -> None:
        extend(**changes)
        if changes.get("stage") == stage:
            die()

    analysis.lease_extend = extend_or_die


def _points() -> dict[str, Callable[[], None]]:
    from library.models import Track
    from library.services import (
        account_deletion,
        analysis,
        base_model_swaps,
        bulk_action_undoing,
        bulk_actions,
        concept_passes,
        genre_recompute,
        learned_fits,
        learned_models,
        reanalysis,
        tracks,
        upgrades,
    )

    return {
        # Of a worker, beginning when it has taken the task from the job queue.
        "claimed": lambda: before(analysis, "track_lease"),
        "leased": lambda: after(analysis, "track_lease"),
        "decoding": lambda: at_stage("decoding"),
        "listening": lambda: at_stage("listening"),
        "drawing": lambda: at_stage("drawing"),
        "one file stored": lambda: after(analysis, "derived_file_store"),
        "all files stored": lambda: before(analysis, "prediction_record"),
        "row written, not committed": lambda: before(analysis, "prediction_adopt"),
        "row committed": lambda: after(analysis, "_result_record"),
        # Of a worker that goes on with the upgrade pass.
        "one part filled in": lambda: after(upgrades, "_track_upgrade"),
        "heard again, not stored": lambda: before(upgrades, "learning_vector_record"),
        # Of a worker in the middle of a pass through the genres of a library.
        "batch recomputed, not committed": lambda: after(genre_recompute, "effective_genres_refresh"),
        # Of a worker that deletes an account, and of those that carry out and undo a bulk action.
        "first batch of an account deleted": lambda: after(account_deletion, "tracks_purge"),
        "first batch carried out": lambda: after(bulk_actions, "_batch_run"),
        "first batch undone": lambda: after(bulk_action_undoing, "_batch_undo"),
        # Of a worker that learns from verdicts, and of a process that applies what was accepted.
        "learned, not a candidate yet": lambda: before(learned_fits, "_finish"),
        "learned genres set, not committed": lambda: after(learned_models, "effective_genres_refresh"),
        # Of a process that sets what concepts set by themselves.
        "genres set, not committed": lambda: after(concept_passes, "effective_genres_refresh"),
        # Of the command that lets another base model listen, and of a process in which tracks follow it.
        "heard by another model": lambda: after(reanalysis, "_row_record"),
        "heard by another model, not stored": lambda: before(reanalysis, "prediction_record"),
        "tracks exchanged, not committed": lambda: after(base_model_swaps, "_exchange"),
        # Of a web process, when all bytes of an upload have arrived.
        "upload stored": lambda: before(Track, "save"),
        "upload committed": lambda: before(tracks, "track_enqueue"),
    }


def main() -> None:
    point, command, *arguments = sys.argv[1:]
    django.setup()
    _points()[point]()
    # This process must not repair what others left behind.
    from library.management.commands import worker

    worker._sweep_for_ever = lambda: None
    if command == "gunicorn":
        from gunicorn.app.wsgiapp import run

        sys.argv = [command, *arguments]
        run()
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["manage.py", command, *arguments])


if __name__ == "__main__":
    main()
