"""Tables for what Earmark learns from verdicts, and room for `learned` where a track says where its genre is from."""

import uuid
from collections.abc import Callable
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, Exists, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

SOURCES = [
    ("", "No genre yet"),
    ("file", "From the file"),
    ("model", "Heard by Earmark"),
    ("learned", "Learned from you"),
    ("owner", "Set by hand"),
]


def forget_what_was_learned(apps: Any, schema_editor: Any) -> None:
    """The version before knows no learned genres: the model's count, until its pass has weighed the files' as well."""
    Track, Prediction, GenreRecompute = (
        apps.get_model("library", name) for name in ("Track", "Prediction", "GenreRecompute")
    )
    tracks = Track.objects.filter(genre_source="learned").order_by()
    for owner in list(tracks.values_list("owner", flat=True).distinct()):
        GenreRecompute.objects.update_or_create(
            owner_id=owner, defaults={"after": uuid.UUID(int=0), "changed": 0, "finished_at": None}
        )
    sure = Prediction.objects.filter(pk=OuterRef("prediction"), label__isnull=False)
    tracks.update(
        genre=Coalesce(Subquery(sure.values("label")[:1]), Value("")),
        genre_source=Case(When(Exists(sure), then=Value("model")), default=Value("")),
    )


def column_length(length: int) -> Callable[[Any, Any], None]:
    """Sets how many characters the column holds. SQLite does not look at that, and would copy the table to change it."""

    def set_length(apps: Any, schema_editor: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"ALTER TABLE library_track ALTER COLUMN genre_source TYPE varchar({length})"
            )

    return set_length


class Migration(migrations.Migration):
    dependencies = [("library", "0029_concepts")]

    operations = [
        migrations.CreateModel(
            name="LearnedModelFit",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("lease", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="LearnedModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("fitting", "Being learned"),
                            ("candidate", "Waiting for you"),
                            ("active", "In use"),
                            ("inactive", "Not in use"),
                            ("refused", "Not good enough"),
                        ],
                        default="fitting",
                        max_length=9,
                    ),
                ),
                ("model_name", models.CharField(blank=True, max_length=64)),
                ("model_version", models.CharField(blank=True, max_length=64)),
                ("space", models.CharField(blank=True, max_length=130)),
                ("arrays", models.BinaryField(default=bytes)),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the arrays")),
                ("figures", models.JSONField(default=dict)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cannot_learn", "The current model cannot learn"),
                            ("too_few_answers", "Too few answers"),
                            ("no_change", "The model suits the answers as it is"),
                            ("not_better", "Not better for other artists"),
                            ("changes_nothing", "It would change no track"),
                        ],
                        max_length=15,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last progress")),
                ("activated_at", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="learned_models",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="LearnedRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("genre", models.CharField(max_length=40, verbose_name="learned genre")),
                ("probability", models.FloatField(verbose_name="probability of the learned genre")),
                ("before", models.CharField(blank=True, max_length=40, verbose_name="genre before")),
                ("counts", models.CharField(blank=True, max_length=40, verbose_name="genre that counts")),
                (
                    "state",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("accepted", "Accepted"), ("skipped", "Skipped")],
                        default="proposed",
                        max_length=8,
                    ),
                ),
                ("is_due", models.BooleanField(default=False, verbose_name="to be applied")),
                (
                    "model",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rows",
                        to="library.learnedmodel",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="library.track",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="learnedmodel",
            constraint=models.UniqueConstraint(fields=("owner", "number"), name="one_version_per_number"),
        ),
        migrations.AddConstraint(
            model_name="learnedmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "fitting")), fields=("owner",), name="one_fitting_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="learnedmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "candidate")), fields=("owner",), name="one_candidate_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="learnedmodel",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "active")), fields=("owner",), name="one_active_version"
            ),
        ),
        migrations.AddIndex(
            model_name="learnedrow",
            index=models.Index(fields=["track", "model"], name="learned_of_a_track"),
        ),
        migrations.AddIndex(
            model_name="learnedrow",
            index=models.Index(
                condition=models.Q(("is_due", True)), fields=["model", "id"], name="learned_rows_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="learnedrow",
            constraint=models.UniqueConstraint(fields=("model", "track"), name="one_row_per_version"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(column_length(7), column_length(5))],
            state_operations=[
                migrations.AlterField(
                    model_name="track",
                    name="genre_source",
                    field=models.CharField(blank=True, choices=SOURCES, default="", max_length=7),
                )
            ],
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_what_was_learned),
    ]
