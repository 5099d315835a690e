"""A real site for tests that need one: gunicorn and a worker, with a database and a data folder of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import httpx
import psycopg2

ROOT = Path(__file__).resolve().parents[1]
#: Seconds after which waiting fails, even on a very busy machine.
DEADLINE = 300

#: The configuration of gunicorn, and the application.
ASGI, WSGI = "python:config.server config.asgi", "python:config.gunicorn config.wsgi"
#: Here all people have the same address.
NO_LIMITS = {"EARMARK_REQUESTS_PER_SECOND": "0", "EARMARK_CONNECTIONS_PER_ADDRESS": "0"}

NEW_TOKEN = """
from library import services
from library.models import User
user = User.objects.filter(email={email!r}).first() or services.user_add(email={email!r}, password={password!r})
print(services.token_create(owner=user, name="tests", **{limits!r})[1])
"""


@dataclass
class Site:
    url: str
    env: dict[str, str]
    web: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True,
        ).stdout  # fmt: skip

    def token(self, email: str, password: str = "a quiet listening room", **limits: bool) -> str:
        """Return a new token of a person, who is created if need be."""
        code = NEW_TOKEN.format(email=email, password=password, limits=limits)
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def client(self, **headers: str) -> httpx.Client:
        """Return an API client. It closes idle connections before the server does, so that no request is lost."""
        early = httpx.Limits(keepalive_expiry=1)
        return httpx.Client(base_url=self.url, headers=headers, timeout=DEADLINE, limits=early)


@contextmanager
def own_environment(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a site with a data folder and an empty database of its own.

    That is a file in the folder, or, where EARMARK_DATABASE_URL names a PostgreSQL, a new one on that server.
    """
    env = os.environ | {"EARMARK_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    url = urlsplit(env.pop("EARMARK_DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        yield env
        return
    name = f"earmark_{token_hex(6)}"
    server = psycopg2.connect(url.geturl())
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield env | {"EARMARK_DATABASE_URL": url._replace(path=f"/{name}").geturl()}
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
            server.close()


@contextmanager
def running_site(
    folder: Path, *, workers: int = 1, web_processes: int = 1, server: str = ASGI, **settings: str
) -> Iterator[Site]:
    """Run a site until the block ends. `settings` are environment variables, `server` is ASGI or WSGI."""
    # The socket listens before the server runs, so the first request waits and nobody has to poll.
    with socket.create_server(("127.0.0.1", 0)) as listening, own_environment(folder) as own:
        env = own | NO_LIMITS | {"EARMARK_LOG_LEVEL": "WARNING"} | settings
        site = Site(f"http://127.0.0.1:{listening.getsockname()[1]}", env)
        site.manage("prepare")
        bind = f"fd://{listening.fileno()}"
        gunicorn = ["gunicorn", "--config", *server.split(), "--bind", bind, "--workers", str(web_processes)]
        site.web = subprocess.Popen(
            [sys.executable, "-m", *gunicorn], cwd=ROOT, env=env, pass_fds=[listening.fileno()]
        )
        processes = [site.web]
        for _ in range(workers):
            worker = [sys.executable, "manage.py", "worker", "--interval", "0.2"]
            processes.append(subprocess.Popen(worker, cwd=ROOT, env=env))
        try:
            yield site
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(DEADLINE)  # a worker ends the track it has begun
