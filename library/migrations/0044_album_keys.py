"""Tracks say which of them name the same album, albums are a part of the upgrade pass, and names are a bulk action."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('library', '0043_stars'),
    ]

    operations = [
        migrations.AddField(
            model_name='track',
            name='album_key',
            field=models.CharField(blank=True, editable=False, max_length=24),
        ),
        migrations.AlterField(
            model_name='bulkaction',
            name='kind',
            field=models.CharField(choices=[('genre', 'Genre set'), ('tag', 'Tagged'), ('untag', 'Tag removed'), ('merge', 'Tags merged'), ('playlist', 'Added to a playlist'), ('unlist', 'Playlist deleted'), ('take_out', 'Removed from a playlist'), ('delete', 'Moved to the bin'), ('purge', 'Deleted permanently'), ('analyse', 'Analysed again'), ('star', 'Starred'), ('unstar', 'Star removed'), ('rate', 'Rated'), ('names', 'Artist or album changed')], max_length=10),
        ),
        migrations.AlterField(
            model_name='upgradeattempt',
            name='part',
            field=models.CharField(choices=[('albums', 'Artists and albums'), ('tags', 'Tags of the file'), ('cover', 'Picture in the file'), ('vectors', 'Vectors for teaching'), ('predictions', 'Prediction of the current model')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='track',
            index=models.Index(fields=['album_key', 'owner'], name='same_album_title'),
        ),
    ]
