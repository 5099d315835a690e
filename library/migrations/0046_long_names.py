from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0045_tracks_edited_together")]

    operations = [
        migrations.AddField("track", "long_search_text", models.TextField(blank=True, editable=False)),
        *(
            migrations.AlterField("track", name, models.CharField(blank=True, editable=False, max_length=255))
            for name in ("sort_title", "sort_artist", "sort_album")
        ),
        migrations.AlterField("album", "sort_title", models.CharField(editable=False, max_length=255)),
        migrations.AlterField("artist", "sort_name", models.CharField(editable=False, max_length=255)),
        migrations.AddIndex(
            "track",
            models.Index(
                condition=models.Q(("long_search_text__gt", "")), fields=["owner", "id"], name="with_long_names"
            ),
        ),
    ]
