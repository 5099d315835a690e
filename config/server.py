"""The configuration of the web server: `gunicorn --config python:config.server config.asgi`."""

from __future__ import annotations

from gunicorn.workers.base import Worker

worker_class = "config.asgi_worker.TimedWorker"
asgi_loop = "asyncio"
asgi_lifespan = "off"
loglevel = "warning"
#: If somebody wants an access log: addresses without their queries, which hold searches and passwords of players.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(M)s ms'
#: A worker process whose event loop stands still for this many seconds is replaced. gunicorn also waits so long for
#: the next bytes of a body, so this is more than `library.http.asgi.bodies` allows.
timeout = 90
#: A process that is to stop gives requests and downloads this many seconds; streams of events end at once.
graceful_timeout = 10


def post_worker_init(worker: Worker) -> None:
    """Let streams of events end when their process is to stop."""
    from library.http import serving  # not before Django is set up

    serving.set_serving_check(lambda: worker.alive)
