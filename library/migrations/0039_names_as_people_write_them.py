"""Room for names as people count their characters, and for the text by which tags are searched and sorted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0038_concepts_switched_at")]

    operations = [
        migrations.AlterField("genre", "name", models.CharField(max_length=200)),
        migrations.AlterField("playlist", "name", models.CharField(max_length=400)),
        migrations.AlterField("tag", "name", models.CharField(max_length=200)),
        migrations.AddField("tag", "search_text", models.TextField(blank=True, default="", editable=False), preserve_default=False),
        migrations.AlterModelOptions("tag", {"ordering": ["search_text", "key"]}),
        migrations.AlterModelOptions("tagging", {"ordering": ["tag__search_text", "tag__key"]}),
    ]
