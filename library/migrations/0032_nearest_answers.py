"""Room for why a version proposes a genre: the nearest answers of its owner. Versions of before say nothing of that."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0031_concepts_that_set")]

    operations = [
        migrations.AddField(
            model_name="learnedrow",
            name="nearest",
            field=models.JSONField(default=list, verbose_name="nearest answers"),
        ),
        migrations.AlterField(
            model_name="learnedrow",
            name="track",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="learned_rows",
                to="library.track",
            ),
        ),
    ]
