"""What waits for review, and in which order, stands on the track's own row."""

from typing import Any

from django.db import migrations, models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]


def fill(apps: Any, schema_editor: Any) -> None:
    Track, Prediction, Verdict = (
        apps.get_model("library", name) for name in ("Track", "Prediction", "Verdict")
    )
    heard = Prediction.objects.filter(pk=OuterRef("prediction"))
    reviewed = Verdict.objects.filter(track=OuterRef("pk"), undone_at=None).exclude(person=OuterRef("owner"))
    unsure = Q(label=None)
    against_file = ~Q(track__file_label="") & ~Q(top=F("track__file_label"))
    against_owner = Q(track__owner_genre__in=GENRES) & ~Q(top=F("track__owner_genre"))
    disputed = heard.filter(Q(track__owner_genre="") & (unsure | against_file) | against_owner)
    reasons = sum(Case(When(why, then=1.0), default=0.0) for why in (unsure, against_file, against_owner))
    rank = Subquery(disputed.values(rank=F("confidence") - reasons)[:1])
    Track.objects.update(review_rank=Case(When(Exists(reviewed), then=Value(None)), default=rank))


class Migration(migrations.Migration):
    dependencies = [("library", "0016_newest_of_all")]

    operations = [
        migrations.AddField("track", "review_rank", models.FloatField(blank=True, editable=False, null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            "track",
            models.Index(
                fields=["review_rank", "id", "owner", "status"],
                condition=models.Q(("review_rank__isnull", False)),
                name="waits_for_review",
            ),
        ),
    ]
