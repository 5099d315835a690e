"""The web process stays small: it does not import the numerical libraries of the analysis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

#: Slow to import, large in memory, or both.
HEAVY = {"ai_edge_litert", "av", "keras", "librosa", "numba", "numpy", "scipy", "sklearn", "tensorflow"}

# A web process as gunicorn starts one, and everything it can be asked for.
SCRIPT = """
import importlib, io, json, sys

import config.asgi  # first: nothing may be loaded before it
from config.wsgi import application

from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from wsgiref.util import setup_testing_defaults

from library import services
from library.models import User
from tests.factories import wav

call_command("migrate", verbosity=0)
root = User.objects.create_superuser("root@example.org", "a quiet listening room")
_, key = services.token_create(owner=root, name="test")
browser = Client()
browser.force_login(root)
cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"

def ask(path, body=b"", **environ):
    setup_testing_defaults(environ)
    environ |= {"PATH_INFO": path, "HTTP_HOST": "localhost", "REMOTE_ADDR": "127.0.0.1"}
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    seen = []
    response = application(environ, lambda status, headers: seen.append(status))
    b"".join(response)
    response.close()
    return seen[0]

def views(resolver):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views(pattern)
        else:
            yield pattern.callback

def send(path, content):
    body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("song.wav", content)})
    return ask(
        path, body, REQUEST_METHOD="POST", CONTENT_TYPE=MULTIPART_CONTENT, HTTP_AUTHORIZATION=f"Bearer {key}"
    )

answers = {"views": len(list(views(get_resolver()))), "admins": len(admin.site._registry)}
answers["upload"] = send("/api/v1/tracks/", wav())
track = root.tracks.get()
pages = [
    "/", "/upload/", track.get_absolute_url(), "/account/", "/exchange/", "/api/docs/", "/api/schema/",
    "/api/v1/tracks/", "/admin/", "/admin/library/track/", f"/admin/library/track/{track.pk}/change/",
]
answers["pages"] = {path: ask(path, HTTP_COOKIE=cookie) for path in pages}
answers["heard"] = send("/file-upload", wav(seconds=4, rate=22050))
answers["modules"] = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps(answers))
"""


def test_the_web_process_imports_nothing_heavy(tmp_path: Path) -> None:
    env = os.environ | {
        "EARMARK_DATA_DIR": str(tmp_path),
        "EARMARK_DEBUG": "true",  # static files need not be collected then
        "EARMARK_LOG_LEVEL": "ERROR",
        "EARMARK_TASKS_BACKEND": "django.tasks.backends.dummy.DummyBackend",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "EARMARK_DATABASE_URL": f"sqlite:///{tmp_path / 'web.sqlite3'}",
    }
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout.splitlines()[-1])
    assert answers["views"] > 40
    assert answers["admins"] >= 4
    assert answers["upload"] == "202 Accepted"
    assert {path: status for path, status in answers["pages"].items() if status != "200 OK"} == {}, run.stderr
    assert answers["heard"].startswith("200"), run.stderr
    assert HEAVY.isdisjoint(answers["modules"])
