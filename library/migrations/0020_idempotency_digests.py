"""An idempotency key is for one request, known by a digest of all of it, and is free when its process has died."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0019_bulk_actions_keep_tracks_in_rows")]

    operations = [
        migrations.RemoveField("keptanswer", "request"),
        # Of records that are there no digest can be made: their keys count as used for another request, for a day.
        migrations.AddField(
            "keptanswer",
            "digest",
            models.CharField(default="", max_length=64, verbose_name="keyed hash of the request"),
            preserve_default=False,
        ),
        # Whoever was working on a request when the site was stopped is gone.
        migrations.AddField("keptanswer", "leased_until", models.DateTimeField(null=True)),
        migrations.RunSQL(
            "DELETE FROM library_keptanswer WHERE status IS NULL",
            "DELETE FROM library_keptanswer",
            elidable=True,
        ),
        migrations.AlterField(
            "keptanswer", "created_at", models.DateTimeField(auto_now_add=True, db_index=True)
        ),
    ]
