"""Teaching and learning in a library of 50,000 tracks: suggestions, the next question, and accepting what was learned.

Uses a new database of its own, as `benchmarks.library` does. CPU time is that of this process and of its PostgreSQL
backend; the clock's is longer on a machine with other work. "After an answer": the threshold and the worth, which
follow from the answers, are computed anew.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from benchmarks.databases import library_make, server_seconds, temporary_site, title_of
from benchmarks.library import TRACKS
from benchmarks.measure import print_table

RUNS = 9
#: How many tracks the accepted versions change, of those without a verdict.
CHANGES = (5_000, 20_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    options = parser.parse_args()
    with temporary_site():
        owner = library_make(options.tracks)
        title = title_of(options.tracks)
        measure_pages(owner, title)
        for changes in CHANGES:
            if changes <= options.tracks:
                measure_accepting(owner, changes, title)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and clock milliseconds of one call."""
    cpu, clock = server_seconds(), time.perf_counter()
    work()
    return 1000 * (server_seconds() - cpu), 1000 * (time.perf_counter() - clock)


def measure_pages(owner: Any, title: str) -> None:
    """Request each page as its owner, and print the shortest of several times."""
    from django.test import Client

    from library.models import Genre
    from library.selectors import learning

    client = Client(headers={"Host": "127.0.0.1"})
    client.force_login(owner)
    genre = Genre.objects.get(owner=owner)
    pages = {
        "a taught genre": f"/labels/genres/{genre.pk}/",
        "what sounds like it": f"/labels/genres/{genre.pk}/like/",
        "one question about it": "/needs-you/question/",
    }
    rows = []
    for name, address in pages.items():
        assert client.get(address).status_code == 200, address
        for when in ("after an answer", "again"):
            times = []
            for _ in range(RUNS):
                if when == "after an answer":
                    learning._judge.cache_clear()
                times.append(timed(lambda address=address: client.get(address)))
            cpu, clock = (min(column) for column in zip(*times, strict=True))
            rows.append((f"{name}, {when}", f"{cpu:.0f} / {clock:.0f} ms"))
    print_table(f"Teaching, {title}: shortest CPU / clock time of {RUNS}", rows)


def measure_accepting(owner: Any, changes: int, title: str) -> None:
    """Accept a version that changes so many tracks, and go back from it; print how long that takes."""
    from library import services
    from library.models import LearnedModel
    from library.services.learned_models import learned_batch_apply

    version = candidate(owner, changes)
    proposed = version.rows.count()
    rows = []

    def apply_all(name: str, request: Callable[[], object]) -> None:
        rows.append((name, "{:.0f} / {:.0f} ms".format(*timed(request))))
        batches, more = [], True

        def one() -> None:
            nonlocal more
            more = learned_batch_apply(owner_id=owner.pk)

        while more:
            batches.append(timed(one))
        cpu, clock = zip(*batches, strict=True)
        rows.append(
            (f"  then {len(batches)} batches in the background", f"{sum(cpu):.0f} / {sum(clock):.0f} ms")
        )
        rows.append(("  the longest of them", f"{max(cpu):.0f} / {max(clock):.0f} ms"))

    apply_all("accepting all", lambda: services.learned_rows_accept(model=version, expected=proposed))
    apply_all("using none", lambda: services.learned_models_off(owner=owner))
    apply_all("going back to it", lambda: services.learned_model_activate(model=version))
    LearnedModel.objects.filter(owner=owner).delete()
    print_table(f"A version that changes {proposed:,} tracks, {title}: CPU / clock time", rows)


def candidate(owner: Any, changes: int) -> Any:
    """A version that waits for its owner, with a row for each of so many tracks without a verdict."""
    from itertools import batched

    from library.models import LearnedModel, LearnedRow

    version = LearnedModel.objects.create(owner=owner, number=1, status=LearnedModel.Status.CANDIDATE)
    tracks = owner.tracks.filter(owner_genre="").order_by("pk").values_list("pk", "genre")[:changes]
    for some in batched(tracks, 2_000):
        LearnedRow.objects.bulk_create(
            LearnedRow(
                model=version,
                track_id=pk,
                genre="jazz" if genre == "rock" else "rock",
                probability=0.9,
                before=genre,
                nearest=[str(pk)] * 3,
            )
            for pk, genre in some
        )
    return version


if __name__ == "__main__":
    main()
