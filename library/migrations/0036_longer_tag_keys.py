"""Room for the keys of tags whatever the letters of their names become when they are taken apart."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0035_file_checks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='tag',
            name='key',
            field=models.CharField(editable=False, max_length=720),
        ),
        migrations.AlterField(
            model_name='tagrejection',
            name='key',
            field=models.CharField(max_length=720),
        ),
    ]
