"""What is taught may set itself: since when, on which tracks, and which tags were set that way."""

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Case, Exists, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce


def forget_what_was_set(apps: Any, schema_editor: Any) -> None:
    """The version before knows only what people said: tags that Earmark has set go, and the model's genres count.

    Until its pass has weighed what was learned and what files say as well.
    """
    Track, Tagging, Prediction, GenreRecompute = (
        apps.get_model("library", name) for name in ("Track", "Tagging", "Prediction", "GenreRecompute")
    )
    Tagging.objects.exclude(concept=None).delete()
    tracks = Track.objects.filter(genre_source="learned").exclude(concept_track=None).order_by()
    for owner in list(tracks.values_list("owner", flat=True).distinct()):
        GenreRecompute.objects.update_or_create(
            owner_id=owner, defaults={"after": uuid.UUID(int=0), "changed": 0, "finished_at": None}
        )
    sure = Prediction.objects.filter(pk=OuterRef("prediction"), label__isnull=False)
    tracks.update(
        genre=Coalesce(Subquery(sure.values("label")[:1]), Value("")),
        genre_source=Case(When(Exists(sure), then=Value("model")), default=Value("")),
    )


class Migration(migrations.Migration):
    dependencies = [("library", "0030_learned_models")]

    operations = [
        migrations.AddField(
            model_name="concept",
            name="sets_since",
            field=models.DateTimeField(null=True, verbose_name="sets itself since"),
        ),
        migrations.CreateModel(
            name="ConceptTrack",
            fields=[
                (
                    "track",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="concept_track",
                        serialize=False,
                        to="library.track",
                    ),
                ),
                (
                    "concept",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="concept_tracks",
                        to="library.concept",
                    ),
                ),
                ("margin", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="ConceptPass",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("requests", models.PositiveIntegerField(default=1)),
                ("lease", models.UUIDField(null=True)),
                ("leased_until", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="tagging",
            name="concept",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="taggings",
                to="library.concept",
            ),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(
                condition=models.Q(("concept__isnull", False)),
                fields=["concept", "track"],
                name="set_by_a_concept",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_what_was_set),
    ]
