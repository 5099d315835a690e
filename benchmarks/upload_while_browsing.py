"""A folder goes up by the client while somebody browses: what is lost, what fails, how much slower pages get.

    python -m benchmarks.upload_while_browsing FOLDER --files 500

A site of its own (gunicorn as `make run` starts it, two workers that hear tracks) is browsed for a while, then
browsed on while the client uploads. Where the folder has fewer files than asked for, files are made of those that
there are: each is trimmed by some seconds at its start (stream copy where PyAV can, no sound is encoded anew), so
that every one has bytes of its own. Pages are asked for by one person, one after the other, with a short pause.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import av
import httpx

from benchmarks.measure import ROOT, table

sys.path.insert(0, str(ROOT / "clients" / "python"))

from earmark_client import Library
from earmark_client.folders import find_music
from earmark_client.uploading import Summary, upload
from tests.live import Site, running_site

EMAIL, PASSWORD = "bench@example.org", "a quiet listening room"
#: A person looks at a page before asking for the next one.
PAUSE = 0.2
STEP = 0.25  # seconds that each variant of a file is shorter than the one before


@dataclass
class Visit:
    """Pages as somebody saw them."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Requests that got no answer."""

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else float("nan")

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def gathered(folder: Path, count: int, into: Path) -> list[Path]:
    """So many files of the folder; trimmed variants of them where there are fewer."""
    there = list(find_music([folder]).files)
    if not there:
        sys.exit(f"There is no music in {folder}.")
    made = there[:count]
    variants = ((path, number) for number in itertools.count(1) for path in there)
    while len(made) < count:
        path, number = next(variants)
        target = into / f"{len(made):04}-{path.name}"
        trim(path, target, number * STEP)
        made.append(target)
    return made


def trim(source: Path, target: Path, seconds: float) -> None:
    """A copy without its first seconds: the same packets, in a new container."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as part:
        sound = whole.streams.audio[0]
        out = part.add_stream_from_template(sound)
        first = None
        for packet in whole.demux(sound):
            if packet.dts is None or packet.pts is None or packet.pts * packet.time_base < seconds:
                continue
            first = packet.pts if first is None else first
            packet.pts -= first
            packet.dts = packet.pts
            packet.stream = out
            part.mux(packet)


class Browser:
    """Somebody who looks at one page after the other."""

    def __init__(self, site: Site) -> None:
        self.http = httpx.Client(base_url=site.url, follow_redirects=True, timeout=120)
        page = self.http.get("/account/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": EMAIL, "password": PASSWORD}
        self.http.post("/account/login/", data=form).raise_for_status()
        self.tracks: list[str] = []

    def addresses(self) -> Iterator[str]:
        """As people go about: the list, a track in it, a search, moods, the overview, uploads."""
        for number in itertools.count():
            yield "/"
            if self.tracks:
                yield self.tracks[number % len(self.tracks)]
            yield from ("/?q=a&ordering=title", "/needs-you/", "/moods/", "/overview/", "/upload/")

    def browse(self, visit: Visit, done: threading.Event) -> None:
        for address in self.addresses():
            if done.is_set():
                return
            begun = time.monotonic()
            try:
                page = self.http.get(address)
            except httpx.TransportError:
                visit.broken += 1
                continue
            visit.seconds.append(time.monotonic() - begun)
            visit.statuses[page.status_code] += 1
            self.tracks = sorted(set(re.findall(r'href="(/tracks/[0-9a-f-]+/)"', page.text))) or self.tracks
            done.wait(PAUSE)


def browsed(browser: Browser, seconds: float) -> Visit:
    visit, done = Visit(), threading.Event()
    threading.Timer(seconds, done.set).start()
    browser.browse(visit, done)
    return visit


def browsed_meanwhile(
    browser: Browser, library: Library, files: list[Path], jobs: int
) -> tuple[Visit, Summary]:
    visit, done = Visit(), threading.Event()
    person = threading.Thread(target=browser.browse, args=(visit, done))
    person.start()
    try:
        summary = upload(library, files, jobs=jobs, quiet=True)
    finally:
        done.set()
        person.join()
    return visit, summary


def states_when_heard(library: Library, patience: float) -> dict[str, int]:
    """Tracks by state, when all have been heard or the patience has run out."""
    end = time.monotonic() + patience
    while True:
        states: dict[str, Any] = library.overview()["states"]
        if not {"queued", "analysing"} & set(states) or time.monotonic() > end:
            return states
        time.sleep(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=4, help="how many the client sends at a time (4)")
    parser.add_argument("--before", type=float, default=60, help="seconds of browsing before (60)")
    parser.add_argument("--patience", type=float, default=7200, help="seconds to wait for the last (7200)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (made := Path(folder, "made")).mkdir()
        files = gathered(asked.folder, asked.files, made)
        variants = len(list(made.iterdir()))
        (warm := Path(folder, "warm")).mkdir()
        with (
            running_site(Path(folder, "data"), workers=2, EARMARK_API_PER_MINUTE="100000") as site,
            Library(site.url, site.token(EMAIL, PASSWORD)) as library,
        ):
            # Both times there is something to see.
            trim(files[0], warm / files[0].name, 5)
            upload(library, [warm], quiet=True)
            states_when_heard(library, asked.patience)
            browser = Browser(site)
            browsed(browser, 5)  # templates are read, and the first pages made
            before = browsed(browser, asked.before)
            begun = time.monotonic()
            during, summary = browsed_meanwhile(browser, library, files, asked.jobs)
            uploading = time.monotonic() - begun
            states = states_when_heard(library, asked.patience)
            hearing = time.monotonic() - begun
            stored = {track["sha256"] for track in library.tracks(fields="sha256")}
    lost = len(files) + 1 - len(stored)
    table(
        f"{len(files)} files by the client, two workers, while somebody browses",
        [
            (
                "files of the folder, and variants made of them",
                f"{len(files) - variants}, {variants}",
            ),
            (
                "sent, there already, failed",
                f"{len(summary.sent)}, {len(summary.there)}, {len(summary.failed)}",
            ),
            ("lost: sent, and not in the library", f"{lost}"),
            ("tracks by state in the end", ", ".join(f"{n} {state}" for state, n in sorted(states.items()))),
            ("seconds until all were sent; until all were heard", f"{uploading:.0f}; {hearing:.0f}"),
            ("pages before; during", f"{len(before.seconds)}; {len(during.seconds)}"),
            (
                "5xx or no answer, before; during",
                f"{before.errors + before.broken}; {during.errors + during.broken}",
            ),
            ("p95 of page time before; during", f"{before.p95:.3f} s; {during.p95:.3f} s"),
            ("ratio", f"{during.p95 / before.p95:.2f}"),
        ],
    )
    if lost or summary.failed or during.errors or during.broken:
        sys.exit(1)


if __name__ == "__main__":
    main()
