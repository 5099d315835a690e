"""Programs that follow events are told when a concept is switched on or off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0037_undo_and_closed_accounts")]

    operations = [
        migrations.AddField(
            model_name="concept",
            name="switched_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
    ]
