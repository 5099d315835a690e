from typing import Any

from django.db import migrations, models
from django.db.models.functions import Left, Length


def shorten(apps: Any, schema_editor: Any) -> None:
    """An index of PostgreSQL takes no longer texts; what is written from now on is not longer."""
    long = (
        apps.get_model("library", "Track").objects.alias(length=Length("search_text")).filter(length__gt=600)
    )
    long.update(search_text=Left("search_text", 600))


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0008_uploads_tell_how_they_fared"),
    ]

    operations = [
        migrations.RunPython(shorten, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="mood",
            index=models.Index(
                condition=models.Q(("score__gte", 0.75)), fields=["owner", "name", "track"], name="in_a_mood"
            ),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(fields=["tag", "track"], name="tracks_of_a_tag"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                fields=[
                    "owner",
                    "status",
                    "genre",
                    "genre_source",
                    "kind",
                    "needs_you",
                    "year",
                    "duration",
                    "confidence",
                    "search_text",
                    "id",
                ],
                name="search",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "sort_title", "id"], name="by_title"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "sort_artist", "id"], name="by_artist"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "sort_album", "id"], name="by_album"),
        ),
    ]
