"""A bin, what files say of themselves, and the tracks of bulk actions in rows of their own."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0017_a_rank_for_reviewers"),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkActionTrack",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("done", "Done"),
                            ("skipped", "Left as it was"),
                            ("undone", "Undone"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("before", models.JSONField(blank=True, null=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="FileTags",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="file_tags",
                        serialize=False,
                        to="library.track",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=255)),
                ("artist", models.CharField(blank=True, max_length=255)),
                ("album", models.CharField(blank=True, max_length=255)),
                ("year", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("genre", models.CharField(blank=True, max_length=255)),
                ("values", models.JSONField(blank=True, default=dict)),
                ("read_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "verbose_name_plural": "file tags",
            },
        ),
        migrations.CreateModel(
            name="TrackDeletion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("track_id", models.UUIDField()),
                ("deleted_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="newest_first",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="asks_for_a_word",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="by_title",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="by_artist",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="by_album",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="by_status",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="search",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="newest_of_all",
        ),
        migrations.RemoveIndex(
            model_name="track",
            name="waits_for_review",
        ),
        migrations.AddField(
            model_name="act",
            name="done",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="act",
            name="error",
            field=models.CharField(blank=True, max_length=255, verbose_name="why it failed"),
        ),
        migrations.AddField(
            model_name="act",
            name="skipped",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="act",
            name="status",
            field=models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("running", "At work"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("cancelled", "Cancelled"),
                ],
                default="done",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="act",
            name="total",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="act",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="last sign of life"),
        ),
        migrations.AddField(
            model_name="track",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="act",
            name="kind",
            field=models.CharField(
                choices=[
                    ("genre", "Genre set"),
                    ("tag", "Tagged"),
                    ("untag", "Tag removed"),
                    ("merge", "Tags merged"),
                    ("playlist", "Added to a playlist"),
                    ("unlist", "Playlist deleted"),
                    ("take_out", "Taken out of a playlist"),
                    ("delete", "Moved to the bin"),
                    ("purge", "Deleted for good"),
                    ("analyse", "Analysed again"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(fields=["person", "-created_at", "-id"], name="acts_of_a_person"),
        ),
        migrations.AddIndex(
            model_name="act",
            index=models.Index(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=["status", "updated_at"],
                name="acts_in_work",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "-created_at", "-id"], name="newest_first"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["deleted_at", "-created_at", "-id"], name="newest_of_all"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                fields=[
                    "owner",
                    "deleted_at",
                    "status",
                    "genre",
                    "genre_source",
                    "kind",
                    "needs_you",
                    "year",
                    "duration",
                    "confidence",
                    "mood_lines",
                    "search_text",
                    "id",
                ],
                name="search",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "sort_title", "id"], name="by_title"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "sort_artist", "id"], name="by_artist"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "sort_album", "id"], name="by_album"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["status", "deleted_at", "updated_at"], name="by_status"),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("needs_you", True)),
                fields=["owner", "deleted_at", "confidence", "id"],
                name="asks_for_a_word",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("review_rank__isnull", False)),
                fields=["deleted_at", "review_rank", "id", "owner", "status"],
                name="waits_for_review",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["owner", "-deleted_at", "-id"],
                name="bin_of_an_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="track",
            index=models.Index(fields=["owner", "deleted_at", "updated_at", "id"], name="changed_last"),
        ),
        migrations.AddField(
            model_name="bulkactiontrack",
            name="action",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="targets",
                to="library.act",
            ),
        ),
        migrations.AddField(
            model_name="bulkactiontrack",
            name="track",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="library.track"
            ),
        ),
        migrations.AddField(
            model_name="trackdeletion",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="bulkactiontrack",
            index=models.Index(fields=["action", "state", "id"], name="targets_by_state"),
        ),
        migrations.AddIndex(
            model_name="trackdeletion",
            index=models.Index(fields=["owner", "deleted_at", "track_id"], name="deletions_in_order"),
        ),
        migrations.AddIndex(
            model_name="trackdeletion",
            index=models.Index(fields=["deleted_at"], name="oldest_deletions"),
        ),
        migrations.AddConstraint(
            model_name="trackdeletion",
            constraint=models.UniqueConstraint(fields=("owner", "track_id"), name="one_tombstone_each"),
        ),
    ]
