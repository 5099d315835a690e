"""`manage.py train`: as the classifier's command, and with `--from-library` on the tracks of people who allow it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from classifier.bundle import BundleError, bundle_path
from classifier.datasets import DatasetError
from classifier.management.commands import train
from library import services
from library.models import Track


class Command(train.Command):
    needs_dataset = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--from-library",
            action="store_true",
            help="instead of a dataset: the tracks of people who allow it on their account page, with the genres that "
            "they gave them. Starts from --start, by default the site's model",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["from_library"] == (options["dataset"] is not None):
            raise CommandError("Name either a dataset or --from-library.")
        if options["from_library"]:
            self.train_from_library(options)
        else:
            super().handle(*args, **options)

    def train_from_library(self, options: dict[str, Any]) -> None:
        self.check_out(options["out"], options["force"])
        train.check_no_recipe(options)
        start = options["start"] or bundle_path(settings.EARMARK_MODEL, settings.EARMARK_MODELS_DIR)
        try:
            trained = services.library_train(
                start=start,
                out=options["out"],
                folder=options["work"] or settings.BASE_DIR / "build" / "train-from-library",
                version=options["model_version"],
                seed=options["seed"],
                progress=listen_bar,
            )
        except (BundleError, DatasetError, OSError) as error:
            raise CommandError(str(error)) from error
        for line in trained.skipped:
            self.stderr.write(f"Skipped {line}")
        self.report(trained.manifest, options["out"])


def listen_bar(tracks: Iterable[Track], count: int) -> Iterable[Track]:
    bar: Iterable[Track] = tqdm(tracks, "listen", total=count, disable=None)
    return bar
