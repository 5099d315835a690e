from typing import Any

from django.db import migrations, models

from library.migrations._frozen import fold

FIELDS = {"sort_title": "title", "sort_artist": "artist", "sort_album": "album"}


def fill(apps: Any, schema_editor: Any) -> None:
    Track = apps.get_model("library", "Track")
    some = []
    for track in Track.objects.only(*FIELDS.values()).iterator(1000):
        for field, name in FIELDS.items():
            setattr(track, field, fold(getattr(track, name))[:60])
        some.append(track)
        if len(some) == 1000:
            Track.objects.bulk_update(some, FIELDS, batch_size=100)
            some.clear()
    Track.objects.bulk_update(some, FIELDS, batch_size=100)


class Migration(migrations.Migration):
    dependencies = [("library", "0005_token_scopes")]

    operations = [
        *(
            migrations.AddField("track", field, models.CharField(blank=True, editable=False, max_length=60))
            for field in FIELDS
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
