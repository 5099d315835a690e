"""Everything `make run` does before the site starts, in one process for a quick start."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.urls import reverse

from library import services
from library.errors import DomainError
from library.models import User


class Command(BaseCommand):
    #: The checks ask the database, and come after the look at its folder.
    requires_system_checks = ()
    help = "Migrate the database, collect static files, and print the site's address and how to sign in."

    def handle(self, **options: Any) -> None:
        site = f"http://{settings.EARMARK_BIND}"
        try:
            services.data_folder_check()
            self.check()
            call_command("migrate", verbosity=0)
            services.storage_check()
            services.reserve_keep()
        except DomainError as error:
            raise CommandError(error.message) from error
        except OperationalError as error:
            raise CommandError(f"The database cannot be used: {error}".strip()) from error
        call_command("collectstatic", interactive=False, verbosity=0)
        self.stdout.write(f"\n  Earmark is at {site}  (Ctrl-C stops it)")
        if not User.objects.exists():
            self.stdout.write(f"  Nobody has an account yet: sign up at {site}{reverse('signup')}")
        if not User.objects.filter(is_staff=True).exists():
            self.stdout.write("  For the admin, make a staff account: make admin")
        self.stdout.write("")
