"""Editing many tracks is a bulk action."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0044_album_keys")]

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
                    ("names", "Artist or album changed"),
                    ("edit", "Tracks edited"),
                ],
                max_length=10,
            ),
        ),
    ]
