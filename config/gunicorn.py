"""How gunicorn serves the site, wherever it is started from: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

from gunicorn.workers.base import Worker

threads = 4
loglevel = "warning"


def post_worker_init(worker: Worker) -> None:
    """Let streams of events end when their process is asked to: it would wait for them, up to half a minute."""
    from library.api.views import events

    events.is_serving = lambda: worker.alive
