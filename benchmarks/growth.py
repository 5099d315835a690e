"""A million tracks of a thousand people in PostgreSQL: what each page costs one of them, and which indexes serve it.

`EARMARK_DATABASE_URL=postgres://… python -m benchmarks.growth --write` needs a superuser of a server to try things
on: it makes a database of its own, of about 10 GB, and deletes it in the end. The pages of `benchmarks.library` are
asked for by somebody with 1,000 tracks, among 10⁴, 10⁵ and 10⁶ of others; then by owners of 10,000 and 100,000. It
fails if, among 10⁶, any query looks at many more rows of a table than its owner has there.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import django
from django.core.management import call_command

from benchmarks.growth_chart import picture
from benchmarks.library import PAGES, Queries, database, fill
from benchmarks.library_copies import OWN, copy, sizes, without_indexes
from benchmarks.measure import ROOT

#: What one of the many has, and how many times as much the two large ones have.
LIBRARY, LARGE = 1_000, (10, 100)
SIZES = (10_000, 100_000, 1_000_000)
RUNS = 5
#: A scan may look at rows several times, as for each of the processes that share a query. A table as small as this
#: is rightly read as a whole. Beyond that, it looks at rows of others. While a database is small, so are tables that
#: will not be: what is read whole among 10⁴ and 10⁵ tracks is told, what is among 10⁶ is an error.
AGAIN, SMALL = 4, 5_000
PAGE, PICTURE = ROOT / "docs/performance.md", ROOT / "docs/images/growth.svg"
SHOWN = "![Server time, as the tracks of others and one's own become more](images/growth.svg)\n\n"
BEGIN, END = "<!-- growth: written by benchmarks/growth.py -->\n", "<!-- growth: to here -->\n"


@dataclass
class Visit:
    """What a page cost, and how the database went about it."""

    milliseconds: float
    queries: int
    indexes: set[str] = field(default_factory=set)
    #: Scans that looked at more rows than their owner has.
    astray: list[str] = field(default_factory=list)


#: By (tracks of all, tracks of the visitor) and page.
Visits = dict[tuple[int, int], dict[str, Visit]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SIZES[-1], help="stop at so many")
    parser.add_argument("--plans", type=Path, help="write every query with its plan into this file")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md and its picture")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EARMARK_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        django.setup()
        call_command("collectstatic", interactive=False, verbosity=0)
        with database(folder):
            visits, room = grow([size for size in SIZES if size <= options.tracks], options.plans)
    text = report(visits, room)
    print(text)
    if options.write:
        before, rest = PAGE.read_text().split(BEGIN)
        PAGE.write_text(before + BEGIN + SHOWN + text + END + rest.split(END)[1])
        PICTURE.write_text(picture({key: times(pages) for key, pages in visits.items()}, LIBRARY))
    if any(
        visit.astray for (total, _), pages in visits.items() if total == SIZES[-1] for visit in pages.values()
    ):
        sys.exit("Some queries look at more than their owner's rows: see above.")


def grow(totals: list[int], plans: Path | None) -> tuple[Visits, list[tuple[str, int, int]]]:
    """Fill the database step by step, and visit every page at each."""
    from django.db import connection

    from library.models import User

    first = User.objects.create_user("first@example.org", "a quiet listening room")
    fill(first, LIBRARY)
    people, number = [first], 1
    large = [User.objects.create_user(f"large{times}@example.org") for times in LARGE]
    visits: Visits = {}
    for total in totals:
        began = time.perf_counter()
        more = [User(email=f"{n}@example.org", password="!") for n in range(len(people), total // LIBRARY)]
        more = User.objects.bulk_create(more)
        with without_indexes():
            number += copy(first, more, 1, number)
            if total == totals[-1]:
                for owner, again in zip(large, LARGE, strict=True):
                    number += copy(first, [owner], again, number)
        people += more
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{total:,} tracks, made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        visits[total, LIBRARY] = visit(people[len(people) // 2], plans)
    for owner, again in zip(large, LARGE, strict=True):
        visits[totals[-1], again * LIBRARY] = visit(owner, plans)
    return visits, sizes()


def visit(owner: Any, plans: Path | None) -> dict[str, Visit]:
    """Ask for each page as its owner."""
    from django.db import connection
    from django.test import Client

    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(owner)
    track = owner.tracks.first()
    with connection.cursor() as cursor:
        own = {}
        for table, whose in OWN.items():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {whose.format(owner='%s')}", [owner.pk])
            own[table] = cursor.fetchone()[0]
    pages = {}
    for name, page in PAGES.items():
        address, queries, taken = page.format(track=track.pk), Queries(), []
        with connection.execute_wrapper(queries):
            answer = client.get(address)
        if answer.status_code == 404:  # a page of a list that has not so many
            continue
        assert answer.status_code == 200, address
        for _ in range(RUNS):
            start = time.perf_counter()
            client.get(address)
            taken.append(1000 * (time.perf_counter() - start))
        pages[name] = Visit(median(taken), len(queries.seen))
        for sql, params in queries.seen:
            if sql.startswith("SELECT"):
                explain(pages[name], sql, params, own, plans)
    return pages


def explain(visit: Visit, sql: str, params: Any, own: dict[str, int], plans: Path | None) -> None:
    """Note which indexes serve a query, and scans that look at more rows than are the owner's."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0][0]
        if plans:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", params)
            with plans.open("a") as file:
                file.write(f"{sql}\n" + "".join(f"    {line}\n" for (line,) in cursor.fetchall()) + "\n")
    for node in nodes(plan["Plan"]):
        if index := node.get("Index Name"):
            visit.indexes.add(index)
        table = node.get("Relation Name")
        if table not in own:
            continue
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        # Looking up a row by its key again and again is no more than that row.
        again = 1 if node["Node Type"].startswith("Index") else node["Actual Loops"]
        looked_at = (node["Actual Rows"] + removed) * again
        if looked_at > max(AGAIN * own[table], SMALL):
            visit.astray.append(f"{node['Node Type']} of {table}: {looked_at:,.0f} rows, {own[table]:,} own")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def times(pages: dict[str, Visit]) -> dict[str, float]:
    return {name: visit.milliseconds for name, visit in pages.items()}


