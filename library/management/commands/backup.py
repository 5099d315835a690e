"""Back up everything into a folder: `manage.py backup FOLDER`. The site may run meanwhile."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services


class Command(BaseCommand):
    help = (
        "Copy the database and every stored file into a folder, and compare the originals with what was uploaded. "
        "Running it again copies only new files. Exits with 1 when files are missing or damaged, and names them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        report = services.library_backup(folder=folder)
        self.stdout.write(
            f"The database and {report.files} files are in {folder}; {report.copied} of them were copied now."
        )
        for name in report.missing:
            self.stderr.write(f"missing from storage: {name}")
        for name in report.damaged:
            self.stderr.write(f"no longer what was uploaded: {name}")
        if report.missing or report.damaged:
            raise CommandError(
                f"Files that are missing from storage: {len(report.missing)}; originals that are damaged: "
                f"{len(report.damaged)}. Run `manage.py doctor`.",
                returncode=1,
            )
