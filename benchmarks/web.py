"""Resident memory of a web worker process after 200 pages of a library with 100 tracks, and the libraries in it.

No heavy library should be loaded. keras and librosa need no check of their own, because they import numpy.
"""

from __future__ import annotations

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import ROOT, memory_mib, print_table

PAGES = 200
ALLOWED = 130
HEAVY = ("numpy", "scipy", "numba", "tensorflow", "ai_edge_litert", "av")
_SEED = """
from library.models import Prediction, Track, User
from library.genres import BUILTIN_GENRES
owner = User.objects.create_user("bench@example.org", "a quiet listening room")
for i in range(100):
    track = Track.objects.create(
        owner=owner, original_name=f"{i}.mp3", title=f"Song {i}", kind="mp3", size=1, sha256=f"{i:064}",
        status="ready", duration=240, audio={"codec": "mp3", "sample_rate": 44100, "channels": 2},
    )
    shares = dict.fromkeys(BUILTIN_GENRES, 0.05) | {"blues": 0.55}
    track.prediction = Prediction.objects.create(
        track=track, model_name="bench", model_version="1", label="blues", top="blues", confidence=0.55,
        probabilities=shares, segments=[[3 * s, 3 * s + 3, list(shares.values())] for s in range(80)],
    )
    track.save()
"""


def heavy_libraries(pid: int) -> list[str]:
    """Return those of `HEAVY` whose compiled parts are mapped into a process (Linux)."""
    mapped = Path(f"/proc/{pid}/maps").read_text()
    return [name for name in HEAVY if re.search(rf"/site-packages/{name}(\.libs)?/", mapped)]


def measure() -> tuple[float, float, list[str]]:
    """Run a site and fetch pages: (its worker's MiB before, MiB after, heavy libraries that it has loaded)."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        free.close()
        env = os.environ | {"EARMARK_DATA_DIR": folder}
        for command in (
            ["migrate", "-v0"],
            ["collectstatic", "-v0", "--noinput"],
            ["shell", "-v0", "-c", _SEED],
        ):
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
        gunicorn = ["gunicorn", "--config", "python:config.server", "config.asgi", "--bind", address]
        server = subprocess.Popen([sys.executable, "-m", *gunicorn], cwd=ROOT, env=env)
        try:
            browse = _signed_in(f"http://{address}")
            worker = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
            first = memory_mib(worker)
            tracks = re.findall(r'href="(/tracks/[0-9a-f-]+/)"', browse("/"))
            pages = ["/", "/?page=2", "/upload/", "/account/", "/api/docs/", *tracks]
            for number in range(PAGES):
                browse(pages[number % len(pages)])
            return first, memory_mib(worker), heavy_libraries(worker)
        finally:
            server.terminate()
            server.wait()


def _signed_in(site: str) -> Callable[..., str]:
    """Wait for the site, sign in, and return a function that fetches a page."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def browse(path: str, form: dict[str, str] | None = None) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        with opener.open(site + path, data, timeout=30) as response:
            return str(response.read().decode())

    while True:
        try:
            page = browse("/account/login/")
            break
        except urllib.error.URLError:
            time.sleep(0.1)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {
        "csrfmiddlewaretoken": token[1],
        "username": "bench@example.org",
        "password": "a quiet listening room",
    }
    assert "Song 99" in browse("/account/login/", form)
    return browse


def main() -> None:
    first, last, heavy = measure()
    print_table(
        "Resident memory of a web worker",
        [
            ("after its first pages", f"{first:.0f} MiB"),
            (f"after {PAGES} pages (at most {ALLOWED})", f"{last:.0f} MiB"),
            (f"loaded of {', '.join(HEAVY)}", ", ".join(heavy) or "none"),
        ],
    )


if __name__ == "__main__":
    main()
