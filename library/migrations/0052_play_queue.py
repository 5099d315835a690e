"""A play queue for each person, to go on with on another player."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0051_player_passwords")]

    operations = [
        migrations.CreateModel(
            name="PlayQueue",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="play_queue",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("track_ids", models.JSONField(blank=True, default=list)),
                ("current", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "position_ms",
                    models.PositiveBigIntegerField(
                        default=0, verbose_name="position in that track, in milliseconds"
                    ),
                ),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("changed_by", models.CharField(blank=True, max_length=60, verbose_name="player")),
                ("playing_since", models.DateTimeField(blank=True, null=True)),
                ("playing_by", models.CharField(blank=True, max_length=60, verbose_name="player")),
                (
                    "playing",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="library.track",
                    ),
                ),
            ],
        ),
    ]
