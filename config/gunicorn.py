"""How gunicorn serves the site, wherever it is started from: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

threads = 4
loglevel = "warning"
#: What gunicorn reads and forgets of a body that the site did not want, to keep its connection in use.
DRAINED_BYTES = 64 * 1024


def pre_request(worker: Worker, req: Request) -> None:
    """Say of a connection with a large body that it ends: refused in the middle, it does, and nobody else would say so.

    The next request of a client that believes in it would be lost.
    """
    headers = dict(req.headers)
    if "TRANSFER-ENCODING" in headers or int(headers.get("CONTENT-LENGTH", 0)) >= DRAINED_BYTES:
        req.force_close()


def post_worker_init(worker: Worker) -> None:
    """Let streams of events end when their process is asked to: it would wait for them, up to half a minute."""
    from library.api.views import events

    events.is_serving = lambda: worker.alive
