"""Resident memory of a web worker process that has served 200 pages of a library with 100 tracks."""

from __future__ import annotations

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = 200
_SEED = """
from library.models import Prediction, Track, User
from library.genres import GENRES
owner = User.objects.create_user("bench@example.org", "a quiet listening room")
for i in range(100):
    track = Track.objects.create(
        owner=owner, original_name=f"{i}.mp3", title=f"Song {i}", kind="mp3", size=1, sha256=f"{i:064}",
        status="ready", duration=240, audio={"codec": "mp3", "sample_rate": 44100, "channels": 2},
    )
    shares = dict.fromkeys(GENRES, 0.05) | {"blues": 0.55}
    track.prediction = Prediction.objects.create(
        track=track, model_name="bench", model_version="1", label="blues", top="blues", confidence=0.55,
        probabilities=shares, segments=[[3 * s, 3 * s + 3, list(shares.values())] for s in range(80)],
    )
    track.save()
"""


def resident_mib(pid: int) -> float:
    """Resident memory of a process in MiB (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def measure() -> dict[str, float]:
    """Start a site, sign in, fetch pages; memory of its one worker process before and after."""
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
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address, "--log-level", "warning"],
            cwd=ROOT,
            env=env,
        )
        try:
            browse = _signed_in(f"http://{address}")
            worker = int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
            first = resident_mib(worker)
            tracks = re.findall(r'href="(/tracks/[0-9a-f-]+/)"', browse("/"))
            pages = ["/", "/?page=2", "/upload/", "/account/", "/api/docs/", *tracks]
            for number in range(PAGES):
                browse(pages[number % len(pages)])
            return {"first page": first, f"{PAGES} pages": resident_mib(worker)}
        finally:
            server.terminate()
            server.wait()


def _signed_in(site: str):  # type: ignore[no-untyped-def]
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
            continue
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
    memory = measure()
    print("Web worker process, resident memory")
    for moment, mib in memory.items():
        print(f"  after {moment:<12} {mib:7.0f} MiB")


if __name__ == "__main__":
    main()
