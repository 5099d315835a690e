"""Let another base model listen to libraries: `manage.py reanalyse --model NAME [--owner EMAIL] [--limit N]`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from library import services
from library.errors import DomainError
from library.models import User

#: Uploads and people come first.
LOWEST_PRIORITY = 19


class Command(BaseCommand):
    help = (
        "Let another installed model listen to every track. What it predicts does not count: each owner sees what "
        "would change, on a page of the site, and puts the model to use or does not. Run again, it goes on where it "
        "was stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", required=True, metavar="NAME", help="a model in the models folder")
        parser.add_argument(
            "--owner", metavar="EMAIL", help="only this person's library; default: everybody's"
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="stop after so many tracks of each library"
        )

    def run_from_argv(self, argv: list[str]) -> None:
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
        super().run_from_argv(argv)

    def handle(self, *, model: str, owner: str | None, limit: int | None, **options: Any) -> None:
        owners = User.objects.filter(deletion_progress_at=None).order_by("pk")
        if owner is not None:
            owners = owners.filter(email__iexact=owner)
            if not owners.exists():
                raise CommandError(f"Nobody has an account with {owner}.")
        for person in owners:
            try:
                self.reanalyse(person, model, limit)
            except DomainError as error:
                raise CommandError(error.message) from error

    def reanalyse(self, owner: User, model: str, limit: int | None) -> None:
        def bar(ids: list[UUID]) -> Iterable[UUID]:
            shown: Iterable[UUID] = tqdm(ids, owner.email, unit="track", disable=None)
            return shown

        done = services.library_reanalyse(owner=owner, model=model, limit=limit, progress=bar)
        if done.change is None:
            self.stdout.write(f"{owner}: nothing to do.")
            return
        text = f"{owner}: {done.heard:,} heard"
        text += f", {done.failed:,} could not be heard" if done.failed else ""
        if done.left:
            self.stdout.write(f"{text}, {done.left:,} left. Run it again to go on.")
            return
        self.stdout.write(
            f"{text}. {done.change.model} waits for its owner at {done.change.get_absolute_url()}"
        )
