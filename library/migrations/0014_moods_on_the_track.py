"""A list finds moods in the track's own row; four indexes whose work others do are gone."""

from itertools import groupby
from operator import attrgetter
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from library.migrations._frozen import in_lines

SEARCH = ["owner", "status", "genre", "genre_source", "kind", "needs_you", "year", "duration", "confidence"]


def fill(apps: Any, schema_editor: Any) -> None:
    Track = apps.get_model("library", "Track")
    Mood = apps.get_model("library", "Mood")
    moods = Mood.objects.filter(score__gte=0.75).order_by("track_id", "name").only("track_id", "name")
    some = []
    for track_id, rows in groupby(moods.iterator(2000), attrgetter("track_id")):
        some.append(Track(pk=track_id, mood_lines=in_lines([row.name for row in rows], 120)))
        if len(some) == 1000:
            Track.objects.bulk_update(some, ["mood_lines"], batch_size=100)
            some.clear()
    Track.objects.bulk_update(some, ["mood_lines"], batch_size=100)


def key(to: str, **options: Any) -> models.ForeignKey:
    return models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=to, **options)


class Migration(migrations.Migration):
    dependencies = [("library", "0013_the_site_is_watched")]

    operations = [
        migrations.AddField(
            "track",
            "mood_lines",
            models.CharField(blank=True, default="", editable=False, max_length=120),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex("track", "search"),
        migrations.AddIndex(
            "track", models.Index(fields=[*SEARCH, "mood_lines", "search_text", "id"], name="search")
        ),
        migrations.RemoveIndex("mood", "in_a_mood"),
        migrations.AlterField("mood", "owner", key(settings.AUTH_USER_MODEL, related_name="+")),
        migrations.AlterField("mood", "track", key("library.track", related_name="moods")),
        migrations.AlterField("tagging", "tag", key("library.tag", related_name="taggings")),
        migrations.AlterField("tagging", "track", key("library.track", related_name="taggings")),
    ]
