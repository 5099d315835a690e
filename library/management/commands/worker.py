"""The background worker: that of django-tasks-db, with a regular sweep beside it."""

import itertools
import logging
import threading
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django_tasks_db.management.commands import db_worker

from library import services
from library.services.statistics import StatisticsKeeper

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 60
DATABASE_RETRY_SECONDS = 5
#: Every so many sweeps, old rows are deleted and statistics gathered; and an upgrade pass begins if tracks lack
#: something.
SWEEPS_PER_STATISTICS = 15
SWEEPS_PER_UPGRADE_PASS = 60
#: How long a worker looks for no original to verify after it found none.
VERIFY_PAUSE_SECONDS = 600


class Command(db_worker.Command):
    help = "Analyse tracks in the background."

    def configure_logging(self, verbosity: int) -> None:
        """Levels are those of the settings, unless `--verbosity` asks for others."""
        if verbosity != 1:
            super().configure_logging(verbosity)

    def handle(self, **options: Any) -> None:
        threading.Thread(target=_sweep_for_ever, daemon=True).start()
        threading.Thread(target=_verify_for_ever, daemon=True).start()
        while True:
            try:
                return super().handle(**options)
            except (OperationalError, InterfaceError):
                logger.exception(
                    "The database is unavailable. The worker tries again in %s seconds.",
                    DATABASE_RETRY_SECONDS,
                )
                connection.close()
                threading.Event().wait(DATABASE_RETRY_SECONDS)


def _sweep_for_ever() -> None:
    statistics = StatisticsKeeper()
    for number in itertools.count():
        try:
            services.reserve_give_up_if_full()
            services.reserve_keep()
            services.tracks_sweep()
            services.bulk_actions_resume()
            services.bulk_action_undos_resume()
            services.user_deletions_resume()
            services.genre_recomputes_resume()
            services.learned_model_fits_resume()
            services.learned_rows_resume()
            services.concept_passes_resume()
            services.base_models_resume()
            services.upgrade_pass_resume()
            services.uploads_expire()
            services.bin_expire()
            services.track_deletions_expire()
            services.idempotency_expire()
            services.emails_expire()
            if number % SWEEPS_PER_STATISTICS == 0:
                services.rows_prune()
                services.folder_files_expire()
                services.covers_expire()
                services.transcoded_expire()
                statistics.refresh()
            statistics.refresh_if_grown()
            if number % SWEEPS_PER_UPGRADE_PASS == 0:
                services.upgrade_pass_start()
        except Exception:  # a database or storage that is unavailable may be back the next time
            logger.exception("The sweep failed. It runs again in %s seconds.", SWEEP_SECONDS)
        close_old_connections()
        threading.Event().wait(SWEEP_SECONDS)


def _verify_for_ever() -> None:
    """Read originals again that have not been read for long. Uploads and analyses do not wait for it."""
    while True:
        count = 0
        try:
            count = services.originals_verify_due(seconds=SWEEP_SECONDS)
        except Exception:  # a database or storage that is unavailable may be back the next time
            logger.exception("Originals could not be verified.")
        close_old_connections()
        if not count:
            threading.Event().wait(VERIFY_PAUSE_SECONDS)
