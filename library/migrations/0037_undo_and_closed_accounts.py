"""Undoing many tracks and deleting accounts go on in the background, and say how far they are."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0036_longer_tag_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='bulkaction',
            name='undo_progress_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='bulkaction',
            name='undone',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='user',
            name='deletion_progress_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='bulkaction',
            index=models.Index(condition=models.Q(('undo_progress_at__isnull', False)), fields=['undo_progress_at'], name='undos_under_way'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('deletion_progress_at__isnull', False)), fields=['deletion_progress_at'], name='being_deleted'),
        ),
    ]
