"""Labels, help texts and choices in plain words. No column changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0022_bulk_actions_and_other_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="bulkaction",
            name="error",
            field=models.CharField(blank=True, max_length=255),
        ),
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
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="done",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="summary",
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="bulkaction",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="last progress"),
        ),
        migrations.AlterField(
            model_name="bulkactiontrack",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending", "Waiting"),
                    ("done", "Done"),
                    ("skipped", "Left unchanged"),
                    ("undone", "Undone"),
                ],
                default="pending",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="failedsignin",
            name="digest",
            field=models.CharField(max_length=64, verbose_name="keyed hash of an email or IP address"),
        ),
        migrations.AlterField(
            model_name="idempotencyrecord",
            name="status",
            field=models.PositiveSmallIntegerField(
                help_text="Empty while the request is in progress.", null=True, verbose_name="HTTP status"
            ),
        ),
        migrations.AlterField(
            model_name="mood",
            name="score",
            field=models.FloatField(
                help_text="From 0 to 1: the share of all music that has less of this mood."
            ),
        ),
        migrations.AlterField(
            model_name="partialupload",
            name="duplicate",
            field=models.BooleanField(default=False, verbose_name="already in the library"),
        ),
        migrations.AlterField(
            model_name="partialupload",
            name="error",
            field=models.CharField(blank=True, max_length=255, verbose_name="message"),
        ),
        migrations.AlterField(
            model_name="partialupload",
            name="offset",
            field=models.PositiveBigIntegerField(default=0, verbose_name="bytes received"),
        ),
        migrations.AlterField(
            model_name="playlist",
            name="query",
            field=models.CharField(blank=True, max_length=4000, verbose_name="search, as a query string"),
        ),
        migrations.AlterField(
            model_name="playlist",
            name="smart",
            field=models.BooleanField(default=False, verbose_name="saved search"),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="label",
            field=models.CharField(blank=True, max_length=32, null=True, verbose_name="genre, if sure"),
        ),
        migrations.AlterField(
            model_name="track",
            name="audio",
            field=models.JSONField(blank=True, default=dict, verbose_name="audio format"),
        ),
        migrations.AlterField(
            model_name="track",
            name="edited",
            field=models.JSONField(blank=True, default=list, verbose_name="edited fields"),
        ),
        migrations.AlterField(
            model_name="track",
            name="file_label",
            field=models.CharField(
                blank=True, max_length=40, verbose_name="genre in the file, as a built-in genre"
            ),
        ),
        migrations.AlterField(
            model_name="track",
            name="genre",
            field=models.CharField(blank=True, max_length=40, verbose_name="effective genre"),
        ),
        migrations.AlterField(
            model_name="track",
            name="genre_source",
            field=models.CharField(
                blank=True,
                choices=[("", "No genre yet"), ("model", "Heard by Earmark"), ("owner", "Set by hand")],
                default="",
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="track",
            name="needs_you",
            field=models.BooleanField(default=False, verbose_name="needs a verdict"),
        ),
        migrations.AlterField(
            model_name="track",
            name="owner_genre",
            field=models.CharField(blank=True, max_length=40, verbose_name="genre by verdict"),
        ),
        migrations.AlterField(
            model_name="user",
            name="email",
            field=models.EmailField(max_length=254, unique=True, verbose_name="email address"),
        ),
        migrations.AlterField(
            model_name="user",
            name="share_with_reviewers",
            field=models.BooleanField(
                default=False,
                help_text="Staff may listen to and review this person’s tracks.",
                verbose_name="shared with reviewers",
            ),
        ),
        migrations.AlterField(
            model_name="verdict",
            name="before",
            field=models.CharField(blank=True, max_length=40, verbose_name="effective genre before"),
        ),
        migrations.AlterField(
            model_name="verdict",
            name="genre",
            field=models.CharField(
                blank=True, help_text="Empty when the person withdraws their verdict.", max_length=40
            ),
        ),
        migrations.AlterField(
            model_name="verdict",
            name="heard",
            field=models.CharField(blank=True, max_length=40, verbose_name="most probable genre at the time"),
        ),
        migrations.AlterField(
            model_name="verdict",
            name="sure",
            field=models.BooleanField(default=False, verbose_name="the model was sure"),
        ),
    ]
