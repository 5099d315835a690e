"""`earmark login | upload | status | export`."""

from __future__ import annotations

import argparse
import getpass
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from earmark_client import config
from earmark_client.errors import LibraryError
from earmark_client.library import Library
from earmark_client.names import printable, shown
from earmark_client.uploading import Summary, upload


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 some files failed, 2 nothing could be done.

    130 means Ctrl-C, and 141 that nobody reads any more what is printed (`earmark export | head`), as in a shell.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that has not all letters gets them in ASCII.
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return run(arguments)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:
        # What is left in the buffers would be written, and fail, once more at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        return 141


def run(arguments: list[str] | None) -> int:
    given = parser().parse_args(arguments)
    try:
        status: int = given.run(given)
    except LibraryError as error:
        print(printable(f"earmark: {error.message}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return status


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser("earmark", description="Your Earmark library, from the command line.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    login = commands.add_parser("login", help="remember a site and a token for it")
    login.add_argument("url", help="the site's address, like https://music.example.org")
    login.add_argument("--token", help="the token; without it, you are asked for it")
    login.set_defaults(run=run_login)

    sending = commands.add_parser("upload", help="put files and folders into the library")
    sending.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    sending.add_argument(
        "--jobs", type=int, default=4, choices=range(1, 17), metavar="N", help="how many at a time (4)"
    )
    sending.add_argument("--quiet", action="store_true", help="no progress bar")
    sending.add_argument("--wait", action="store_true", help="until everything has been heard; then say what")
    sending.set_defaults(run=run_upload)

    status = commands.add_parser("status", help="what is in the library, and how far it has been heard")
    status.set_defaults(run=run_status)

    export = commands.add_parser("export", help="write what is known about every track to standard output")
    export.add_argument(
        "--format",
        choices=["jsonl", "json", "csv"],
        default="jsonl",
        help="a track per line, all that is known as one document that can be imported again, or a table",
    )
    export.set_defaults(run=run_export)
    return whole


def run_login(given: argparse.Namespace) -> int:
    token = given.token or getpass.getpass("Token: ")
    with Library(given.url, token) as library:
        account = library.account()
    path = config.save(given.url, token)
    print(f"Signed in as {account['email']}. The token is kept in {path}.")
    return 0


def run_upload(given: argparse.Namespace) -> int:
    if lost := [path for path in given.paths if not os.path.exists(path)]:
        raise LibraryError("no_file", f"There is no {shown(lost[0])}.")
    summary = Summary()
    with config.open_library() as library:
        try:
            upload(library, given.paths, jobs=given.jobs, quiet=given.quiet, summary=summary)
        except KeyboardInterrupt:
            left = f"{len(summary.waiting)} not sent yet. The same command goes on from there."
            print(f"\nStopped: {summary}, {left}", file=sys.stderr)
            print_problems(summary)
            return 130
        print(f"{summary}.")
        print_problems(summary)
        unheard = wait_for(library, summary.tracks) if given.wait else 0
    return 1 if summary.failed or summary.found.unreadable or unheard else 0


def print_problems(summary: Summary) -> None:
    """Say which files failed and why, and what was left out."""
    for path, reason in summary.failed.items():
        print(f"  {shown(path)}: {printable(reason)}", file=sys.stderr)
    if left_out := summary.found.left_out():
        print(f"Left out: {'; '.join(left_out)}.", file=sys.stderr)


def wait_for(library: Library, track_ids: list[str]) -> int:
    """Tell what was heard, track by track, as it becomes known; returns how many could not be analysed."""
    failed = 0
    for track_id in track_ids:
        while (track := library.track(track_id))["status"] in ("queued", "analysing"):
            time.sleep(1)
        failed += track["status"] == "failed"
        genre = track["genre"]
        heard = (
            track["error"]["message"]
            if track["error"]
            else genre["label"] or f"not sure, perhaps {genre['top']}"
        )
        print(printable(f"{track['title']}: {heard}"))
    return failed


def run_status(given: argparse.Namespace) -> int:
    """Tell how the library stands; 1 when some of it could not be heard."""
    with config.open_library() as library:
        account, states = library.account(), library.overview()["states"]
        unheard = list(library.tracks(status="failed", fields="original_name,error"))
    usage, limits = account["usage"], account["limits"]
    print(f"{account['email']}: {usage['tracks']} tracks, {usage['seconds'] / 3600:.1f} hours")
    print(f"{usage['bytes'] / 2**30:.1f} of {limits['quota_bytes'] / 2**30:.0f} GB used")
    for state, count in sorted(states.items()):
        print(f"  {state}: {count}")
    print(f"  waiting for your word: {usage['needs_you']}")
    if unheard:
        print(f"{len(unheard)} could not be heard:", file=sys.stderr)
    for track in unheard:
        print(printable(f"  {track['original_name']}: {track['error']['message']}"), file=sys.stderr)
    return 1 if unheard else 0


def run_export(given: argparse.Namespace) -> int:
    with config.open_library() as library:
        parts: Iterator[str]
        if given.format == "jsonl":
            parts = (json.dumps(track, ensure_ascii=False) + "\n" for track in library.tracks())
        else:
            parts = library.export(given.format)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # What is kept in a file is read elsewhere: JSON is UTF-8, whatever this terminal speaks.
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        sys.stdout.writelines(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
