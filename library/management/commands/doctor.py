"""Find and repair what crashes, full disks and accidents leave behind: `manage.py doctor`."""

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services
from library.errors import DomainError


class Command(BaseCommand):
    help = (
        "Compare the database with the stored files: name originals that are no longer what was uploaded, delete files "
        "that belong to no track, mark tracks as failed whose upload is gone, analyse tracks again whose other files "
        "are missing, delete uploads that were left unfinished for a day, and queue stuck tracks again. Exits with 1 "
        "when originals are damaged or missing and stay so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="change nothing; exit with 1 if there are problems"
        )
        parser.add_argument(
            "--verify",
            action="store_true",
            help="read every original that was not read within a day, and compare it with its SHA-256; a run that "
            "was stopped goes on where it was",
        )
        parser.add_argument("--again", action="store_true", help="with --verify: read all originals")
        parser.add_argument(
            "--repair-from", type=Path, metavar="BACKUP", help="replace damaged originals from this backup"
        )

    def handle(
        self, *, dry_run: bool, verify: bool, again: bool, repair_from: Path | None, **options: Any
    ) -> None:
        found: Counter[tuple[str, str]] = Counter()
        damaged = 0
        try:
            for finding in services.library_repair(
                dry_run=dry_run, verify=verify or again, again=again, backup=repair_from
            ):
                self.stdout.write(f"{finding.kind:25}{finding.subject}")
                found[finding.kind, finding.remedy] += 1
                damaged += finding.is_damage
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
        if damaged:
            raise CommandError(f"Originals that are damaged or missing: {damaged}.", returncode=1)
