"""Slow clients, and how long a page takes meanwhile: under gunicorn's threads (WSGI), and under the event loop (ASGI).

    python -m benchmarks.slow_clients

A site of two web processes is asked for the list page again and again: alone, then while slow clients of each kind are
there, then of all kinds at once. They send or take a byte now and then. A page that does not come within ten seconds is
given up; after three of these, no more are asked for.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import httpx

from tests.live import ASGI, WSGI, Site, running_site
from tests.server.raw_requests import connected, request

PASSWORD = "a quiet listening room"
TRACKS, AUDIO_BYTES = 1_000, 52_000_000
GIVE_UP_SECONDS, PAUSE_SECONDS = 10.0, 0.1
PEOPLE = 20
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
#: How many slow clients of each kind there are.
COUNTS = {"headers": 200, "bodies": 200, "events": 200, "audio": 100}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    options = parser.parse_args()
    measured = {"WSGI": measure(WSGI, options.pages), "ASGI": measure(ASGI, options.pages)}
    print(
        "| slow clients | WSGI: median, worst | ASGI: median, worst | held open (WSGI, ASGI) |\n|---|---|---|---|"
    )
    for kind in measured["ASGI"]:
        (before, held_before), (after, held_after) = measured["WSGI"][kind], measured["ASGI"][kind]
        print(f"| {kind} | {in_words(before)} | {in_words(after)} | {held_before}, {held_after} |")


def in_words(seconds: list[float | None]) -> str:
    came = [second for second in seconds if second is not None]
    if not came:
        return "none came"
    lost = f", {len(seconds) - len(came)} of {len(seconds)} did not come" if len(came) < len(seconds) else ""
    return f"{1000 * median(came):.0f}, {1000 * max(came):.0f} ms{lost}"


def measure(server: str, pages: int) -> dict[str, tuple[list[float | None], int]]:
    """Seconds for each page, and how many slow connections were open at the end, by kind of slow clients."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(
            Path(folder, "data"), workers=0, web_processes=2, server=server, EARMARK_API_PER_MINUTE="1000000"
        ) as site,
    ):
        audio = Path(folder, "data", "incoming", "long.wav")
        audio.write_bytes(b"RIFF\0\0\0\0WAVEfmt " + bytes(AUDIO_BYTES))
        seed = SEED.format(password=PASSWORD, people=PEOPLE, path=str(audio), tracks=TRACKS)
        track, *tokens = site.manage("shell", "--no-imports", "-c", seed).split()
        slow = requests(track, tokens)
        results: dict[str, tuple[list[float | None], int]] = {}
        with signed_in(site) as browser:
            ask(browser, 10)
            results["none"] = ask(browser, pages), 0
            for kinds in [*([kind] for kind in COUNTS), list(COUNTS)]:
                held = [
                    (connected_slowly(site, slow[kind](number)), kind)
                    for kind in kinds
                    for number in range(COUNTS[kind])
                ]
                name = kinds[0] if len(kinds) == 1 else "all at once"
                with kept_slow(held):
                    time.sleep(3)  # all have arrived
                    seconds = ask(browser, pages)
                    results[name] = seconds, sum(is_served(connection) for connection, _ in held)
                for connection, _ in held:
                    connection.close()
                print(server.split()[1], name, in_words(seconds), file=sys.stderr, flush=True)
                time.sleep(5)  # what waited for them goes on
        return results


def requests(track: str, tokens: list[str]) -> dict[str, Callable[[int], bytes]]:
    """The request of a slow client, by its kind and number."""

    def authorized(number: int) -> str:
        return f"Bearer {tokens[number % PEOPLE]}"

    return {
        "headers": lambda _: b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        "bodies": lambda number: request(
            "POST",
            "/api/v1/tracks/",
            body=b"--b",
            Content_Length="1000000",
            Content_Type="multipart/form-data; boundary=b",
            Authorization=authorized(number),
        ),
        "events": lambda number: request("GET", "/api/v1/events/", Authorization=authorized(number)),
        "audio": lambda _: request("GET", f"/api/v1/tracks/{track}/audio/", Authorization=authorized(0)),
    }


def connected_slowly(site: Site, sends: bytes) -> socket.socket:
    """A connection whose system keeps little of what comes, as that of a client far away."""
    connection = connected(site)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(sends)
    connection.setblocking(False)
    return connection


@contextmanager
def kept_slow(held: list[tuple[socket.socket, str]]) -> Iterator[None]:
    """Send a byte of headers and bodies, and take some bytes of responses, about once a second."""
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for connection, kind in held:
                with suppress(OSError):
                    if kind in ("headers", "bodies"):
                        connection.send(b"x")
                    else:
                        connection.recv(1000)

    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        stop.set()
        dripping.join()


def is_served(connection: socket.socket) -> bool:
    """Whether the connection is open and was not answered with an error."""
    try:
        piece = connection.recv(15)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return bool(piece) and not piece.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))


@contextmanager
def signed_in(site: Site) -> Iterator[httpx.Client]:
    """A browser that opens a connection for each page."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=site.url, timeout=GIVE_UP_SECONDS, limits=limits) as client:
        form = client.get("/account/login/").text.partition('<form method="post"')[2]
        fields = dict(re.findall(r'name="(csrfmiddlewaretoken|idempotency_key)" value="([^"]+)"', form))
        fields |= {"username": "listener0@example.org", "password": PASSWORD}
        assert client.post("/account/login/", data=fields).status_code == 302
        yield client


def ask(browser: httpx.Client, pages: int) -> list[float | None]:
    """Seconds for each of so many pages; None for one that did not come."""
    seconds: list[float | None] = []
    while len(seconds) < pages and seconds[-3:] != [None] * 3:
        began = time.perf_counter()
        try:
            came = browser.get("/").status_code == 200
        except httpx.TransportError:
            came = False
        seconds.append(time.perf_counter() - began if came else None)
        time.sleep(PAUSE_SECONDS)
    return seconds


if __name__ == "__main__":
    main()
