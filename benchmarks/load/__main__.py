"""Load test: fifty users browse, ten upload and five programs use the API, for ten minutes.

`make load` runs it on a PostgreSQL of its own, `python -m benchmarks.load` on SQLite. It starts gunicorn and two
workers, and needs no network. Users and site share the machine's cores, so the times are those of a busy machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from statistics import quantiles
from typing import Any

from benchmarks.load import people
from benchmarks.load.people import Person, ResponseLog
from benchmarks.measure import descendants, memory_mib, print_table
from tests.live import Site, running_site

BROWSING, UPLOADING, PROGRAMS = 50, 10, 5
ACCOUNTS, TRACKS = 5, 1_000
#: The share of the test after which all users have signed in.
RAMP_UP_SHARE = 0.3
SEED_SCRIPT = """
from benchmarks.filling import library_fill
from benchmarks.lived_in import library_live_in
from library import services
from library.models import User
for number in range({accounts}):
    owner = services.user_add(email=f"listener{{number}}@example.org", password={password!r})
    library_fill(owner, {tracks}, seed=number)
    library_live_in(owner, seed=number)
for number in range({uploading}):
    services.user_add(email=f"uploader{{number}}@example.org", password={password!r})
"""
QUEUE_TIMES_SCRIPT = """
import json
from django_tasks_db.models import DBTaskResult
from library.models import Track
done = DBTaskResult.objects.filter(task_path__endswith="analyse_track", started_at__isnull=False)
print(json.dumps({
    "waited": [(a - b).total_seconds() for a, b in done.values_list("started_at", "enqueued_at")],
    "unfinished": Track.objects.exclude(status="ready").count(),
}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=240, help="length of the song that is uploaded")
    options = parser.parse_args()
    if sys.platform != "linux":
        sys.exit("The load test reads /proc and needs Linux.")
    with tempfile.TemporaryDirectory() as folder:
        song = people.make_song(Path(folder), options.seconds)
        with running_site(Path(folder, "site"), workers=2, web_processes=2) as site:
            ok = run(site, song, 60 * options.minutes)
    sys.exit(0 if ok else 1)


def run(site: Site, song: bytes, seconds: float) -> bool:
    """Run the test for so many seconds. Returns True if no request failed and every upload was analysed."""
    seed = SEED_SCRIPT.format(accounts=ACCOUNTS, tracks=TRACKS, uploading=UPLOADING, password=people.PASSWORD)
    site.manage("shell", "--no-imports", "-c", seed)
    keys = [site.token(f"listener{number}@example.org") for number in range(ACCOUNTS)]
    answers, before = ResponseLog(), ResponseLog()
    songs = [_first_song(Person(site.url, before, 0, 0), key, song) for key in keys]
    ends = time.monotonic() + seconds
    numbers = itertools.count(1)
    person = (Person(site.url, answers, ends, number) for number in itertools.count())
    threads = [
        people.start(
            people.browse, next(person), f"listener{n % ACCOUNTS}@example.org", [songs[n % ACCOUNTS]]
        )
        for n in range(BROWSING)
    ]
    threads += [
        people.start(people.upload_files, next(person), f"uploader{n}@example.org", song, numbers)
        for n in range(UPLOADING)
    ]
    threads += [people.start(people.use_api, next(person), keys[n % ACCOUNTS]) for n in range(PROGRAMS)]
    threading.Event().wait(RAMP_UP_SHARE * seconds)
    memory = [_memory()]
    for thread in threads:
        thread.join()
    memory.append(_memory())
    queue = _queue_times(site)
    report(answers, memory, queue, seconds)
    return not answers.errors and not before.errors and not queue["unfinished"]


def _first_song(person: Person, key: str, song: bytes) -> str:
    person.client.headers["Authorization"] = f"Bearer {key}"
    answer = person.request(
        "upload", "POST", "/api/v1/tracks/", files={"file": ("song.mp3", song, "audio/mpeg")}
    )
    assert answer is not None, person.answers.errors
    return str(answer.json()["id"])


def _queue_times(site: Site) -> dict[str, Any]:
    """Wait for the queue to empty, for some minutes at most, and return how long each upload waited in it."""
    for _ in range(60):
        found: dict[str, Any] = json.loads(site.manage("shell", "--no-imports", "-c", QUEUE_TIMES_SCRIPT))
        if not found["unfinished"]:
            break
        threading.Event().wait(5)
    return found


def _memory() -> dict[str, float]:
    """Return the resident MiB of the site's processes by kind."""
    total: dict[str, float] = defaultdict(float)
    for pid in descendants():
        try:
            command, resident = Path(f"/proc/{pid}/cmdline").read_text(), memory_mib(pid)
        except (OSError, AssertionError):
            continue
        kind = next(
            (name for name in ("gunicorn", "worker", "classifier.analysis_child") if name in command), ""
        )
        total[kind] += resident
    return total


def report(
    answers: ResponseLog, memory: list[dict[str, float]], queue: dict[str, Any], seconds: float
) -> None:
    kinds: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    for kind, status, milliseconds in answers.responses:
        kinds[kind].append(milliseconds)
        failed[kind] += not 200 <= status < 400
    everything = [milliseconds for times in kinds.values() for milliseconds in times]
    rows = [(f"{kind} ({len(times):,})", percentiles(times, "ms")) for kind, times in sorted(kinds.items())]
    print_table(
        f"{len(everything):,} requests in {seconds:.0f} s, {sum(failed.values())} failed: p50 / p95 / p99",
        [*rows, ("all", percentiles(everything, "ms"))],
    )
    print_table(
        f"{len(queue['waited'])} uploads, {queue['unfinished']} not analysed: p50 / p95 / p99",
        [
            ("time in the queue", percentiles(queue["waited"], "s")),
        ],
    )
    print_table(
        "Resident memory of all processes, after ramp-up → in the end",
        [
            (name, f"{memory[0][kind]:.0f} → {memory[1][kind]:.0f} MiB")
            for kind, name in (
                ("gunicorn", "web (1 + 2)"),
                ("worker", "workers (2)"),
                ("classifier.analysis_child", "analysis (2)"),
            )
        ],
    )
    for error in answers.errors[:20]:
        print(error)


def percentiles(values: list[float], unit: str) -> str:
    if len(values) < 2:
        return "–"
    cuts = quantiles(values, n=100, method="inclusive")
    digits = 0 if unit == "ms" else 1
    return " / ".join(f"{cuts[number - 1]:,.{digits}f}" for number in (50, 95, 99)) + f" {unit}"


if __name__ == "__main__":
    main()