def report(visits: Visits, room: list[tuple[str, int, int]]) -> str:
    """What was found, as Markdown."""
    columns = list(visits)
    most = visits[columns[-1]]
    lines = [
        "| page | queries | " + " | ".join(f"{own:,} of {total:,}" for total, own in columns) + " |",
        "|---|---|" + "---|" * len(columns),
    ]
    for name in PAGES:
        asked = [visits[column].get(name) for column in columns]
        if any(asked):
            cells = [f"{visit.milliseconds:.0f} ms" if visit else "" for visit in asked]
            queries = max(visit.queries for visit in asked if visit)
            lines.append(f"| {name} | {queries} | " + " | ".join(cells) + " |")
    lines += ["", "| page | indexes that serve it |", "|---|---|"]
    for name, found in most.items():
        lines.append(f"| {name} | {', '.join(f'`{index}`' for index in sorted(found.indexes))} |")
    tracks = columns[-1][0] + sum(LARGE) * LIBRARY
    lines += [
        "",
        f"| table ({tracks:,} tracks) | rows, bytes a track | indexes, bytes a track |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{table}` | {rows / tracks:,.0f} | {indexes / tracks:,.0f} |" for table, rows, indexes in room
    ]
    total = [sum(part) / tracks for part in zip(*[part[1:] for part in room], strict=True)]
    lines += [f"| together | {total[0]:,.0f} | {total[1]:,.0f} |"]
    astray: dict[str, list[str]] = {}
    for (total, own), pages in visits.items():
        for name, found in pages.items():
            for scan in found.astray:
                astray.setdefault(f"{own:,} of {total:,}: {scan}", []).append(name)
    lines += ["", "Scans that look at more than their owner's rows:", ""] if astray else [""]
    lines += [f"* {scan} (pages: {', '.join(dict.fromkeys(names))})" for scan, names in astray.items()] or [
        "No query looks at the rows of others: every scan stays within what its owner has there."
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
