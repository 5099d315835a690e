from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0042_covers")]

    operations = [
        migrations.AlterField(
            model_name="bulkaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("genre", "Genre set"),
                    ("tag", "Tagged"),
                    ("untag", "Tag removed"),
                    ("merge", "Tags merged"),
                    ("playlist", "Added to a playlist"),
                    ("unlist", "Playlist deleted"),
                    ("take_out", "Removed from a playlist"),
                    ("delete", "Moved to the bin"),
                    ("purge", "Deleted permanently"),
                    ("analyse", "Analysed again"),
                    ("star", "Starred"),
                    ("unstar", "Star removed"),
                    ("rate", "Rated"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("rating__isnull", False)),
                fields=["owner", "deleted_at", "rating", "id"],
                name="rated_tracks",
            ),
        ),
    ]
