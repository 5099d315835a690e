"""What a file says may be a track's genre. A pass in the background recomputes each library that has tracks."""

from typing import Any
from uuid import UUID

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from library.migrations._frozen import genre_in_tag

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
SOURCES = [
    ("", "No genre yet"),
    ("file", "From the file"),
    ("model", "Heard by Earmark"),
    ("owner", "Set by hand"),
]
BATCH = 1000


def begin_passes(apps: Any, schema_editor: Any) -> None:
    User, Track, GenreRecompute = (
        apps.get_model("library", name) for name in ("User", "Track", "GenreRecompute")
    )
    with_tracks = User.objects.filter(Exists(Track.objects.filter(owner=OuterRef("pk"))))
    ids = with_tracks.order_by("pk").values_list("pk", flat=True)
    GenreRecompute.objects.bulk_create([GenreRecompute(owner_id=pk) for pk in ids.iterator(BATCH)], BATCH)
    # As if it had stopped long ago: the first sweep of a worker goes on with it.
    GenreRecompute.objects.update(updated_at="2026-01-01T00:00:00Z")


def as_before(apps: Any, schema_editor: Any) -> None:
    """Genres as the version before derived them: a file names built-in genres only, and never gives the effective genre."""
    Track, Prediction = apps.get_model("library", "Track"), apps.get_model("library", "Prediction")
    texts = Track.objects.order_by().values_list("file_genre", "file_label").distinct()
    labels = {text: genre_in_tag(text) for text, label in texts if genre_in_tag(text) != label}
    affected = Track.objects.filter(
        Q(owner_genre="") & (Q(file_label__gt="") | Q(genre_source="file")) | Q(file_genre__in=labels)
    )
    ids = list(affected.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        rederive(Track.objects.filter(pk__in=ids[start : start + BATCH]), Prediction, labels)


def rederive(tracks: Any, Prediction: Any, labels: dict[str, str]) -> None:
    for text, label in labels.items():
        tracks.filter(file_genre=text).update(file_label=label)
    heard = Prediction.objects.filter(pk=OuterRef("prediction"))
    unsure = Q(label=None)
    against_file = ~Q(track__file_label="") & ~Q(top=F("track__file_label"))
    against_owner = Q(track__owner_genre__in=GENRES) & ~Q(top=F("track__owner_genre"))
    disputed = heard.filter(Q(track__owner_genre="") & (unsure | against_file) | against_owner)
    reasons = sum(Case(When(why, then=1.0), default=0.0) for why in (unsure, against_file, against_owner))
    # A reviewer’s verdict in force counts, unless there is one of the owner.
    tracks.exclude(Q(review_rank=None) & ~Q(owner_genre="")).update(
        review_rank=Subquery(disputed.values(rank=F("confidence") - reasons)[:1])
    )
    tracks.filter(owner_genre="").update(
        genre=Coalesce(Subquery(heard.values("label")[:1]), Value("")),
        genre_source=Case(
            When(Exists(heard.filter(label__isnull=False)), then=Value("model")), default=Value("")
        ),
        needs_you=Case(
            When(Q(status="ready") & Exists(heard.filter(unsure | against_file)), then=Value(True)),
            default=Value(False),
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("library", "0024_fewer_indexes")]

    operations = [
        migrations.AddField(
            "user",
            "file_genre_trust",
            models.CharField(
                choices=[("never", "Never"), ("unsure", "When Earmark is not sure"), ("always", "Always")],
                default="unsure",
                max_length=6,
                verbose_name="trust in the genres of files",
            ),
        ),
        migrations.AlterField(
            "track", "genre_source", models.CharField(blank=True, choices=SOURCES, default="", max_length=5)
        ),
        migrations.AlterField(
            "track",
            "file_label",
            models.CharField(
                blank=True, max_length=40, verbose_name="genre in the file, as a built-in or own genre"
            ),
        ),
        migrations.CreateModel(
            "GenreRecompute",
            [
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="genre_recompute",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("after", models.UUIDField(default=UUID(int=0))),
                (
                    "changed",
                    models.PositiveIntegerField(default=0, verbose_name="tracks that have another genre now"),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="last progress")),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.RunPython(begin_passes, as_before),
    ]
