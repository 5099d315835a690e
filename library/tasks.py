"""Background tasks. Each only calls a service; `services.jobs` enqueues them."""

from django.tasks import task

from library import services


@task
def analyse_track(track_id: str) -> None:
    services.track_analyse(track_id=track_id)


@task
def enqueue_tracks(track_ids: list[str]) -> None:
    services.tracks_enqueue(track_ids=track_ids)


@task(priority=50)
def send_email(email_id: int) -> None:
    services.email_send(email_id=email_id)


@task(priority=50)
def send_password_reset_email(email: str, host: str, secure: bool) -> None:
    """As enqueued before 0.2, with the address in the row of the job queue. So is the next."""
    services.password_reset_email_send(email=email, host=host, secure=secure)


@task(priority=50)
def send_sign_up_email(email: str, host: str, secure: bool) -> None:
    services.sign_up_email_send(email=email, host=host, secure=secure)


@task(priority=20)
def take_folder_picture(file_id: int) -> None:
    services.folder_picture_take(file_id=file_id)


@task
def delete_files(names: list[str]) -> None:
    services.files_delete(names=names)


@task
def run_bulk_action(action_id: str) -> None:
    services.bulk_action_run_queued(action_id=action_id)


@task
def undo_bulk_action(action_id: str) -> None:
    services.bulk_action_undo_continue(action_id=action_id)


@task(priority=-50)
def delete_account(user_id: int) -> None:
    services.user_deletion_continue(user_id=user_id)


@task(priority=-100)
def continue_upgrade_pass(lease: str) -> None:
    services.upgrade_pass_continue(lease=lease)


@task(priority=-100)
def read_file_tags(after: str) -> None:
    """As enqueued before there was the upgrade pass, which reads tags, too."""
    services.upgrade_pass_start()


@task(priority=-100)
def recompute_genres(owner_id: int) -> None:
    services.genre_recompute_run(owner_id=owner_id)


@task(priority=-50)
def fit_learned_model(owner_id: int) -> None:
    services.learned_model_fit(owner_id=owner_id)


@task(priority=-50)
def run_concept_pass(owner_id: int, soon: bool = False) -> None:
    services.concept_pass_run(owner_id=owner_id, soon=soon)


@task(priority=50)
def apply_learned_rows(owner_id: int) -> None:
    services.learned_rows_apply(owner_id=owner_id)


@task(priority=-50)
def apply_base_model(owner_id: int) -> None:
    services.base_model_rows_apply(owner_id=owner_id)


@task(priority=-50)
def refit_base_model(change_id: int) -> None:
    services.base_model_refit_by_id(change_id=change_id)


# Rows of the job queue hold the dotted path of their task. Those enqueued before 0.2 use these names; the aliases can
# be removed in the version after it.
send_password_letter = send_password_reset_email
send_sign_up_letter = send_sign_up_email
