"""A base model for each library, and what another one predicts before it counts."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def put_waiting_versions_aside(apps: Any, schema_editor: Any) -> None:
    """The version before does not know versions that wait for a base model."""
    apps.get_model("library", "LearnedModel").objects.filter(status="waiting").update(status="inactive")


class Migration(migrations.Migration):
    dependencies = [
        ('library', '0032_nearest_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='base_model',
            field=models.CharField(blank=True, editable=False, max_length=64, verbose_name='base model'),
        ),
        migrations.AlterField(
            model_name='learnedmodel',
            name='status',
            field=models.CharField(choices=[('fitting', 'Being learned'), ('candidate', 'Waiting for you'), ('active', 'In use'), ('inactive', 'Not in use'), ('refused', 'Not good enough'), ('waiting', 'Waiting for its base model')], default='fitting', max_length=9),
        ),
        migrations.CreateModel(
            name='BaseModelChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model_name', models.CharField(max_length=64)),
                ('model_version', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('pending', 'Waiting for you'), ('active', 'In use'), ('gone_back', 'Gone back from')], default='pending', max_length=9)),
                ('other_base_model', models.CharField(blank=True, max_length=64)),
                ('figures', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='last progress')),
                ('completed_at', models.DateTimeField(null=True)),
                ('activated_at', models.DateTimeField(null=True)),
                ('learned', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='library.learnedmodel')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BaseModelRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('embedding_space', models.CharField(blank=True, max_length=130)),
                ('embedding', models.BinaryField(default=bytes)),
                ('vector_space', models.CharField(blank=True, max_length=130)),
                ('vector', models.BinaryField(default=bytes, verbose_name='learning vector')),
                ('is_swapped', models.BooleanField(default=False)),
                ('before', models.CharField(blank=True, max_length=40, verbose_name='genre before')),
                ('error_code', models.CharField(blank=True, max_length=30, verbose_name='why the new model could not hear it')),
                ('change', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='library.basemodelchange')),
                ('prediction', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.prediction')),
                ('track', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.track')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='basemodelchange',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'pending')), fields=('owner', 'model_name', 'model_version'), name='waits_once_per_model'),
        ),
        migrations.AddIndex(
            model_name='basemodelrow',
            index=models.Index(fields=['change', 'is_swapped', 'id'], name='rows_to_swap'),
        ),
        migrations.AddConstraint(
            model_name='basemodelrow',
            constraint=models.UniqueConstraint(fields=('change', 'track'), name='one_row_per_change'),
        ),
        migrations.RunPython(migrations.RunPython.noop, put_waiting_versions_aside),
    ]
