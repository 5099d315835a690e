"""Pictures that wait for the tracks of their folder, which files were looked at for a picture, and unused covers."""

import django.db.models.deletion
import library.models.folder_files
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0041_albums'),
    ]

    operations = [
        migrations.CreateModel(
            name='FolderFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.CharField(max_length=64)),
                ('picture', models.FileField(blank=True, max_length=200, upload_to=library.models.folder_files.waiting_picture_name)),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name='cover',
            name='unused_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='filetags',
            name='picture',
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='partialupload',
            name='folder',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name='upgradeattempt',
            name='part',
            field=models.CharField(choices=[('tags', 'Tags of the file'), ('cover', 'Picture in the file'), ('vectors', 'Vectors for teaching'), ('predictions', 'Prediction of the current model')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='cover',
            index=models.Index(condition=models.Q(('unused_since__isnull', False)), fields=['unused_since'], name='unused_covers'),
        ),
        migrations.AddField(
            model_name='folderfile',
            name='cover',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.cover'),
        ),
        migrations.AddField(
            model_name='folderfile',
            name='owner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='folderfile',
            name='track',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='library.track'),
        ),
        migrations.AddIndex(
            model_name='filetags',
            index=models.Index(condition=models.Q(('picture__isnull', True)), fields=['track'], name='pictures_not_looked_for'),
        ),
        migrations.AddIndex(
            model_name='folderfile',
            index=models.Index(fields=['owner', 'folder'], name='files_of_a_folder'),
        ),
    ]
