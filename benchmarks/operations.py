"""What the main operations cost in libraries of 1,000, 10,000 and 100,000 tracks: CPU time, clock and peak memory.

Each library is as one that is lived in (`benchmarks.lived_in`), in a database of its own: SQLite, or PostgreSQL when
EARMARK_DATABASE_URL names a server on which databases may be created. Each operation has a process of its own. CPU time
is that of the process and of its PostgreSQL backend; memory is the most that the process had resident, libraries and
all. It fails if that is more than `ALLOWED_MIB`. `--write` updates docs/performance.md and its chart. Linux: it reads
`/proc`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from benchmarks.databases import OWNER, PASSWORD, library_make, server_seconds
from benchmarks.growth_chart import Panel, chart_svg
from benchmarks.measure import ROOT, memory_mib, write_between
from tests.live import own_environment

SIZES = (1_000, 10_000, 100_000)
#: What only reads is done so often, after a first time that does not count. The shortest counts: other load affects it
#: least.
RUNS = 5
ALLOWED_MIB = 150
REVIEWER = "reviewer@example.org"
DOCS_PAGE, CHART = ROOT / "docs/performance.md", "docs/images/operations.svg"
MARK = "operations: written by benchmarks/operations.py"
TITLE = "CPU time of the main operations by the size of the library"

#: Seconds of CPU time, seconds by the clock, peak MiB.
Cost = tuple[float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, nargs="*", default=SIZES)
    parser.add_argument("--write", action="store_true", help="update docs/performance.md and its chart")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make or options.measure:
        django.setup()
        print(json.dumps(make(options.make) if options.make else measure(options.measure)))
        return
    costs: dict[int, dict[str, Cost]] = {}
    for tracks in options.tracks:
        with tempfile.TemporaryDirectory() as folder, own_environment(Path(folder)) as environment:
            database = in_a_process(environment, "--make", str(tracks))
            costs[tracks] = {}
            for name in OPERATIONS:
                costs[tracks][name] = in_a_process(environment, "--measure", name)
                print(f"{tracks:,} tracks, {name}: {costs[tracks][name]}", file=sys.stderr, flush=True)
    text = table(costs, database)
    print(text)
    if options.write:
        milliseconds = {
            tracks: {name: 1000 * cost[0] for name, cost in found.items()} for tracks, found in costs.items()
        }
        panel = Panel(f"{database}, CPU time", milliseconds, low=10, high=1_000_000)
        (ROOT / CHART).write_text(chart_svg(TITLE, [panel], list(OPERATIONS)))
        picture = f"![{TITLE}]({CHART.removeprefix('docs/')})\n\n"
        write_between(DOCS_PAGE, MARK, picture + text)
    if any(cost[2] > ALLOWED_MIB for found in costs.values() for cost in found.values()):
        sys.exit(f"Some operations took more than {ALLOWED_MIB} MiB.")


def in_a_process(environment: dict[str, str], *arguments: str) -> Any:
    """Run this module with these arguments; returns what it prints."""
    command = [sys.executable, "-m", "benchmarks.operations", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def make(tracks: int) -> str:
    """Fill the database with a library, and a reviewer's account; returns the kind of database."""
    from django.core.management import call_command
    from django.db import connection

    from library import services
    from library.models import User

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    services.user_share(user=library_make(tracks), share=True)
    User.objects.create_superuser(REVIEWER, PASSWORD)
    return str(connection.display_name)


def measure(name: str) -> Cost:
    """What an operation costs, at the best of several times if it only reads."""
    from library.models import User

    work, runs = OPERATIONS[name]
    owner = User.objects.get(email=OWNER)
    if runs > 1:
        work(owner)
    cpu, clock, mib = zip(*(cost_of(lambda: work(owner)) for _ in range(runs)), strict=True)
    return min(cpu), min(clock), max(mib)


def page(address: str, *, reviewer: bool = False) -> Callable[[Any], None]:
    """Request a page as the owner or a reviewer, who signs in the first time, which does not count."""
    clients: list[Any] = []

    def request(owner: Any) -> None:
        from django.test import Client

        from library.models import User

        if not clients:
            clients.append(Client(headers={"Host": "127.0.0.1"}))
            clients[0].force_login(User.objects.get(email=REVIEWER) if reviewer else owner)
        assert clients[0].get(address).status_code == 200, address

    return request


def export(owner: Any) -> None:
    from library.exchange.export_writer import export_as_json

    for _ in export_as_json(owner):
        pass


def confirm_all(owner: Any) -> None:
    from library import services
    from library.models import Track

    services.bulk_action_request(person=owner, name="confirm", tracks=Track.objects.filter(owner=owner))


def undo(owner: Any) -> None:
    from library import services
    from library.models import BulkAction

    services.bulk_action_undo(action=BulkAction.objects.filter(person=owner).latest("created_at"))


def delete_account(owner: Any) -> None:
    from library import services
    from library.models import User

    services.user_delete(user=owner)
    while User.objects.filter(pk=owner.pk).exists():
        services.user_deletion_continue(user_id=owner.pk)


#: Each with how often it is measured, in an order in which each has something to do.
OPERATIONS: dict[str, tuple[Callable[[Any], None], int]] = {
    "list": (page("/"), RUNS),
    "facets": (page("/facets/"), RUNS),
    "overview": (page("/overview/"), RUNS),
    "agreement": (page("/admin/library/track/agreement/", reviewer=True), RUNS),
    "export": (export, 1),
    "confirm all": (confirm_all, 1),
    "undo that": (undo, 1),
    "delete the account": (delete_account, 1),
}


def cost_of(work: Callable[[], object]) -> Cost:
    """What one call costs."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak is measured anew
    cpu, clock = server_seconds(), time.perf_counter()
    work()
    return server_seconds() - cpu, time.perf_counter() - clock, memory_mib(os.getpid(), "VmHWM")


def table(costs: dict[int, dict[str, Cost]], database: str) -> str:
    """The results as Markdown."""
    lines = [
        f"| {database}: CPU, clock, memory | " + " | ".join(f"{tracks:,} tracks" for tracks in costs) + " |",
        "|---|" + "---|" * len(costs),
    ]
    for name in next(iter(costs.values())):
        cells = [
            f"{_text(cpu)}, {_text(clock)}, {mib:.0f} MiB"
            for cpu, clock, mib in (found[name] for found in costs.values())
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _text(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


if __name__ == "__main__":
    main()
