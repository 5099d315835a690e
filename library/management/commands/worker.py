"""The background worker: django-tasks-db's, with a sweep for what was left lying: tracks, uploads."""

import threading
from typing import Any

from django.db import close_old_connections
from django_tasks_db.management.commands import db_worker

from library import services

SWEEP_SECONDS = 60


class Command(db_worker.Command):
    help = "Analyse tracks in the background."

    def handle(self, **options: Any) -> None:
        threading.Thread(target=_sweep_for_ever, daemon=True).start()
        super().handle(**options)


def _sweep_for_ever() -> None:
    while True:
        services.tracks_sweep()
        services.uploads_expire()
        close_old_connections()
        threading.Event().wait(SWEEP_SECONDS)
