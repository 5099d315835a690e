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
from earmark_client.text import printable, printable_path
from earmark_client.uploading import UploadSummary, upload


def main(arguments: list[str] | None = None) -> int:
    """Run a command; returns the exit status: 0 done, 1 some files failed, 2 nothing could be done.

    As in a shell, 130 means Ctrl-C, and 141 that the reader of the output is gone (`earmark export | head`).
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the terminal cannot show are printed as escapes.
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            return run_command(arguments)
        finally:
            print(end="", flush=True)
    except BrokenPipeError:
        # Or else the rest of the buffers would be written, and fail again, at exit.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        return 141


def run_command(arguments: list[str] | None) -> int:
    options = build_parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except LibraryError as error:
        print(printable(f"earmark: {error.message}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return status


def build_parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser("earmark", description="Your Earmark library, from the command line.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    login = commands.add_parser("login", help="store a site and a token for it")
    login.add_argument("url", help="the site's address, like https://music.example.org")
    login.add_argument("--token", help="the token (default: ask for it)")
    login.set_defaults(run=run_login)

    upload_parser = commands.add_parser("upload", help="upload files and folders")
    upload_parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    upload_parser.add_argument(
        "--jobs", type=int, default=4, choices=range(1, 17), metavar="N", help="how many files at a time (4)"
    )
    upload_parser.add_argument("--quiet", action="store_true", help="no progress bar")
    upload_parser.add_argument(
        "--wait", action="store_true", help="wait until all tracks have been analysed, and print their genres"
    )
    upload_parser.set_defaults(run=run_upload)

    status = commands.add_parser("status", help="show what is in the library, and the state of its analysis")
    status.set_defaults(run=run_status)

    export = commands.add_parser("export", help="print everything known about every track")
    export.add_argument(
        "--format",
        choices=["jsonl", "json", "csv"],
        default="jsonl",
        help="one track per line, one document that can be imported again, or a table",
    )
    export.set_defaults(run=run_export)
    return whole


def run_login(options: argparse.Namespace) -> int:
    token = options.token or getpass.getpass("Token: ")
    with Library(options.url, token) as library:
        account = library.account()
    path = config.save_login(options.url, token)
    print(f"Signed in as {account['email']}. The token is stored in {path}.")
    return 0


def run_upload(options: argparse.Namespace) -> int:
    if lost := [path for path in options.paths if not os.path.exists(path)]:
        raise LibraryError("no_file", f"There is no {printable_path(lost[0])}.")
    summary = UploadSummary()
    with config.open_library() as library:
        try:
            upload(library, options.paths, jobs=options.jobs, quiet=options.quiet, summary=summary)
        except KeyboardInterrupt:
            left = f"{len(summary.pending)} not sent yet. Run the same command to continue."
            print(f"\nStopped: {summary}, {left}", file=sys.stderr)
            print_problems(summary)
            return 130
        print(f"{summary}.")
        print_problems(summary)
        failures = print_results(library, summary.tracks) if options.wait else 0
    return 1 if summary.failed or summary.found.unreadable or failures else 0


def print_problems(summary: UploadSummary) -> None:
    """Print which files failed and why, and what was left out."""
    for path, reason in summary.failed.items():
        print(f"  {printable_path(path)}: {printable(reason)}", file=sys.stderr)
    if left_out := summary.found.left_out_lines():
        print(f"Left out: {'; '.join(left_out)}.", file=sys.stderr)


def print_results(library: Library, track_ids: list[str]) -> int:
    """Print each track's genre once it is analysed; returns how many tracks could not be analysed."""
    failed = 0
    for track_id in track_ids:
        while (track := library.track(track_id))["status"] in ("queued", "analysing"):
            time.sleep(1)
        failed += track["status"] == "failed"
        genre = track["genre"]
        result = (
            track["error"]["message"]
            if track["error"]
            else genre["label"] or f"not sure, perhaps {genre['top']}"
        )
        print(printable(f"{track['title']}: {result}"))
    return failed


def run_status(options: argparse.Namespace) -> int:
    """Print the state of the library; returns 1 when some tracks could not be analysed, else 0."""
    with config.open_library() as library:
        account, states = library.account(), library.overview()["states"]
        failed_tracks = list(library.tracks(status="failed", fields="original_name,error"))
    usage, limits = account["usage"], account["limits"]
    print(f"{account['email']}: {usage['tracks']} tracks, {usage['seconds'] / 3600:.1f} hours")
    print(f"{usage['bytes'] / 2**30:.1f} of {limits['quota_bytes'] / 2**30:.0f} GB used")
    for state, count in sorted(states.items()):
        print(f"  {state}: {count}")
    print(f"  need your verdict: {usage['needs_you']}")
    if failed_tracks:
        print(f"{len(failed_tracks)} could not be analysed:", file=sys.stderr)
    for track in failed_tracks:
        print(printable(f"  {track['original_name']}: {track['error']['message']}"), file=sys.stderr)
    return 1 if failed_tracks else 0


def run_export(options: argparse.Namespace) -> int:
    with config.open_library() as library:
        parts: Iterator[str]
        if options.format == "jsonl":
            parts = (json.dumps(track, ensure_ascii=False) + "\n" for track in library.tracks())
        else:
            parts = library.export(options.format)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # An export is often read elsewhere, and JSON is UTF-8, whatever the terminal's encoding.
            sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
        sys.stdout.writelines(parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
