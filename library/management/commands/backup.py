"""Back up everything into a folder: `manage.py backup FOLDER`. The site may run meanwhile."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services


class Command(BaseCommand):
    help = "Copy the database and every stored file into a folder. Running it again copies only new files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        count, missing = services.library_backup(folder=folder)
        self.stdout.write(f"The database and {count} files are in {folder}.")
        for name in missing:
            self.stderr.write(f"missing from storage: {name}")
        if missing:
            raise CommandError(f"{len(missing)} files are missing from storage: run `manage.py doctor`.")
