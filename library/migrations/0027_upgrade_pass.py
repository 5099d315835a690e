"""Who goes on with the upgrade pass, and what it tried in vain. Both are empty until a worker begins a pass."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0026_learning_vectors"),
    ]

    operations = [
        migrations.CreateModel(
            name="UpgradePass",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("lease", models.UUIDField()),
                ("leased_until", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "upgrade passes",
            },
        ),
        migrations.CreateModel(
            name="UpgradeAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "part",
                    models.CharField(
                        choices=[
                            ("tags", "Tags of the file"),
                            ("vectors", "Vectors for teaching"),
                            ("predictions", "Prediction of the current model"),
                        ],
                        max_length=20,
                    ),
                ),
                ("version", models.CharField(max_length=130)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("track", "part", "version"), name="one_count_per_part")
                ],
            },
        ),
    ]
