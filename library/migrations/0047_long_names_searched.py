"""Long names are sorted by more than their first 60 characters, and searched beyond 600 together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import migrations, transaction
from django.db.models import Q
from django.db.models.functions import Left, Length

from library.migrations._frozen_folding import search_text, searched_words

BATCH = 500
FIRST_ID = UUID(int=0)
SEARCH_LENGTH, SORT_LENGTH, SORT_LENGTH_BEFORE = 600, 255, 60
NAMES = ("title", "artist", "album")
#: What albums and artists are sorted by.
SORTED = (("Album", "title", "sort_title"), ("Artist", "name", "sort_name"))


def forwards(apps: Any, schema_editor: Any) -> None:
    Track = apps.get_model("library", "Track")
    for tracks in batches(cut_tracks(Track)):
        for track in tracks:
            names = [getattr(track, name) for name in NAMES]
            others = [name for name in (*track.artist_names, track.album_artist) if name not in names]
            searched = searched_words((*names, *others), track.original_name)
            track.search_text = searched[:SEARCH_LENGTH]
            track.long_search_text = searched if len(searched) > SEARCH_LENGTH else ""
            for name, text in zip(NAMES, names, strict=True):
                setattr(track, f"sort_{name}", search_text(text)[:SORT_LENGTH])
        Track._base_manager.bulk_update(tracks, ["search_text", "long_search_text", *(f"sort_{name}" for name in NAMES)])
    for model, name, column in SORTED:
        Model = apps.get_model("library", model)
        for rows in batches(Model.objects.alias(length=Length(column)).filter(length=SORT_LENGTH_BEFORE)):
            for row in rows:
                setattr(row, column, search_text(getattr(row, name))[:SORT_LENGTH])
            Model.objects.bulk_update(rows, [column])


def cut_tracks(Track: Any) -> Any:
    """The tracks whose names were too long for a column. Such a column is full to its last character."""
    lengths = {f"length_{name}": Length(f"sort_{name}") for name in NAMES}
    cut = Q(length_searched=SEARCH_LENGTH)
    for length in lengths:
        cut |= Q(**{length: SORT_LENGTH_BEFORE})
    return Track._base_manager.alias(length_searched=Length("search_text"), **lengths).filter(cut)


def batches(rows: Any) -> Any:
    """Each batch in a transaction of its own."""
    after = FIRST_ID
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = batch[-1].pk
        with transaction.atomic():
            yield batch


def backwards(apps: Any, schema_editor: Any) -> None:
    columns = [("Track", f"sort_{name}") for name in NAMES] + [(model, column) for model, _, column in SORTED]
    for model, column in columns:
        rows = apps.get_model("library", model)._base_manager.alias(length=Length(column))
        rows.filter(length__gt=SORT_LENGTH_BEFORE).update(**{column: Left(column, SORT_LENGTH_BEFORE)})


class Migration(migrations.Migration):
    # One transaction for each batch: a large library would be locked for seconds.
    atomic = False

    dependencies = [("library", "0046_long_names")]

    operations = [migrations.RunPython(forwards, backwards)]
