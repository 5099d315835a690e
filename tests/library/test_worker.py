"""The worker's tasks beside analyses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from library import services, tasks
from library.management.commands import worker
from library.models import Track, TrackDeletion, UpgradePass, User


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_away_does_not_end_the_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the thread would end, and nobody would queue again what a killed worker leaves behind."""
    sweeps: list[int] = []

    def away() -> int:
        sweeps.append(len(sweeps))
        if len(sweeps) == 3:
            raise KeyboardInterrupt
        raise DatabaseError("away")

    monkeypatch.setattr(services, "tracks_sweep", away)
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0)
    with pytest.raises(KeyboardInterrupt):
        worker._sweep_for_ever()
    assert len(sweeps) == 3


@pytest.mark.django_db
def test_the_sweep_empties_the_bin(track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    services.tracks_move_to_bin(owner=track.owner, track_ids=[track.pk])
    Track.all_objects.update(deleted_at=timezone.now() - timedelta(days=31))
    TrackDeletion.objects.update(deleted_at=timezone.now() - timedelta(days=91))

    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(services, "rows_prune", stop)
    with pytest.raises(KeyboardInterrupt):
        worker._sweep_for_ever()
    assert not Track.all_objects.exists()
    assert not TrackDeletion.objects.exists()


@pytest.mark.django_db
def test_the_sweep_begins_an_upgrade_pass(track: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "close_old_connections", stop)
    with pytest.raises(KeyboardInterrupt):
        worker._sweep_for_ever()
    assert UpgradePass.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("task", "old_name"),
    [
        (tasks.send_password_reset_email, "send_password_letter"),
        (tasks.send_sign_up_email, "send_sign_up_letter"),
    ],
)
def test_a_task_that_waits_under_its_old_name_is_run(
    task: Any, old_name: str, alice: User, settings: Settings
) -> None:
    """Rows of the job queue hold the path that a task had when it was enqueued."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    task.enqueue(alice.email, "music.example.org", True)
    DBTaskResult.objects.update(task_path=f"library.tasks.{old_name}")
    Worker(
        queue_names=["default"], interval=0, batch=True, backend_name="default", startup_delay=False,
        max_tasks=1, worker_id="test", excluded_queue_names=[],
    ).run()  # fmt: skip
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL
    [message] = mail.outbox
    assert message.to == [alice.email]
