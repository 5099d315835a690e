"""The job queue: how services ask for background work.

Tasks call services, and services enqueue tasks. This module is the one place where the two meet: it looks a task up
by its name when the task is needed. Which backend runs the tasks is a setting (`TASKS`).
"""

from __future__ import annotations

from typing import Any

from django.tasks import Task
from django.utils.module_loading import import_string


def job_enqueue(task_name: str, /, *args: Any, priority: int | None = None) -> None:
    """Enqueue a task of `library.tasks` with these arguments.

    `priority` is from -100 to 100, higher first, in place of the task's own; a backend without priorities ignores it.
    """
    task: Task[Any, Any] = import_string(f"library.tasks.{task_name}")
    if priority is not None and task.get_backend().supports_priority:
        task = task.using(priority=priority)
    task.enqueue(*args)
