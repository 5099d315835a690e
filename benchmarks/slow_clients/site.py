"""The site that slow clients are connected to, and somebody who asks it for pages."""

from __future__ import annotations

import re
import ssl
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.slow_clients.nginx import free_port, nginx_running
from tests.live import Site, running_site

PASSWORD = "a quiet listening room"
PEOPLE, TRACKS, AUDIO_BYTES = 20, 1_000, 52_000_000
GIVE_UP_SECONDS = 10.0
SEED = """
from pathlib import Path
from benchmarks.filling import library_fill
from benchmarks.lived_in import library_live_in
from library import services
from library.incoming.handler import OnDiskUploadedFile
people = [
    services.user_add(email=f"listener{{number}}@example.org", password={password!r}) for number in range({people})
]
track, _ = services.track_add(owner=people[0], upload=OnDiskUploadedFile(Path({path!r}), "long.wav"))
print(track.pk, *(services.token_create(owner=owner, name="slow")[1] for owner in people))
library_fill(people[0], {tracks})
library_live_in(people[0])
"""


@contextmanager
def site_running(folder: Path, server: str, *, behind_nginx: bool) -> Iterator[tuple[Site, Path | None]]:
    """A site with two web processes. If it is asked through nginx, it has that one's address; and its certificate."""
    settings = {"EARMARK_API_PER_MINUTE": "1000000"}
    port = free_port() if behind_nginx else 0
    if behind_nginx:
        settings |= {"EARMARK_HTTPS": "true", "EARMARK_ORIGINS": f"https://127.0.0.1:{port}"}
    with running_site(folder / "data", workers=0, web_processes=2, server=server, **settings) as site:
        if not behind_nginx:
            yield site, None
            return
        with nginx_running(folder, port, site.url) as certificate:
            site.url = f"https://127.0.0.1:{port}"
            yield site, certificate


def fill(site: Site, data_folder: Path) -> list[str]:
    """Fill the first person's library. Returns the id of a track of 52 MB in it, and a token of each person."""
    path = data_folder / "incoming" / "long.wav"
    with wave.open(str(path), "wb") as audio:
        audio.setparams((2, 2, 44_100, AUDIO_BYTES // 4, "NONE", ""))
        audio.writeframes(bytes(AUDIO_BYTES))
    code = SEED.format(password=PASSWORD, people=PEOPLE, path=str(path), tracks=TRACKS)
    return site.manage("shell", "--no-imports", "-c", code).split()


@contextmanager
def signed_in(
    site: Site, certificate: Path | None = None, *, kept_open: bool = False
) -> Iterator[httpx.Client]:
    """A browser that opens a connection for each page, or keeps one open."""
    limits = httpx.Limits(max_keepalive_connections=None if kept_open else 0)
    trusted = ssl.create_default_context(cafile=str(certificate)) if certificate else True
    with httpx.Client(base_url=site.url, timeout=GIVE_UP_SECONDS, limits=limits, verify=trusted) as client:
        form = client.get("/account/login/").text.partition('<form method="post"')[2]
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|idempotency_key)" value="([^"]+)"', form))
        fields |= {"username": "listener0@example.org", "password": PASSWORD}
        answer = client.post("/account/login/", data=fields, headers={"Origin": site.url})
        assert answer.status_code == 302, answer.status_code
        yield client
