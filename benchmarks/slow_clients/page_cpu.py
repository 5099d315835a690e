"""What a page costs under the event loop (ASGI), in CPU time of the server, against gunicorn's threads (WSGI).

    python -m benchmarks.slow_clients.page_cpu [--rounds 15] [--pages 20]

Two sites with one web process each and the same library run side by side and take turns: in a round, each is asked for
the list page so many times, over a connection that stays open, as a browser's does. A ratio is the median of the
rounds' ratios. Only CPU time of the servers' processes counts, so that other programs hardly disturb it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

import httpx

from benchmarks.measure import descendants, median_ratio, print_table, process_seconds
from benchmarks.slow_clients.site import fill, signed_in
from tests.live import ASGI, WSGI, Site, running_site

GOAL = 1.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pages", type=int, default=20, help="of each site in a round")
    options = parser.parse_args()
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(asked_site(server)) for name, server in (("WSGI", WSGI), ("ASGI", ASGI))
        }
        times: dict[str, list[float]] = {name: [] for name in sites}
        for number in range(options.rounds + 1):
            for name, (site, browser) in sites.items():
                seconds = server_seconds(site, browser, options.pages)
                if number:  # the first round only warms up
                    times[name].append(seconds / options.pages)
    print_table(
        f"CPU time of the list page ({options.rounds} rounds of {options.pages} pages, load {os.getloadavg()[0]:.1f})",
        [
            *((f"under {name}", f"{1000 * median(seconds):.1f} ms") for name, seconds in times.items()),
            (f"ASGI : WSGI (goal: at most {GOAL})", f"{median_ratio(times['ASGI'], times['WSGI']):.3f}"),
        ],
    )


@contextmanager
def asked_site(server: str) -> Iterator[tuple[Site, httpx.Client]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder), workers=0, server=server) as site,
    ):
        fill(site, Path(folder))
        with signed_in(site, kept_open=True) as browser:
            yield site, browser


def server_seconds(site: Site, browser: httpx.Client, pages: int) -> float:
    """CPU time that the server's processes take for so many pages."""
    assert site.web
    processes = descendants(site.web.pid)
    before = sum(map(process_seconds, processes))
    for _ in range(pages):
        assert browser.get("/").status_code == 200
    return sum(map(process_seconds, processes)) - before


if __name__ == "__main__":
    main()
