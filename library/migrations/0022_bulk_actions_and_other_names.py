"""Models get the names that the field has for them. Tables keep their rows; indexes and constraints keep their names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0021_long_searches")]

    operations = [
        migrations.RenameModel("Act", "BulkAction"),
        migrations.RenameModel("KeptAnswer", "IdempotencyRecord"),
        migrations.RenameModel("Rejection", "TagRejection"),
        migrations.RenameField("Verdict", "act", "bulk_action"),
        migrations.AlterField(
            "bulkaction",
            "person",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="bulk_actions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
