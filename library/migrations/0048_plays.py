"""When tracks were played, and how often and when last."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0047_long_names_searched")]

    operations = [
        migrations.CreateModel(
            name="Play",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("played_at", models.DateTimeField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plays",
                        to="library.track",
                    ),
                ),
            ],
            options={"ordering": ["-played_at", "-id"]},
        ),
        migrations.AddField(
            model_name="track",
            name="play_count",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="number of plays"),
        ),
        migrations.AddField(
            model_name="track",
            name="last_played_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last played"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "-play_count", "-id"], name="most_played"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("last_played_at__isnull", False)),
                fields=["owner", "deleted_at", "-last_played_at", "-id"],
                name="played_last",
            ),
        ),
        migrations.AddIndex(
            model_name="play",
            index=models.Index(fields=["owner", "-played_at"], name="plays_of_an_owner"),
        ),
        migrations.AddConstraint(
            model_name="play",
            constraint=models.UniqueConstraint(fields=("track", "played_at"), name="one_play_per_moment"),
        ),
    ]
