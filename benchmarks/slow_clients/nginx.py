"""nginx as deploy/nginx.conf sets it up, with other ports, paths and names."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import ROOT

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""
START_SECONDS = 10

#: What belongs to a machine and not to a site. Each connection of a client that waits takes two.
MACHINE = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes auto;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-bodies;
    proxy_temp_path {folder}/nginx-answers;
    include {folder}/site.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def site_configuration(folder: Path, port: int, site_url: str) -> str:
    """deploy/nginx.conf, for a site at this address, listening at this port."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for pattern, replacement in (
        (r"server 127\.0\.0\.1:8000;", f"server {urlsplit(site_url).netloc};"),
        (r"listen 80;", f"listen 127.0.0.1:{free_port()};"),
        (r"listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        (r"listen \[::\].*;", ""),
        (r"music\.example\.org", "127.0.0.1"),
        (r"/etc/ssl/earmark", str(folder)),
    ):
        text, found = re.subn(pattern, replacement, text)
        assert found, pattern
    return text


@contextmanager
def nginx_running(folder: Path, port: int, site_url: str) -> Iterator[Path]:
    """Run nginx in front of a site; yields its certificate."""
    certificate = folder / "fullchain.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=127.0.0.1",
            ),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "privkey.pem"), "-out", str(certificate)),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    (folder / "site.conf").write_text(site_configuration(folder, port, site_url))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MACHINE.format(folder=folder, user=user))
    nginx = subprocess.Popen(
        [NGINX, "-c", str(folder / "nginx.conf"), "-p", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, folder / "nginx.log")
        yield certificate
    finally:
        nginx.terminate()
        nginx.wait()


def _wait_for(port: int, log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > ends:
                raise RuntimeError(f"nginx did not start: {log.read_text()}") from None
            time.sleep(0.05)
