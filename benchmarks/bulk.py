"""Bulk actions on a whole library, while a second person writes: how long they take, and how long that person waits.

Uses a new database of its own: SQLite, or PostgreSQL when EARMARK_DATABASE_URL names one whose role may create
databases. The second person gives a verdict every 50 ms, in a process of their own. It fails if an action takes longer
than `ALLOWED` seconds for 50,000 tracks, or if a write waits for longer than a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django

from benchmarks.databases import library_make, temporary_site
from benchmarks.filling import library_fill
from benchmarks.measure import ROOT, memory_mib, print_table

TRACKS = 50_000
#: Seconds for an action on `TRACKS` tracks, and for a write of the second person's.
ALLOWED, ALLOWED_WAIT = 60, 1.0
PAUSE = 0.05
SECOND_PERSON = "second@example.org"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--only", nargs="*", help="names of actions")
    parser.add_argument("--write-until-end-of-input", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write_until_end_of_input:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        second_person_write()
        return
    with temporary_site(static=False):
        measure(options.tracks, options.only)


def measure(count: int, only: list[str] | None) -> None:
    from django.db import connection

    from library.models import User

    owner = library_make(count, taught=False)
    library_fill(User.objects.create_user(SECOND_PERSON), 200, seed=6)
    rows, too_slow = [], False
    for name, work in actions(owner).items():
        if only and name not in only:
            continue
        waits: list[float] = []
        with second_person(waits):
            cpu, clock = time.process_time(), time.perf_counter()
            work()
            cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        worst = max(waits, default=0.0)
        too_slow |= clock > ALLOWED * max(count / TRACKS, 0.1) or worst > ALLOWED_WAIT
        rows.append((name, f"{clock:.1f} s, {cpu:.1f} s CPU, {worst:.2f} s of {len(waits)}"))
        print(*rows[-1], sep=": ", file=sys.stderr, flush=True)
    print_table(
        f"{connection.display_name}, {count:,} tracks: clock, CPU, the longest of the others' writes", rows
    )
    print(f"\nload {os.getloadavg()[0]:.1f}, peak of this process {memory_mib(os.getpid(), 'VmHWM'):.0f} MiB")
    if too_slow:
        sys.exit(1)


def actions(owner: Any) -> dict[str, Callable[[], None]]:
    """Each of them with its undo, in an order in which each has something to do."""
    from library import services
    from library.models import BulkAction, Genre, Playlist, Tag, Track, User

    to_undo: list[BulkAction] = []

    def run(name: str, value: str = "") -> Callable[[], None]:
        def work() -> None:
            tracks = Track.objects.filter(owner=owner)
            action = services.bulk_action_request(person=owner, name=name, value=value, tracks=tracks)
            to_undo.append(action)

        return work

    def undo() -> None:
        services.bulk_action_undo(action=to_undo.pop())

    def tag(name: str) -> Tag:
        return services.tag_add(owner=owner, name=name)

    def genre() -> Genre:
        return Genre.objects.get(owner=owner, name__in=("Dub techno", "Dub"))

    def set_own_genre() -> None:
        run("genre", services.own_genre_add(owner=owner, name="Dub techno").key)()

    def add_to_playlist() -> None:
        run("playlist", str(Playlist.objects.create(owner=owner, name="Everything").pk))()

    def delete_playlist() -> None:
        playlist = Playlist.objects.get(owner=owner, name="Everything")
        to_undo.append(services.playlist_delete(playlist=playlist))

    def delete_account() -> None:
        services.user_delete(user=owner)
        while User.objects.filter(pk=owner.pk).exists():
            services.user_deletion_continue(user_id=owner.pk)

    return {
        "confirm all": run("confirm"),
        "undo confirming": undo,
        "set a genre": run("genre", "jazz"),
        "undo setting": undo,
        "set an own genre": set_own_genre,
        "rename that genre": lambda: services.own_genre_rename(genre=genre(), name="Dub"),
        "merge that genre": lambda: to_undo.append(services.own_genre_delete(genre=genre(), into="jazz")),
        "undo merging that genre": undo,
        "undo setting that genre": undo,
        "tag": run("tag", "everything"),
        "rename that tag": lambda: services.tag_change(tag=tag("everything"), name="all"),
        "delete that tag": lambda: to_undo.append(services.tag_delete(tag=tag("all"))),
        "undo deleting that tag": undo,
        "merge that tag": lambda: to_undo.append(services.tag_merge(tag=tag("all"), into=tag("whole"))),
        "undo merging that tag": undo,
        "undo tagging": undo,
        "add to a playlist": add_to_playlist,
        "delete that playlist": delete_playlist,
        "undo deleting that playlist": undo,
        "undo adding": undo,
        "move to the bin": run("delete"),
        "undo moving": undo,
        "analyse again": run("analyse"),
        "delete the account": delete_account,
    }


@contextmanager
def second_person(waits: list[float]) -> Iterator[None]:
    """Have the second person write meanwhile; their waits in seconds are added to the list."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = os.environ["EARMARK_DATABASE_URL"].rpartition("/")[0] + f"/{name}"
    command = [sys.executable, "-m", "benchmarks.bulk", "--write-until-end-of-input"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"EARMARK_DATABASE_URL": url},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()  # it is ready
    try:
        yield
    finally:
        process.stdin.close()
        waits += json.loads(process.stdout.read())
        process.wait()


def second_person_write() -> None:
    """Give verdicts on tracks until the input ends; then print how long each took."""
    import threading

    from library import services
    from library.models import Track, User

    person = User.objects.get(email=SECOND_PERSON)
    tracks = list(Track.objects.filter(owner=person))
    services.genre_set(track=tracks[0], person=person, genre="jazz")
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    print("ready", flush=True)
    waits = []
    while not ended.wait(PAUSE):
        began = time.perf_counter()
        track = tracks[len(waits) % len(tracks)]
        services.genre_set(track=track, person=person, genre=("jazz", "blues")[len(waits) // len(tracks) % 2])
        waits.append(time.perf_counter() - began)
    print(json.dumps(waits))


if __name__ == "__main__":
    main()
