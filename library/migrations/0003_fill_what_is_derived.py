"""Fill what 0002 added from what was known before. Going back loses nothing: it is all derived."""

import struct
from typing import Any

from django.db import migrations

from library.migrations._frozen import fold, genre_in_tag


def fill(apps: Any, schema_editor: Any) -> None:
    Track = apps.get_model("library", "Track")
    Embedding = apps.get_model("library", "Embedding")
    for track in Track.objects.select_related("prediction").defer("prediction__segments").iterator(500):
        heard = track.prediction
        track.search_text = fold(" ".join([track.title, track.artist, track.album, track.original_name]))
        track.file_label = genre_in_tag(track.file_genre)
        if heard:
            track.genre = heard.label or ""
            track.genre_source = "model" if heard.label else ""
            track.confidence = heard.confidence
            disagree = track.file_label and track.file_label != heard.label
            track.needs_you = track.status == "ready" and (not heard.label or bool(disagree))
            if heard.embedding:
                Embedding.objects.create(
                    track=track,
                    owner_id=track.owner_id,
                    model=f"{heard.model_name} {heard.model_version}",
                    vector=struct.pack(f"<{len(heard.embedding)}f", *heard.embedding),
                )
        track.save(
            update_fields=["search_text", "file_label", "genre", "genre_source", "confidence", "needs_you"]
        )


class Migration(migrations.Migration):
    dependencies = [("library", "0002_knowledge")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
