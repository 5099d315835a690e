"""Compare two models on the tracks that both have heard: `manage.py compare OLD NEW [--owner EMAIL] [--json]`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from library.models import User
from library.selectors.model_comparison import ModelComparison, ModelVersion, models_compared


class Command(BaseCommand):
    help = (
        "Compare what two models predict: how many tracks would get another genre, and which of the two is right more "
        "often by the verdicts of owners. A model is NAME, or NAME@VERSION for one of several versions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("old", type=ModelVersion.parse)
        parser.add_argument("new", type=ModelVersion.parse)
        parser.add_argument(
            "--owner", metavar="EMAIL", help="only this person's library; default: everybody's"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(
        self, *, old: ModelVersion, new: ModelVersion, owner: str | None, json: bool, **options: Any
    ) -> None:
        person = User.objects.filter(email__iexact=owner).first() if owner is not None else None
        if owner is not None and person is None:
            raise CommandError(f"Nobody has an account with {owner}.")
        found = models_compared(person, old, new)
        if json:
            self.stdout.write(as_json(old, new, found))
        else:
            self.stdout.write(as_text(old, new, found))
        if not found.both:
            raise CommandError(
                f"No track has been heard by both. Run: manage.py reanalyse --model {new.name}", returncode=1
            )


def as_json(old: ModelVersion, new: ModelVersion, found: ModelComparison) -> str:
    changes = [
        {"from": before or None, "to": after or None, "tracks": n} for before, after, n in found.changes
    ]
    document = asdict(found) | {
        "old": str(old),
        "new": str(new),
        "changed": found.changed,
        "changes": changes,
        "verdicts": asdict(found.verdicts) | {"p_value": found.verdicts.p_value},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_text(old: ModelVersion, new: ModelVersion, found: ModelComparison) -> str:
    verdicts = found.verdicts
    lines = [
        f"{found.both:,} of {found.tracks:,} tracks have been heard by both "
        f"({found.without_old:,} not by {old}, {found.without_new:,} not by {new}).",
        f"{found.changed:,} would get another genre from {new}:",
        *(f"{n:8,}  {before or 'not sure'} → {after or 'not sure'}" for before, after, n in found.changes),
        "",
    ]
    if not verdicts.tracks:
        return "\n".join([*lines, "No verdict of an owner tells which of the two is right."])
    shares = [
        f"{right:,} ({right / verdicts.tracks:.1%})" for right in (verdicts.old_right, verdicts.new_right)
    ]
    lines += [
        f"Of {verdicts.tracks:,} verdicts of owners, {old} agrees with {shares[0]}, {new} with {shares[1]}.",
        f"{new} is better for {verdicts.new_better:,} artists, worse for {verdicts.old_better:,}. Chance alone tells "
        f"two models apart as far in {verdicts.p_value:.1%} of cases"
        + (": the difference may be chance." if verdicts.p_value >= SIGNIFICANCE else "."),
    ]
    return "\n".join(lines)


#: A difference that chance makes more often than this says nothing.
SIGNIFICANCE = 0.05
