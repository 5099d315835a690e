"""The client uploads a folder while somebody browses: lost files, failed requests, and how much slower pages get.

    python -m benchmarks.upload_while_browsing FOLDER --files 500

A site of its own (gunicorn as `make run` starts it, and two workers) is browsed for a while, and then on while the
client uploads. If the folder has fewer files than asked for, variants are made of them, each trimmed by some seconds at
its start without encoding it again, so that every file has different bytes. One user requests pages one after the
other, with a short pause.
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

from benchmarks.measure import ROOT, print_table

sys.path.insert(0, str(ROOT / "clients" / "python"))

from earmark_client import Library
from earmark_client.folders import find_music
from earmark_client.uploading import UploadSummary, upload
from tests.live import Site, running_site

EMAIL, PASSWORD = "bench@example.org", "a quiet listening room"
#: Seconds between a page and the next request.
PAUSE = 0.2
STEP = 0.25  # seconds that each variant of a file is shorter than the one before


@dataclass
class BrowsingStats:
    """Times and statuses of the pages that a user has requested."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Number of requests without a response."""

    @property
    def p95(self) -> float:
        return quantiles(self.seconds, n=20)[-1] if len(self.seconds) > 1 else float("nan")

    @property
    def errors(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def collect_files(folder: Path, count: int, into: Path) -> list[Path]:
    """Return `count` files of the folder, with trimmed variants written to `into` if there are fewer."""
    originals = list(find_music([folder]).files)
    if not originals:
        sys.exit(f"There is no music in {folder}.")
    made = originals[:count]
    variants = ((path, number) for number in itertools.count(1) for path in originals)
    while len(made) < count:
        path, number = next(variants)
        target = into / f"{len(made):04}-{path.name}"
        trim(path, target, number * STEP)
        made.append(target)
    return made


def trim(source: Path, target: Path, seconds: float) -> None:
    """Copy a file's packets to a new container, without those of its first seconds."""
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
    """A signed-in user who requests one page after the other."""

    def __init__(self, site: Site) -> None:
        self.http = httpx.Client(base_url=site.url, follow_redirects=True, timeout=120)
        page = self.http.get("/account/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "username": EMAIL, "password": PASSWORD}
        self.http.post("/account/login/", data=form).raise_for_status()
        self.tracks: list[str] = []

    def addresses(self) -> Iterator[str]:
        """Yield addresses without end: the list, a track, a search, review, moods, overview, uploads."""
        for number in itertools.count():
            yield "/"
            if self.tracks:
                yield self.tracks[number % len(self.tracks)]
            yield from ("/?q=a&ordering=title", "/needs-you/", "/moods/", "/overview/", "/upload/")

    def browse(self, stats: BrowsingStats, done: threading.Event) -> None:
        for address in self.addresses():
            if done.is_set():
                return
            begun = time.monotonic()
            try:
                page = self.http.get(address)
            except httpx.TransportError:
                stats.broken += 1
                continue
            stats.seconds.append(time.monotonic() - begun)
            stats.statuses[page.status_code] += 1
            self.tracks = sorted(set(re.findall(r'href="(/tracks/[0-9a-f-]+/)"', page.text))) or self.tracks
            done.wait(PAUSE)


def browse_for(browser: Browser, seconds: float) -> BrowsingStats:
    stats, done = BrowsingStats(), threading.Event()
    threading.Timer(seconds, done.set).start()
    browser.browse(stats, done)
    return stats


def browse_during_upload(
    browser: Browser, library: Library, files: list[Path], jobs: int
) -> tuple[BrowsingStats, UploadSummary]:
    stats, done = BrowsingStats(), threading.Event()
    person = threading.Thread(target=browser.browse, args=(stats, done))
    person.start()
    try:
        summary = upload(library, files, jobs=jobs, quiet=True)
    finally:
        done.set()
        person.join()
    return stats, summary


def wait_until_analysed(library: Library, patience: float) -> dict[str, int]:
    """Wait until all tracks are analysed, for at most `patience` seconds, and return their number by state."""
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
        files = collect_files(asked.folder, asked.files, made)
        variants = len(list(made.iterdir()))
        (warm := Path(folder, "warm")).mkdir()
        with (
            running_site(Path(folder, "data"), workers=2, EARMARK_API_PER_MINUTE="100000") as site,
            Library(site.url, site.token(EMAIL, PASSWORD)) as library,
        ):
            # Upload a track first, so that there is something to browse from the start.
            trim(files[0], warm / files[0].name, 5)
            upload(library, [warm], quiet=True)
            wait_until_analysed(library, asked.patience)
            browser = Browser(site)
            browse_for(browser, 5)  # warm up: templates are loaded
            before = browse_for(browser, asked.before)
            begun = time.monotonic()
            during, summary = browse_during_upload(browser, library, files, asked.jobs)
            uploading = time.monotonic() - begun
            states = wait_until_analysed(library, asked.patience)
            analysing = time.monotonic() - begun
            stored = {track["sha256"] for track in library.tracks(fields="sha256")}
    lost = len(files) + 1 - len(stored)
    print_table(
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
            ("seconds until all were sent; until all were analysed", f"{uploading:.0f}; {analysing:.0f}"),
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
