"""A table for the vectors that concepts are taught with. The upgrade pass fills it for tracks analysed before."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0025_genres_of_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="LearningVector",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="learning_vector",
                        serialize=False,
                        to="library.track",
                    ),
                ),
                ("space", models.CharField(max_length=130)),
                ("vector", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "space", "created_at"], name="comparable_for_learning")
                ],
            },
        ),
    ]
