"""A million tracks of a thousand users in PostgreSQL: the cost of each page, and the indexes that it uses.

`EARMARK_DATABASE_URL=postgres://… python -m benchmarks.growth --write` needs a superuser of a test server. It creates a
database of its own, of about 10 GB, and deletes it in the end. The pages of `benchmarks.library` are requested by an
owner of 1,000 tracks, in a database of 10⁴, 10⁵ and 10⁶ tracks, and then by owners of 10,000 and 100,000. It fails if,
among 10⁶, any query scans many more rows of a table than the owner has there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.databases import library_make, temporary_site
from benchmarks.growth_chart import Panel, chart_svg
from benchmarks.library import PAGES, QueryLog
from benchmarks.library_copies import OWNED_TABLES, library_copy, sizes, without_indexes
from benchmarks.measure import ROOT, write_between

#: Tracks of an ordinary user, and how many times as many the two large libraries have.
LIBRARY, LARGE = 1_000, (10, 100)
SIZES = (10_000, 100_000, 1_000_000)
RUNS = 5
#: A scan of more than `SCAN_FACTOR` times the owner's rows reads rows of others; less may be the same rows read
#: several times, such as by parallel processes. Tables of up to `SMALL_TABLE_ROWS` are rightly scanned as a whole. In
#: small databases all tables are small, so such scans are only reported among 10⁴ and 10⁵ tracks, but fail among 10⁶.
SCAN_FACTOR, SMALL_TABLE_ROWS = 4, 5_000
DOCS_PAGE, CHART = ROOT / "docs/performance.md", ROOT / "docs/images/growth.svg"
CHART_TITLE = "Server time of pages by the number of tracks of all users and of the owner"
MARK = "growth: written by benchmarks/growth.py"
#: Pages with a coloured line, in the order of the colours.
HIGHLIGHTED_PAGES = [
    "list",
    "search, two words",
    "six filters",
    "facets of a tag and a mood",
    "moods and map",
    "overview",
]


@dataclass
class PageCost:
    """The cost of a page, and the database's scans."""

    milliseconds: float
    queries: int
    indexes: set[str] = field(default_factory=set)
    #: Scans that read rows of other users.
    foreign_scans: list[str] = field(default_factory=list)


#: Costs by (tracks in the database, tracks of the owner) and page.
PageCosts = dict[tuple[int, int], dict[str, PageCost]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=SIZES[-1], help="size of the largest database")
    parser.add_argument("--plans", type=Path, help="append every query with its plan to this file")
    parser.add_argument("--write", action="store_true", help="update docs/performance.md and its chart")
    options = parser.parse_args()
    with temporary_site():
        costs, table_sizes = grow([size for size in SIZES if size <= options.tracks], options.plans)
    text = report(costs, table_sizes)
    print(text)
    if options.write:
        write_between(DOCS_PAGE, MARK, f"![{CHART_TITLE}](images/growth.svg)\n\n{text}")
        CHART.write_text(chart_svg(CHART_TITLE, panels(costs), HIGHLIGHTED_PAGES))
    if any(
        cost.foreign_scans
        for (total, _), pages in costs.items()
        if total == SIZES[-1]
        for cost in pages.values()
    ):
        sys.exit("Some queries scan rows of other users: see above.")


