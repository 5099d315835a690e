"""Tags: a person's own words on tracks, and the suggestions they may take or turn down."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.errors import Refused
from library.models import Act, Rejection, Tag, Tagging, Track, User
from library.models.genres import HUES
from library.text import fold

BATCH = 1000


def tag_add(*, owner: User, name: str, hue: int | None = None) -> Tag:
    """The tag of that name, made if there is none. Raises Refused: `bad_name`."""
    name = _clean(name)
    if hue is None:
        hue = Tag.objects.filter(owner=owner).count() % HUES
    tag, _ = Tag.objects.get_or_create(owner=owner, key=fold(name), defaults={"name": name, "hue": hue})
    return tag


def tag_change(*, tag: Tag, name: str | None = None, hue: int | None = None) -> None:
    """Give a tag another name or colour; it stays on its tracks. Raises Refused: `bad_name`, `taken`."""
    if name is not None:
        name = _clean(name)
        if Tag.objects.filter(owner=tag.owner, key=fold(name)).exclude(pk=tag.pk).exists():
            raise Refused("taken", f"There is a tag “{name}” already. Merge the two instead.")
        tag.name, tag.key = name, fold(name)
    if hue is not None:
        tag.hue = hue % HUES
    tag.save(update_fields=["name", "key", "hue"])


def tag_merge(*, tag: Tag, into: Tag) -> Act:
    """Put `into` on every track that has `tag`, and delete `tag`. The act's `data` says how many were `done`.

    Raises Refused: `same_tag`.
    """
    if tag.pk == into.pk:
        raise Refused("same_tag", "A tag cannot be merged into itself.")
    with transaction.atomic():
        ids = set(tag.taggings.values_list("track_id", flat=True))
        new = ids - set(into.taggings.values_list("track_id", flat=True))
        _put(into, new)
        summary = f"Merged “{tag.name}” into “{into.name}”"
        act = _act(Act.Kind.MERGE, tag.owner, summary, tag, ids, into=into.pk, new=[str(pk) for pk in new])
        tag.delete()
        _touch(ids)
    return act


def tag_delete(*, tag: Tag) -> Act:
    """Delete a tag; its tracks stay. The act's `data` says how many had it, as `done`."""
    with transaction.atomic():
        ids = set(tag.taggings.values_list("track_id", flat=True))
        act = _act(Act.Kind.UNTAG, tag.owner, f"Deleted “{tag.name}”", tag, ids)
        tag.delete()
        _touch(ids)
    return act


def track_tag(*, track: Track, name: str) -> Tag:
    """Put a tag on one track; nothing happens when it is there. Raises Refused: `bad_name`."""
    tag = tag_add(owner=track.owner, name=name)
    Tagging.objects.get_or_create(tag=tag, track=track)
    Rejection.objects.filter(track=track, key=tag.key).delete()
    _touch([track.pk])
    return tag


def track_untag(*, track: Track, tag: Tag) -> None:
    Tagging.objects.filter(track=track, tag=tag).delete()
    _touch([track.pk])


def suggestion_reject(*, track: Track, name: str) -> None:
    """Turn a suggested tag down for good."""
    Rejection.objects.get_or_create(track=track, key=fold(_clean(name)))


def tracks_tag(*, tracks: QuerySet[Track], person: User, name: str) -> Act:
    """Put a tag on many tracks of one person. The act's `data` says how many were `done` and `skipped`."""
    with transaction.atomic():
        tag = tag_add(owner=person, name=name)
        ids = set(tracks.order_by().values_list("pk", flat=True))
        had = set(tag.taggings.values_list("track_id", flat=True))
        new = ids - had
        _put(tag, new)
        for some in itertools.batched(new, BATCH):
            Rejection.objects.filter(track_id__in=some, key=tag.key).delete()
        _touch(new)
        return _act(Act.Kind.TAG, person, f"Tagged “{tag.name}”", tag, new, skipped=len(ids) - len(new))


def tracks_untag(*, tracks: QuerySet[Track], person: User, tag: Tag) -> Act:
    """Take a tag off many tracks."""
    with transaction.atomic():
        ids = set(tracks.order_by().values_list("pk", flat=True))
        had = ids & set(tag.taggings.values_list("track_id", flat=True))
        for some in itertools.batched(had, BATCH):
            tag.taggings.filter(track_id__in=some).delete()
        _touch(had)
        return _act(Act.Kind.UNTAG, person, f"Took off “{tag.name}”", tag, had, skipped=len(ids) - len(had))


def tagging_undo(*, act: Act) -> int:
    """Undo what `tracks_tag`, `tracks_untag`, `tag_merge` or `tag_delete` did. Returns on how many tracks."""
    ids = [UUID(pk) for pk in act.data["tracks"]]
    if act.kind == Act.Kind.TAG:
        done = _take_off(act.person, act.data["tag"], ids)
    else:
        tag = tag_add(owner=act.person, name=act.data["name"], hue=act.data.get("hue"))
        done = 0
        for some in itertools.batched(ids, BATCH):
            there = Track.objects.filter(owner=act.person, pk__in=some).order_by()
            done += _put(tag, there.values_list("pk", flat=True))
    if act.kind == Act.Kind.MERGE:
        _take_off(act.person, act.data["into"], [UUID(pk) for pk in act.data["new"]])
    _touch(ids)
    return done


def _put(tag: Tag, ids: Iterable[UUID]) -> int:
    """Put a tag on tracks that may have it already."""
    return sum(
        len(
            Tagging.objects.bulk_create([Tagging(tag=tag, track_id=pk) for pk in some], ignore_conflicts=True)
        )
        for some in itertools.batched(ids, BATCH)
    )


def _take_off(person: User, tag: int, ids: list[UUID]) -> int:
    """Take a tag, if there still is one of that id, off tracks."""
    taggings = Tagging.objects.filter(tag__owner=person, tag=tag)
    return sum(taggings.filter(track_id__in=some).delete()[0] for some in itertools.batched(ids, BATCH))


def _act(
    kind: Act.Kind, person: User, summary: str, tag: Tag, ids: set[UUID], skipped: int = 0, **more: Any
) -> Act:
    """`more` is what undoing such an act needs to know besides."""
    data = {
        "tag": tag.pk,
        "name": tag.name,
        "hue": tag.hue,
        "tracks": [str(pk) for pk in ids],
        "done": len(ids),
        "skipped": skipped,
        **more,
    }
    return Act.objects.create(person=person, kind=kind, summary=summary, data=data)


def _touch(ids: Iterable[UUID]) -> None:
    """Note when these tracks changed: programs follow changes by that."""
    for some in itertools.batched(ids, BATCH):
        Track.objects.filter(pk__in=some).update(updated_at=timezone.now())


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 40 or not name.isprintable():
        raise Refused("bad_name", "A tag has 1 to 40 characters.", 422)
    return name
