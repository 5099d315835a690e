"""People may have a quota of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0048_plays")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="quota_bytes",
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name="quota"),
        ),
    ]
