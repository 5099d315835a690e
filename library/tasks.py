"""Background work. Each task fetches nothing and decides nothing: it calls a service."""

from django.tasks import task

from library import services


@task
def analyse_track(track_id: str) -> None:
    services.track_analyse(track_id=track_id)
