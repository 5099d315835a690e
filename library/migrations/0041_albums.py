
import django.db.models.deletion
import library.models.albums
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0040_three_kinds_of_sameness'),
    ]

    operations = [
        migrations.AddField(
            model_name='filetags',
            name='album_artist',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='filetags',
            name='artist_names',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='filetags',
            name='compilation',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='filetags',
            name='disc_number',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='filetags',
            name='disc_total',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='filetags',
            name='musicbrainz',
            field=models.JSONField(blank=True, default=dict, verbose_name='MusicBrainz ids'),
        ),
        migrations.AddField(
            model_name='filetags',
            name='original_year',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='filetags',
            name='reader_version',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='filetags',
            name='track_number',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='filetags',
            name='track_total',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='track',
            name='album_artist',
            field=models.CharField(blank=True, max_length=255),
        ),
        migrations.AddField(
            model_name='track',
            name='artist_names',
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name='track',
            name='compilation',
            field=models.BooleanField(default=False, verbose_name='on an album of various artists'),
        ),
        migrations.AddField(
            model_name='track',
            name='disc_number',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='track',
            name='disc_total',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='number of discs'),
        ),
        migrations.AddField(
            model_name='track',
            name='musicbrainz',
            field=models.JSONField(blank=True, default=dict, verbose_name='MusicBrainz ids'),
        ),
        migrations.AddField(
            model_name='track',
            name='original_year',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='year of the first release'),
        ),
        migrations.AddField(
            model_name='track',
            name='rating',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='rating, 1 to 5'),
        ),
        migrations.AddField(
            model_name='track',
            name='starred_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='track',
            name='track_number',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='track',
            name='track_total',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='number of tracks on the disc'),
        ),
        migrations.CreateModel(
            name='Album',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=255)),
                ('key', models.CharField(editable=False, max_length=765)),
                ('sort_title', models.CharField(editable=False, max_length=60)),
                ('mbid', models.CharField(blank=True, max_length=36)),
                ('compilation', models.BooleanField(default=False, verbose_name='of various artists')),
                ('year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('cover_chosen', models.BooleanField(default=False)),
                ('starred_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='albums', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['sort_title', 'id'],
            },
        ),
        migrations.AddField(
            model_name='track',
            name='album_entry',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tracks', to='library.album'),
        ),
        migrations.CreateModel(
            name='Artist',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('key', models.CharField(editable=False, max_length=765)),
                ('sort_name', models.CharField(editable=False, max_length=60)),
                ('mbid', models.CharField(blank=True, max_length=36)),
                ('starred_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='artists', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['sort_name', 'id'],
            },
        ),
        migrations.AddField(
            model_name='album',
            name='artist',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='albums', to='library.artist'),
        ),
        migrations.CreateModel(
            name='Cover',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64, verbose_name='SHA-256 of the picture as it was found')),
                ('small', models.FileField(max_length=200, upload_to=library.models.albums.cover_name)),
                ('medium', models.FileField(max_length=200, upload_to=library.models.albums.cover_name)),
                ('large', models.FileField(max_length=200, upload_to=library.models.albums.cover_name)),
                ('colours', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='covers', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='album',
            name='cover',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='albums', to='library.cover'),
        ),
        migrations.AddField(
            model_name='track',
            name='cover',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='tracks', to='library.cover'),
        ),
        migrations.CreateModel(
            name='TrackArtist',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('artist', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='track_artists', to='library.artist')),
                ('track', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='track_artists', to='library.track')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
        migrations.AddField(
            model_name='track',
            name='artists',
            field=models.ManyToManyField(related_name='tracks', through='library.TrackArtist', to='library.artist'),
        ),
        migrations.AddIndex(
            model_name='track',
            index=models.Index(condition=models.Q(('album_entry__isnull', False)), fields=['album_entry', 'deleted_at', 'disc_number', 'track_number', 'id'], name='in_album_order'),
        ),
        migrations.AddIndex(
            model_name='track',
            index=models.Index(condition=models.Q(('cover__isnull', False)), fields=['cover'], name='tracks_of_a_cover'),
        ),
        migrations.AddIndex(
            model_name='track',
            index=models.Index(condition=models.Q(('starred_at__isnull', False)), fields=['owner', 'deleted_at', '-starred_at', '-id'], name='starred_tracks'),
        ),
        migrations.AddIndex(
            model_name='artist',
            index=models.Index(fields=['owner', 'sort_name', 'id'], name='artists_by_name'),
        ),
        migrations.AddIndex(
            model_name='artist',
            index=models.Index(condition=models.Q(('starred_at__isnull', False)), fields=['owner', '-starred_at'], name='starred_artists'),
        ),
        migrations.AddConstraint(
            model_name='artist',
            constraint=models.UniqueConstraint(fields=('owner', 'key'), name='one_artist_per_name'),
        ),
        migrations.AddConstraint(
            model_name='cover',
            constraint=models.UniqueConstraint(fields=('owner', 'sha256'), name='one_cover_per_picture'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(fields=['owner', 'sort_title', 'id'], name='albums_by_title'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='albums_newest_first'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(fields=['owner', 'year', 'sort_title', 'id'], name='albums_by_year'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(fields=['artist', 'year', 'id'], name='albums_of_an_artist'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(fields=['cover'], name='albums_of_a_cover'),
        ),
        migrations.AddIndex(
            model_name='album',
            index=models.Index(condition=models.Q(('starred_at__isnull', False)), fields=['owner', '-starred_at'], name='starred_albums'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.UniqueConstraint(condition=models.Q(('artist__isnull', False), ('mbid', '')), fields=('owner', 'artist', 'key'), name='one_album_per_title'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.UniqueConstraint(condition=models.Q(('artist__isnull', True), ('mbid', '')), fields=('owner', 'key'), name='one_compilation_per_title'),
        ),
        migrations.AddConstraint(
            model_name='album',
            constraint=models.UniqueConstraint(condition=models.Q(('mbid', ''), _negated=True), fields=('owner', 'mbid'), name='one_album_per_release'),
        ),
        migrations.AddIndex(
            model_name='trackartist',
            index=models.Index(fields=['artist', 'track'], name='tracks_of_an_artist'),
        ),
        migrations.AddConstraint(
            model_name='trackartist',
            constraint=models.UniqueConstraint(fields=('track', 'artist'), name='one_artist_each'),
        ),
    ]
