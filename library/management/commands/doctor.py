"""Find and mend what a crash, a full disk or a careless hand has left: `manage.py doctor [--dry-run]`."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services
from library.errors import DomainError


class Command(BaseCommand):
    help = (
        "Compare rows and files: delete files that belong to no track, fail tracks whose upload is gone, have "
        "missing pictures made again, clear away unfinished uploads of yesterday, free stuck tracks."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; exit with 1 when something is amiss"
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        found: Counter[tuple[str, str]] = Counter()
        try:
            for kind, what, remedy in services.library_repair(dry_run=dry_run):
                self.stdout.write(f"{kind:25}{what}")
                found[kind, remedy] += 1
        except DomainError as error:
            raise CommandError(error.message) from error
        if not found:
            self.stdout.write("Everything is in its place.")
            return
        self.stdout.write(
            f"\n{'what':25}{'how many':>8}  {'mended by' if not dry_run else 'to be mended by'}"
        )
        for (kind, remedy), count in sorted(found.items()):
            self.stdout.write(f"{kind:25}{count:8}  {remedy}")
        if dry_run:
            raise CommandError("Nothing was changed. Without --dry-run, it is mended.", returncode=1)