def grow(totals: list[int], plans: Path | None) -> tuple[PageCosts, list[tuple[str, int, int]]]:
    """Fill the database step by step, and measure every page at each step."""
    from django.db import connection

    from library.models import User

    first = library_make(LIBRARY, email="first@example.org")
    people, number = [first], 1
    large = [User.objects.create_user(f"large{times}@example.org") for times in LARGE]
    costs: PageCosts = {}
    for total in totals:
        began = time.perf_counter()
        more = [User(email=f"{n}@example.org", password="!") for n in range(len(people), total // LIBRARY)]
        more = User.objects.bulk_create(more)
        with without_indexes():
            number += library_copy(first, more, 1, number)
            if total == totals[-1]:
                for owner, again in zip(large, LARGE, strict=True):
                    number += library_copy(first, [owner], again, number)
        people += more
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{total:,} tracks, made in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        costs[total, LIBRARY] = cost(people[len(people) // 2], plans)
    for owner, again in zip(large, LARGE, strict=True):
        costs[totals[-1], again * LIBRARY] = cost(owner, plans)
    return costs, sizes()


def cost(owner: Any, plans: Path | None) -> dict[str, PageCost]:
    """Ask for each page as its owner."""
    from django.db import connection
    from django.test import Client

    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(owner)
    track, genre = owner.tracks.first(), owner.genres.first()
    ids = {"album": track.album_entry_id, "artist": track.album_entry.artist_id}
    with connection.cursor() as cursor:
        own = {}
        for table, whose in OWNED_TABLES.items():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {whose.format(owner='%s')}", [owner.pk])
            own[table] = cursor.fetchone()[0]
    pages = {}
    for name, page in PAGES.items():
        address, queries, taken = page.format(track=track.pk, genre=genre.pk, **ids), QueryLog(), []
        with connection.execute_wrapper(queries):
            answer = client.get(address)
        if answer.status_code == 404:  # a page of a list that has not so many
            continue
        assert answer.status_code == 200, address
        for _ in range(RUNS):
            start = time.perf_counter()
            client.get(address)
            taken.append(1000 * (time.perf_counter() - start))
        pages[name] = PageCost(median(taken), len(queries.queries))
        for sql, params in queries.queries:
            if sql.startswith("SELECT"):
                explain(pages[name], sql, params, own, plans)
    return pages


def explain(cost: PageCost, sql: str, params: Any, own: dict[str, int], plans: Path | None) -> None:
    """Add the indexes that a query uses, and its scans of other users' rows, to the page's cost."""
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
            cost.indexes.add(index)
        table = node.get("Relation Name")
        if table not in own:
            continue
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        # Looking up a row by its key several times still reads only that row.
        again = 1 if node["Node Type"].startswith("Index") else node["Actual Loops"]
        looked_at = (node["Actual Rows"] + removed) * again
        if looked_at > max(SCAN_FACTOR * own[table], SMALL_TABLE_ROWS):
            cost.foreign_scans.append(
                f"{node['Node Type']} of {table}: {looked_at:,.0f} rows, {own[table]:,} own"
            )


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def panels(costs: PageCosts) -> list[Panel]:
    """Times over the size of the database, and over that of the library."""
    total = max(total for total, _ in costs)
    others = {size: times(pages) for (size, own), pages in costs.items() if own == LIBRARY}
    mine = {own: times(pages) for (size, own), pages in costs.items() if size == total}
    return [
        Panel(f"A library of {LIBRARY:,} tracks, in a database of …", others),
        Panel(f"A library of …, in a database of {total:,} tracks", mine),
    ]


def times(pages: dict[str, PageCost]) -> dict[str, float]:
    return {name: cost.milliseconds for name, cost in pages.items()}


def report(costs: PageCosts, table_sizes: list[tuple[str, int, int]]) -> str:
    """Return the results as Markdown."""
    columns = list(costs)
    most = costs[columns[-1]]
    lines = [
        "| page | queries | " + " | ".join(f"{own:,} of {total:,}" for total, own in columns) + " |",
        "|---|---|" + "---|" * len(columns),
    ]
    for name in PAGES:
        asked = [costs[column].get(name) for column in columns]
        if any(asked):
            cells = [f"{cost.milliseconds:.0f} ms" if cost else "" for cost in asked]
            queries = max(cost.queries for cost in asked if cost)
            lines.append(f"| {name} | {queries} | " + " | ".join(cells) + " |")
    lines += ["", "| page | indexes used |", "|---|---|"]
    for name, found in most.items():
        lines.append(f"| {name} | {', '.join(f'`{index}`' for index in sorted(found.indexes))} |")
    tracks = columns[-1][0] + sum(LARGE) * LIBRARY
    lines += [
        "",
        f"| table ({tracks:,} tracks) | rows, bytes a track | indexes, bytes a track |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{table}` | {rows / tracks:,.0f} | {indexes / tracks:,.0f} |"
        for table, rows, indexes in table_sizes
    ]
    sums = [sum(column) / tracks for column in zip(*[row[1:] for row in table_sizes], strict=True)]
    lines += [f"| together | {sums[0]:,.0f} | {sums[1]:,.0f} |"]
    foreign_scans: dict[str, list[str]] = {}
    for (total, own), pages in costs.items():
        for name, found in pages.items():
            for scan in found.foreign_scans:
                foreign_scans.setdefault(f"{own:,} of {total:,}: {scan}", []).append(name)
    lines += ["", "Scans of other users' rows:", ""] if foreign_scans else [""]
    lines += [
        f"* {scan} (pages: {', '.join(dict.fromkeys(names))})" for scan, names in foreign_scans.items()
    ] or ["No query scans rows of other users."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
