"""Saved searches may be as long as an address that names many words of non-Latin letters."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0020_idempotency_digests")]

    operations = [
        migrations.AlterField(
            "playlist",
            "query",
            models.CharField("the search, as in the library's address", max_length=4000, blank=True),
        ),
    ]
