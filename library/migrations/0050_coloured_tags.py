from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("library", "0049_quota")]

    operations = [
        migrations.AddField(
            "tag",
            "coloured",
            models.BooleanField(default=False, verbose_name="whether its owner has chosen the colour"),
        ),
    ]
