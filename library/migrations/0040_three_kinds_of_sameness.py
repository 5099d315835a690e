"""What is searched, and which names are the same, by the rules of `library.text.folding`.

Tags keep their ids, tracks and names. Where two names become one by the new rule (“❤️” and “❤”), or by the old one on
the way back (“Beyoncé” and “Beyonce”), the second gets a number behind it: its owner decides whether to merge them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import migrations, transaction
from django.db.models import Exists, OuterRef

from library.migrations._frozen import fold
from library.migrations._frozen_folding import name_key, search_text, searched_words

BATCH = 500
FIRST_ID = UUID(int=0)
SEARCH_LENGTH, SORT_LENGTH, QUERY_LENGTH, KEY_LENGTH = 600, 60, 4000, 720
NAMES = ("title", "artist", "album", "original_name")
DERIVED = ("search_text", "sort_title", "sort_artist", "sort_album")
#: The longest names of tags, genres and playlists before.
LENGTHS_BEFORE = {"Tag": 40, "Genre": 40, "Playlist": 80}

Fold = Callable[[str], str]


def forwards(apps: Any, schema_editor: Any) -> None:
    tracks_fold(apps, search_text, lambda *names, file_name: searched_words(names, file_name))
    tags_fold(apps, name_key, search_text)
    begin_passes(apps)


def backwards(apps: Any, schema_editor: Any) -> None:
    tracks_fold(apps, fold, lambda *names, file_name: fold(" ".join([*names, file_name])))
    for model, length in LENGTHS_BEFORE.items():
        shorten_names(apps.get_model("library", model), length)
    tags_fold(apps, fold, lambda name: "")
    rejections_fold(apps, fold)


def tracks_fold(apps: Any, folded: Fold, searched: Callable[..., str]) -> None:
    """Most rows stay as they are: only what has changed is written, each batch in a transaction of its own."""
    Track = apps.get_model("library", "Track")
    rows = Track._base_manager.order_by("pk").values_list("pk", *NAMES, *DERIVED)
    after = FIRST_ID
    while batch := list(rows.filter(pk__gt=after)[:BATCH]):
        after = batch[-1][0]
        with transaction.atomic():
            for pk, *row in batch:
                names, was = row[: len(NAMES)], dict(zip(DERIVED, row[len(NAMES) :], strict=True))
                now = {"search_text": searched(*names[:3], file_name=names[3])[:SEARCH_LENGTH]}
                now |= {
                    f"sort_{field}": folded(name)[:SORT_LENGTH] for field, name in zip(NAMES[:3], names[:3], strict=True)
                }
                if now != was:
                    Track._base_manager.filter(pk=pk).update(**now)


def tags_fold(apps: Any, key_of: Fold, searched: Fold) -> None:
    Tag = apps.get_model("library", "Tag")
    tags = Tag.objects.order_by("owner_id", "pk")
    for owner_id, rows in itertools.groupby(tags.iterator(BATCH), key=lambda tag: tag.owner_id):
        keys: dict[str, str] = {}
        taken: set[str] = set()
        rekeyed, others = [], []
        for tag in rows:
            name = next(free for free in numbered(tag.name) if key_of(free) not in taken)
            before, key = tag.key, key_of(name)
            taken.add(key)
            tag.name, tag.key, tag.search_text = name, key, searched(name)
            if key == before:
                others.append(tag)
            else:
                keys[before] = key
                rekeyed.append(tag)
        with transaction.atomic():
            for tag in rekeyed:  # what one tag gives up may be another's now
                Tag.objects.filter(pk=tag.pk).update(key=provisional(tag.key))
            Tag.objects.bulk_update(rekeyed, ["name", "key", "search_text"], BATCH)
            refusals_follow(apps, owner_id, keys)
            searches_follow(apps, owner_id, keys)
        Tag.objects.bulk_update(others, ["search_text"], BATCH)


def provisional(key: str) -> str:
    """A key that no name has."""
    return f"\u0001{key}"[:KEY_LENGTH]


def numbered(name: str) -> Iterable[str]:
    yield name
    for number in itertools.count(2):
        yield f"{name[:34]} ({number})"


def refusals_follow(apps: Any, owner_id: int, keys: dict[str, str]) -> None:
    """What was refused for a tag is refused for it under its new key."""
    TagRejection = apps.get_model("library", "TagRejection")
    refusals = TagRejection.objects.filter(track__owner=owner_id)
    for before, key in keys.items():
        refusals.filter(key=before).update(key=provisional(key))
    for key in keys.values():
        moved = refusals.filter(key=provisional(key))
        moved.filter(Exists(TagRejection.objects.filter(track=OuterRef("track"), key=key))).delete()
        moved.update(key=key)


def rejections_fold(apps: Any, folded: Fold) -> None:
    """Those without a tag, too: the version before knows no other keys."""
    TagRejection = apps.get_model("library", "TagRejection")
    for key in list(TagRejection.objects.order_by().values_list("key", flat=True).distinct()):
        if folded(key) != key:
            there = TagRejection.objects.filter(track=OuterRef("track"), key=folded(key))
            refused = TagRejection.objects.filter(key=key)
            refused.filter(Exists(there)).delete()
            refused.update(key=folded(key))


def searches_follow(apps: Any, owner_id: int, keys: dict[str, str]) -> None:
    Playlist = apps.get_model("library", "Playlist")
    if not keys:
        return
    for playlist in Playlist.objects.filter(owner=owner_id, smart=True, query__contains="tag="):
        params = parse_qsl(playlist.query, keep_blank_values=True)
        query = urlencode(
            [(name, keys.get(value, value) if name in ("tag", "not_tag") else value) for name, value in params]
        )
        if query != playlist.query and len(query) <= QUERY_LENGTH:
            Playlist.objects.filter(pk=playlist.pk).update(query=query)


def shorten_names(model: Any, length: int) -> None:
    for row in model.objects.only("name").iterator(BATCH):
        if len(row.name) > length:
            model.objects.filter(pk=row.pk).update(name=row.name[:length])


def begin_passes(apps: Any) -> None:
    """The genre tags of files may name other genres now: “C#” is not “C++”, “Hip‐Hop” is hip-hop."""
    Track, GenreRecompute = apps.get_model("library", "Track"), apps.get_model("library", "GenreRecompute")
    says = Track._base_manager.filter(owner=OuterRef("pk")).exclude(file_genre="")
    owners = apps.get_model("library", "User").objects.filter(Exists(says))
    for pk in owners.order_by("pk").values_list("pk", flat=True):
        row, _ = GenreRecompute.objects.get_or_create(owner_id=pk)
        if row.finished_at:
            row.changed = 0
        row.finished_at, row.after = None, FIRST_ID
        row.save()
    # As if they had stopped long ago: the first sweep of a worker goes on with them.
    GenreRecompute.objects.filter(finished_at=None).update(updated_at="2026-01-01T00:00:00Z")


class Migration(migrations.Migration):
    # One transaction for each batch: a large library would be locked for seconds.
    atomic = False

    dependencies = [("library", "0039_names_as_people_write_them")]

    operations = [migrations.RunPython(forwards, backwards)]
