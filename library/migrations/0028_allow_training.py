"""Whether models for everyone may be trained on a person's tracks."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0027_upgrade_pass")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="allow_training",
            field=models.BooleanField(
                default=False,
                help_text="Models for everyone on this site may be trained on this person’s tracks and the genres they set.",
                verbose_name="may be trained on",
            ),
        ),
    ]
