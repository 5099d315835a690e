"""The worker deletes what would grow for ever, and /metrics says how much there is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from library import services
from library.models import ApiToken, FailedSignIn, User
from library.monitoring.metrics import exposition

pytestmark = pytest.mark.django_db


def days_ago(days: float) -> object:
    return timezone.now() - timedelta(days=days)


def add_session(key: str, *, ended_days_ago: float) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=days_ago(ended_days_ago))


def add_task(name: str, status: str, *, finished_days_ago: float) -> None:
    finished_at = None if status == TaskResultStatus.READY else days_ago(finished_days_ago)
    DBTaskResult.objects.create(
        task_path=name,
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        backend_name="default",
        run_after=timezone.now(),
        finished_at=finished_at,
        exception_class_path="",
        traceback="",
    )


def test_what_is_over_is_deleted_and_nothing_else(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services.pruning, "PRUNE_BATCH", 2)  # more than one batch
    for number in range(5):
        add_session(f"ended {number}", ended_days_ago=number + 0.1)
    add_session("lasts", ended_days_ago=-1)
    add_task("done", TaskResultStatus.SUCCESSFUL, finished_days_ago=2)
    add_task("done today", TaskResultStatus.SUCCESSFUL, finished_days_ago=0.5)
    add_task("failed", TaskResultStatus.FAILED, finished_days_ago=15)
    add_task("failed last week", TaskResultStatus.FAILED, finished_days_ago=7)
    add_task("waits", TaskResultStatus.READY, finished_days_ago=0)
    for name, expired in {"long ago": 31, "yesterday": 1, "tomorrow": -1}.items():
        services.token_create(owner=alice, name=name, expires_at=timezone.now() - timedelta(days=expired))
    services.token_create(owner=alice, name="never")
    for days in (2, 0):
        FailedSignIn.objects.create(digest="x", created_at=days_ago(days))

    assert services.rows_prune() == 5 + 2 + 1 + 1
    assert set(Session.objects.values_list("session_key", flat=True)) == {"lasts"}
    tasks = set(DBTaskResult.objects.values_list("task_path", flat=True))
    assert tasks == {"done today", "failed last week", "waits"}
    names = set(ApiToken.objects.values_list("name", flat=True))
    assert names == {"yesterday", "tomorrow", "never"}
    assert FailedSignIn.objects.count() == 1
    assert services.rows_prune() == 0


def test_the_metrics_count_it(alice: User) -> None:
    services.token_create(owner=alice, name="program")
    services.upload_begin(owner=alice, name="song.mp3", length=10)
    add_session("lasts", ended_days_ago=-1)
    text = exposition().decode()
    for table, rows in {"sessions": 1, "tokens": 1, "uploads": 1, "tasks": 0, "tombstones": 0}.items():
        assert f'earmark_rows{{table="{table}"}} {rows}.0' in text
