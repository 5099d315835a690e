"""A web server in front of the site may send files; the site still decides who may have them."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from pytest_django import Settings

from library.models import Track
from tests.factories import wav
from tests.live import running_site

pytestmark = pytest.mark.django_db

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
#: What `docs/configuration.md` says, with the temporary folders of a process that is not root's.
CONFIGURATION = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {site};
      proxy_set_header Host $http_host;
    }}
    location /private-files/ {{
      internal;
      alias {files}/;
      add_header Content-Security-Policy "default-src 'none'; sandbox" always;
      add_header X-Content-Type-Options nosniff always;
      add_header Cross-Origin-Resource-Policy same-origin always;
    }}
  }}
}}
"""


class TestHeaders:
    @pytest.mark.parametrize("name", ["original", "audio", "spectrogram", "peaks"])
    def test_x_accel_redirect_names_the_file(
        self, settings: Settings, alice_client: Client, charlie_client: Client, track: Track, name: str
    ) -> None:
        settings.EARMARK_FILES_BY = "x-accel-redirect"
        answer = alice_client.get(f"/tracks/{track.pk}/{name}/")
        stored = getattr(track, name) if name in ("spectrogram", "peaks") else track.original
        assert answer["X-Accel-Redirect"] == f"/private-files/{stored.name}"
        assert (answer.content, answer.status_code) == (b"", 200)
        assert answer["Content-Type"].startswith(("audio/", "image/", "application/json"))
        assert answer["Content-Disposition"].startswith("attachment" if name == "original" else "inline")
        refused = charlie_client.get(f"/tracks/{track.pk}/{name}/")
        assert refused.status_code == 404
        assert "X-Accel-Redirect" not in refused

    def test_apache_and_others_too(self, settings: Settings, alice_client: Client, track: Track) -> None:
        settings.EARMARK_FILES_BY = "x-sendfile"
        answer = alice_client.get(f"/tracks/{track.pk}/audio/")
        assert answer["X-Sendfile"] == track.original.path
        assert answer.content == b""

    def test_a_file_that_is_gone_is_a_404(
        self, settings: Settings, alice_client: Client, track: Track
    ) -> None:
        settings.EARMARK_FILES_BY = "x-accel-redirect"
        track.original.storage.delete(track.original.name)
        assert alice_client.get(f"/tracks/{track.pk}/audio/").status_code == 404

    @pytest.mark.parametrize("by", ["signed-url", "pigeon"])
    def test_what_cannot_be_stops_the_start(self, settings: Settings, by: str) -> None:
        settings.EARMARK_FILES_BY = by
        with pytest.raises(SystemCheckError, match=f"cannot be “{by}” with local files"):
            call_command("check")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A site behind a real nginx, and a token."""
    if not NGINX:
        pytest.skip("there is no nginx on this machine")
    folder = tmp_path_factory.mktemp("nginx")
    # It listens before nginx runs, which takes it over as if from an nginx before: the first visitor waits in line.
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        running_site(folder / "data", workers=0, EARMARK_FILES_BY="x-accel-redirect") as behind,
    ):
        port = listening.getsockname()[1]
        text = CONFIGURATION.format(
            user=getpass.getuser(), folder=folder, port=port, site=behind.url, files=folder / "data/files"
        )
        (folder / "nginx.conf").write_text(text)
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        env = os.environ | {"NGINX": f"{listening.fileno()};"}
        nginx = subprocess.Popen(command, env=env, pass_fds=[listening.fileno()])
        try:
            yield f"http://127.0.0.1:{port}", behind.token("alice@example.org")
        finally:
            nginx.terminate()
            nginx.wait(60)


def test_a_real_nginx_sends_them(site: tuple[str, str]) -> None:
    url, token = site
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as alice:
        added = alice.post("/api/v1/tracks/", files={"file": ("song.wav", wav())})
        at = f"/api/v1/tracks/{added.json()['id']}/file/"
        whole = alice.get(at)
        assert (whole.status_code, whole.content) == (200, wav())
        assert whole.headers["Server"].startswith("nginx")
        assert whole.headers["Content-Type"] == "audio/wav"
        assert whole.headers["Content-Disposition"] == 'attachment; filename="song.wav"'
        assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert whole.headers["X-Content-Type-Options"] == "nosniff"
        part = alice.get(at, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, wav()[10:20])
        assert alice.get(at, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
        assert httpx.get(url + at, timeout=60).status_code == 401
        # The folder itself has no address.
        assert httpx.get(url + "/private-files/", timeout=60).status_code == 404
