"""Find and repair what crashes, full disks and accidents leave behind: `manage.py doctor [--dry-run]`."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services
from library.errors import DomainError


class Command(BaseCommand):
    help = (
        "Compare the database with the stored files: delete files that belong to no track, mark tracks as failed "
        "whose upload is gone, analyse tracks again whose other files are missing, delete uploads that were left "
        "unfinished for a day, and queue stuck tracks again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; exit with 1 if there are problems"
        )

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        found: Counter[tuple[str, str]] = Counter()
        try:
            for kind, subject, remedy in services.library_repair(dry_run=dry_run):
                self.stdout.write(f"{kind:25}{subject}")
                found[kind, remedy] += 1
        except DomainError as error:
            raise CommandError(error.message) from error
        if not found:
            self.stdout.write("No problems found.")
            return
        self.stdout.write(
            f"\n{'problem':25}{'count':>8}  {'repaired by' if not dry_run else 'to be repaired by'}"
        )
        for (kind, remedy), count in sorted(found.items()):
            self.stdout.write(f"{kind:25}{count:8}  {remedy}")
        if dry_run:
            raise CommandError("Nothing was changed. Run it without --dry-run to repair this.", returncode=1)
