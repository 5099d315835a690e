"""gunicorn with the WSGI application: `gunicorn --config python:config.gunicorn config.wsgi`.

Only for those who need WSGI; `config/server.py` is what the site is run with. Here, each slow client occupies a thread,
and there is no limit on how slowly headers and bodies may come.
"""

from __future__ import annotations

from gunicorn.http.message import Request
from gunicorn.workers.base import Worker

threads = 4
loglevel = "warning"
#: If somebody wants an access log: addresses without their queries, which hold searches and passwords of players.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(M)s ms'
#: gunicorn reads and discards this much of a body that the site has not read, to keep the connection usable.
DRAINED_BYTES = 64 * 1024


def pre_request(worker: Worker, req: Request) -> None:
    """Send `Connection: close` for large bodies, and keep queries out of the log.

    If the site refuses such a body before reading it all, gunicorn closes the connection without saying so, and the
    next request of a client that relies on the connection would be lost.
    """
    req.uri = req.path  # what gunicorn writes into its log with an error
    headers = dict(req.headers)
    if "TRANSFER-ENCODING" in headers or int(headers.get("CONTENT-LENGTH", 0)) >= DRAINED_BYTES:
        req.force_close()


def post_worker_init(worker: Worker) -> None:
    """Let streams of events end when their process is to stop; otherwise it would wait for them for up to 30 s."""
    from library.http import serving  # not before Django is set up

    serving.set_serving_check(lambda: worker.alive)
