"""What `make run` says before the site starts: where it is and how to get in."""

from typing import Any

from django.core.management.base import BaseCommand

from library.models import User


class Command(BaseCommand):
    help = "Say where the site is and how to sign in."

    def handle(self, **options: Any) -> None:
        self.stdout.write("\n  Earmark is at http://127.0.0.1:8000  (Ctrl-C stops it)")
        if not User.objects.exists():
            self.stdout.write("  Nobody has an account yet: sign up at http://127.0.0.1:8000/account/signup/")
        if not User.objects.filter(is_staff=True).exists():
            self.stdout.write("  For the admin, make a staff account: make admin")
        self.stdout.write("")
