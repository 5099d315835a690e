"""Two hosts share PostgreSQL and an S3 store. One loses its network, and the other finishes everything.

Run `python -m benchmarks.two_hosts` as root on Linux. The hosts are network namespaces, linked to a third one, the hub,
where the database and the store (moto's server) run. They are isolated from all other networks.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import ROOT, print_table

HUB, HOSTS = "earmark-hub", ("earmark-one", "earmark-two")
ADDRESS = "10.77.0.1"
DATABASE, STORE = f"postgres://earmark@{ADDRESS}:5432/postgres", f"http://{ADDRESS}:5000"
SONGS = 12
TIMEOUT_SECONDS = 600
UPLOAD_SCRIPT = """
from pathlib import Path
import boto3
from library import services
from library.incoming.handler import OnDiskUploadedFile
from tests import sounds
boto3.client("s3", endpoint_url={store!r}, region_name="us-east-1").create_bucket(Bucket="earmark")
owner = services.user_add(email="alice@example.org", password="a quiet listening room")
for number in range({songs}):
    song = Path({folder!r}, "song.mp3")
    sounds.write(song, 60, seed=number)
    services.track_add(owner=owner, upload=OnDiskUploadedFile(song, f"song {{number}}.mp3"))
"""


def main() -> None:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("ip"):
        sys.exit("Skipped: network namespaces need root on Linux, and iproute2.")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.chmod(folder, 0o755)
        for host in (HUB, *HOSTS):
            stack.enter_context(namespace(host))
        for number, host in enumerate(HOSTS, 1):
            connect_to_hub(host, number)
        stack.enter_context(postgres_on_hub(Path(folder, "database")))
        stack.enter_context(process(HUB, {}, "-m", "moto.server", "-H", ADDRESS, "-p", "5000"))
        run(Path(folder), stack)


def run(folder: Path, stack: ExitStack) -> None:
    """Upload from the first host, analyse on both, disconnect the first one, and wait."""
    envs = {host: environment(folder / host) for host in HOSTS}
    first = HOSTS[0]
    wait_for(lambda: inside(HUB, [sys.executable, "-c", f"import urllib.request as r; r.urlopen('{STORE}')"]))
    manage(first, envs[first], "migrate", "--verbosity", "0")
    add = UPLOAD_SCRIPT.format(store=STORE, songs=SONGS, folder=str(folder))
    manage(first, envs[first], "shell", "--no-imports", "-c", add)
    for host in HOSTS:
        stack.enter_context(process(host, envs[host], "manage.py", "worker", "--interval", "0.2"))
    began = time.monotonic()
    # Until some tracks are analysed and both hosts are in the middle of one.
    wait_for(lambda: count("status = 'ready'") >= 3 and count("status = 'analysing'") == 2)
    analysed = count("status = 'ready'")
    subprocess.run(["ip", "-n", HUB, "link", "set", "to-1", "down"], check=True)
    pulled = time.monotonic()
    wait_for(lambda: count("status IN ('ready', 'failed')") == SONGS)
    ready, twice = count("status = 'ready'"), sql("SELECT count(*) FROM library_prediction")
    again = count("attempts > 1")
    print_table(
        "Two hosts, one of which loses its network",
        [
            ("uploads", f"{SONGS}"),
            ("analysed by both, before", f"{analysed} in {pulled - began:.0f} s"),
            ("analysed in the end", f"{ready}"),
            ("predictions", f"{twice}"),
            ("started twice: what the lost host was working on", f"{again}"),
            ("time from the disconnection to the last", f"{time.monotonic() - pulled:.0f} s"),
        ],
    )
    sys.exit(0 if ready == twice == SONGS else 1)


@contextmanager
def namespace(name: str) -> Iterator[None]:
    """Create a network namespace. Its processes are killed in the end."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield
    finally:
        for pid in subprocess.check_output(["ip", "netns", "pids", name], text=True).split():
            os.kill(int(pid), signal.SIGKILL)
        subprocess.run(["ip", "netns", "del", name], check=True)


def connect_to_hub(host: str, number: int) -> None:
    """Connect a host to the hub by a link of their own. The hub has the same address on all links."""
    ends = ["type", "veth", "peer", "name", "eth0", "netns", host]
    commands = [
        ["ip", "-n", HUB, "link", "add", f"to-{number}", *ends],
        ["ip", "-n", HUB, "address", "replace", f"{ADDRESS}/32", "dev", "lo"],
        ["ip", "-n", HUB, "link", "set", f"to-{number}", "up"],
        ["ip", "-n", HUB, "route", "add", f"10.77.{number}.2/32", "dev", f"to-{number}"],
        ["ip", "-n", host, "address", "add", f"10.77.{number}.2/32", "dev", "eth0"],
        ["ip", "-n", host, "link", "set", "eth0", "up"],
        ["ip", "-n", host, "route", "add", f"{ADDRESS}/32", "dev", "eth0"],
    ]
    for command in commands:
        subprocess.run(command, check=True)


@contextmanager
def postgres_on_hub(folder: Path) -> Iterator[None]:
    """Run an empty PostgreSQL on the hub."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folder.mkdir()
    shutil.chown(folder, "postgres")
    as_server = ["runuser", "-u", "postgres", "--"]
    made = [
        *as_server,
        str(programs / "initdb"),
        "--auth",
        "trust",
        "-U",
        "earmark",
        "-E",
        "UTF8",
        "-D",
        f"{folder}/data",
    ]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd="/")
    with (folder / "data/pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.77.0.0/16 trust\n")
    command = [str(programs / "postgres"), "-D", f"{folder}/data", "-k", str(folder), "-h", ADDRESS, "-F"]
    server = subprocess.Popen(
        ["ip", "netns", "exec", HUB, *as_server, *command], cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: inside(HUB, ["pg_isready", "--quiet", "-h", ADDRESS]))
        yield
    finally:
        server.terminate()
        server.wait()


@contextmanager
def process(host: str, env: dict[str, str], *command: str) -> Iterator[None]:
    """Run a Python process on a host."""
    running = subprocess.Popen(
        ["ip", "netns", "exec", host, sys.executable, *command],
        cwd=ROOT, env=os.environ | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        running.kill()
        running.wait()


def environment(folder: Path) -> dict[str, str]:
    """Return a host's settings: a data folder of its own, and the shared database and store."""
    folder.mkdir()
    return {
        "EARMARK_DATA_DIR": str(folder),
        "EARMARK_SECRET_KEY": "the same on every host",
        "EARMARK_DATABASE_URL": DATABASE,
        "EARMARK_S3_BUCKET": "earmark",
        "EARMARK_S3_ENDPOINT": STORE,
        "EARMARK_S3_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }


def manage(host: str, env: dict[str, str], *command: str) -> None:
    subprocess.run(
        ["ip", "netns", "exec", host, sys.executable, "manage.py", *command],
        cwd=ROOT, env=os.environ | env, check=True,
    )  # fmt: skip


def inside(host: str, command: list[str]) -> bool:
    done = subprocess.run(["ip", "netns", "exec", host, *command], capture_output=True, check=False)
    return done.returncode == 0


def sql(statement: str) -> int:
    asked = ["psql", "--no-align", "--tuples-only", "--command", statement, DATABASE]
    return int(subprocess.check_output(["ip", "netns", "exec", HUB, *asked], text=True))


def count(condition: str) -> int:
    return sql(f"SELECT count(*) FROM library_track WHERE {condition}")


def wait_for(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        if time.monotonic() > ends:
            sys.exit("Timed out.")
        threading.Event().wait(0.2)


if __name__ == "__main__":
    main()
