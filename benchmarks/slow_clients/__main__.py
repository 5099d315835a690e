"""Slow clients, and how long a page takes meanwhile: under gunicorn's threads (WSGI), and under the event loop (ASGI).

    python -m benchmarks.slow_clients [--only ASGI "ASGI, nginx"] [--pages 40]

A site of two web processes, asked directly and through nginx as deploy/nginx.conf sets it up, is asked for the list
page again and again: alone, then while slow clients of each kind are there, then of all kinds at once. They send or
take a byte now and then; browsers (Chromium) play a long file. A page that does not come within ten seconds is given
up; after three of these, no more are asked for. Without nginx or Chromium, what needs them is left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx

from benchmarks.slow_clients.browsers import BROWSERS, CHROMIUM, Browsers, browsers_listening
from benchmarks.slow_clients.connections import COUNTS, SlowConnections
from benchmarks.slow_clients.nginx import NGINX
from benchmarks.slow_clients.site import fill, signed_in, site_running
from tests.live import ASGI, WSGI

PAUSE_SECONDS = 0.1
#: What is promised while clients are slow: this multiple of the median alone, and so many seconds more than the worst.
MEDIAN_GOAL, WORST_GOAL = 1.5, 1.0
#: The server, and whether nginx is in front of it.
RUNS = {
    "WSGI": (WSGI, False),
    "WSGI, nginx": (WSGI, True),
    "ASGI": (ASGI, False),
    "ASGI, nginx": (ASGI, True),
}


@dataclass
class Pages:
    """Seconds that each page took, None if it did not come; and how many slow clients were served at the end."""

    seconds: list[float | None]
    served: str = ""

    @property
    def came(self) -> list[float]:
        return [second for second in self.seconds if second is not None]

    def compared(self, alone: Pages) -> str:
        """Median and worst, and what they are in comparison with those without slow clients."""
        if not self.came:
            return "none came"
        middle, worst = median(self.came), max(self.came)
        text = f"{1000 * middle:.0f}, {1000 * worst:.0f} ms"
        if self is not alone and alone.came:
            text += f" (× {middle / median(alone.came):.2f}, {worst - max(alone.came):+.2f} s)"
        if lost := len(self.seconds) - len(self.came):
            text += f"; {lost} of {len(self.seconds)} did not come"
        return f"{text}; {self.served}" if self.served else text

    def as_promised(self, alone: Pages) -> bool:
        return len(self.came) == len(self.seconds) and (
            median(self.came) <= MEDIAN_GOAL * median(alone.came)
            and max(self.came) <= max(alone.came) + WORST_GOAL
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--only", nargs="+", choices=RUNS, default=list(RUNS))
    options = parser.parse_args()
    if not NGINX:
        print("nginx is not installed: only direct requests are measured.", file=sys.stderr)
    if not CHROMIUM:
        print("Chromium is not installed: there are no browsers among the slow clients.", file=sys.stderr)
    measured = {
        name: measure(name, options.pages) for name in options.only if NGINX or not name.endswith("nginx")
    }
    print("Median and worst; in brackets, against none. In the end, how many slow clients were served.\n")
    print(f"| slow clients | {' | '.join(measured)} |\n|---|{'---|' * len(measured)}")
    for kind in next(iter(measured.values())):
        cells = (pages[kind].compared(pages["none"]) for pages in measured.values())
        print(f"| {kind} | {' | '.join(cells)} |")
    for name, pages in measured.items():
        missed = [kind for kind in pages if not pages[kind].as_promised(pages["none"])]
        print(f"\n{name}: {'as promised' if not missed else 'not as promised with ' + '; '.join(missed)}")


def measure(name: str, pages: int) -> dict[str, Pages]:
    """What pages took, by kind of slow clients."""
    server, behind_nginx = RUNS[name]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        site, certificate = stack.enter_context(site_running(folder, server, behind_nginx=behind_nginx))
        track, *tokens = fill(site, folder / "data")
        browser = stack.enter_context(signed_in(site, certificate))
        ask(browser, 10)
        results = {"none": Pages(ask(browser, pages))}
        slow = SlowConnections(site.url, track, tokens, certificate)
        kinds = [*COUNTS, *([BROWSERS] if CHROMIUM else [])]
        for together in [*([kind] for kind in kinds), kinds]:
            title = together[0] if len(together) == 1 else "all at once"
            with ExitStack() as held:
                playing: Browsers | None = None
                if BROWSERS in together:
                    cookies = {cookie.name: cookie.value or "" for cookie in browser.cookies.jar}
                    playing = held.enter_context(browsers_listening(site.url, track, cookies, folder))
                open_ones = held.enter_context(slow.held([kind for kind in together if kind != BROWSERS]))
                time.sleep(3)  # all have arrived
                results[title] = result = Pages(ask(browser, pages))
                result.served = f"{open_ones()} of {sum(COUNTS.get(kind, 0) for kind in together)} open"
                if playing:
                    playing_now = f"{playing.count()} of {playing.most} play, {playing.cores():.2f} cores"
                    result.served = (
                        playing_now if together == [BROWSERS] else f"{result.served}, {playing_now}"
                    )
            print(
                f"{name}, {title}: {result.compared(results['none'])}; load {os.getloadavg()[0]:.1f}",
                file=sys.stderr,
                flush=True,
            )
            time.sleep(5)  # what waited for them goes on
        return results


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
