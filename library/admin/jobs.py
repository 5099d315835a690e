"""Jobs of the queue and what came of them, in words. Only for those who may see the table of jobs: no reviewer may."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.http import HttpRequest
from django.tasks import TaskResultStatus
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Registers its own admin, in place of which this one stands.
from django_tasks_db.admin import DBTaskResultAdmin  # noqa: F401 - see above
from django_tasks_db.models import DBTaskResult

from library.admin.base import CheckedRequestsMixin, ReadOnlyAdminMixin
from library.admin.columns import NOTHING
from library.admin.filters import FixedChoicesFilter
from library.text import clock

#: What each task of `library.tasks` does.
TASK_WORDS: dict[str, str] = {
    "analyse_track": "Listen to a track",
    "enqueue_tracks": "Queue tracks to be listened to",
    "send_email": "Send an email",
    "send_password_reset_email": "Send an email for a new password",
    "send_sign_up_email": "Send an email for signing up",
    "take_folder_picture": "Take a folder’s picture as cover",
    "delete_files": "Delete files",
    "run_bulk_action": "Change many tracks",
    "undo_bulk_action": "Undo a change of many tracks",
    "delete_account": "Delete an account",
    "continue_upgrade_pass": "Fill in what tracks lack",
    "read_file_tags": "Fill in what tracks lack",
    "recompute_genres": "Recompute the genres of a library",
    "fit_learned_model": "Learn from verdicts",
    "run_concept_pass": "Give taught genres and tags",
    "apply_learned_rows": "Apply what was learned",
    "apply_base_model": "Put a base model to use",
    "refit_base_model": "Learn from verdicts again, on another base model",
}
STATUS_WORDS: dict[str, str] = {
    TaskResultStatus.READY: "Waiting",
    TaskResultStatus.RUNNING: "Running",
    TaskResultStatus.SUCCESSFUL: "Done",
    TaskResultStatus.FAILED: "Failed",
}


def job_words(task_path: str) -> str:
    """What a job does, by the dotted path of its task; for an unknown one, its name."""
    name = task_path.rpartition(".")[2]
    return TASK_WORDS.get(name, name.replace("_", " ").capitalize())


class JobStatusFilter(FixedChoicesFilter):
    title, parameter_name, words = "state", "status", STATUS_WORDS


class JobTaskFilter(FixedChoicesFilter):
    title, parameter_name = "what it does", "task_path"
    words = {f"library.tasks.{name}": words for name, words in TASK_WORDS.items()}


admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class JobAdmin(ReadOnlyAdminMixin, CheckedRequestsMixin):
    list_title = "Jobs"
    list_display = ["what", "state", "enqueued_at", "waited", "took", "failure"]
    list_filter = [JobStatusFilter, JobTaskFilter]
    ordering = ["-enqueued_at"]
    readonly_fields = (
        *("what", "state", "failure", "enqueued_at", "started_at", "finished_at", "waited", "took"),
        *("arguments", "priority", "trace"),
    )
    fields = readonly_fields
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: DBTaskResult | None = None) -> bool:
        return False

    @admin.display(description="what it does", ordering="task_path")
    def what(self, job: DBTaskResult) -> str:
        return job_words(job.task_path)

    @admin.display(description="state", ordering="status")
    def state(self, job: DBTaskResult) -> str:
        return STATUS_WORDS.get(job.status, str(job.status))

    @admin.display(description="waited")
    def waited(self, job: DBTaskResult) -> str:
        return _length((job.started_at or timezone.now()) - job.enqueued_at)

    @admin.display(description="took")
    def took(self, job: DBTaskResult) -> str:
        if job.started_at is None:
            return NOTHING
        return _length((job.finished_at or timezone.now()) - job.started_at)

    @admin.display(description="what went wrong")
    def failure(self, job: DBTaskResult) -> str:
        """The last line of the traceback."""
        return str(job.traceback).strip().rpartition("\n")[2][:200] or NOTHING

    @admin.display(description="arguments")
    def arguments(self, job: DBTaskResult) -> str:
        given = job.args_kwargs
        named = [f"{name} = {value}" for name, value in given["kwargs"].items()]
        return ", ".join([*map(str, given["args"]), *named]) or NOTHING

    @admin.display(description="traceback")
    def trace(self, job: DBTaskResult) -> SafeString | str:
        return format_html("<pre>{}</pre>", job.traceback) if job.traceback else NOTHING


def _length(time: timedelta) -> str:
    seconds = max(time.total_seconds(), 0)
    return "under 1 s" if seconds < 1 else clock(seconds)
