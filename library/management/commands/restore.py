"""Restore a backup made by `manage.py backup`: `manage.py restore FOLDER`. The site must not run meanwhile."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from library import services
from library.errors import DomainError


class Command(BaseCommand):
    help = "Replace an empty library by a backup, migrate it to this version, and check it with the doctor."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--force", action="store_true", help="replace a library that is not empty")

    def handle(self, *, folder: Path, force: bool, **options: Any) -> None:
        try:
            count = services.library_restore(folder=folder, force=force)
        except DomainError as error:
            raise CommandError(error.message) from error
        call_command("migrate", verbosity=0)
        services.restored_library_settle(folder=folder)
        services.bin_purge_fileless()  # a backup has the rows of tracks in the bin, but not their files
        self.stdout.write(f"The database and {count} files were restored.")
        call_command("doctor", stdout=self.stdout)
