"""Putting tags on many tracks and taking them off, batch by batch, and undoing that.

An action has one tag in its `data`; or several as a list there, each with what is known about it. Then what an undo
needs to know about a track is kept for each tag, by the tag's place in that list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from library.models import BulkAction, BulkActionTrack, Tag, Tagging, TagRejection, Track, User
from library.selectors import refusal_keys_of
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.saved_searches import saved_searches_restore
from library.services.tags import own_taggings, tag_data, taggings_add, tracks_touch
from library.text.folding import name_key, search_text

#: What an undo needs to know about tracks that have changed, by their ids.
Before = Mapping[UUID, dict[str, bool] | None]


def tags_data(tags: Sequence[Tag]) -> dict[str, Any]:
    """What an action needs to know about its tags, even if they were deleted by then."""
    known = [tag_data(tag) for tag in tags]
    return known[0] if len(known) == 1 else {"tags": known}


def tracks_tag_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, Any]:
    """Put an action's tags on a batch of tracks, and forget where they were rejected as suggestions."""
    return _with_each_tag(action, ids, _put)


def tracks_tag_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Remove an action's tags where the action added them, and restore rejections of them as suggestions."""
    return _undo_with_each_tag(action, targets, _undo_put)


def tracks_untag_apply(action: BulkAction, ids: list[UUID]) -> dict[UUID, Any]:
    """Remove an action's tags from a batch of tracks. They are not suggested for them again."""
    return _with_each_tag(action, ids, _remove)


def tracks_untag_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Put an action's tags back where they were; deleted ones are created again.

    Where Earmark had set one, it sets it again if it still is sure.
    """
    return _undo_with_each_tag(action, targets, _undo_remove)


def tag_merge_undo(action: BulkAction, targets: list[BulkActionTrack]) -> int:
    """Put a merged tag back on its tracks, and remove the other where the merge added it."""
    new = [target.track_id for target in targets if (target.before or {}).get("new")]
    Tagging.objects.filter(tag__owner=action.person, tag=action.data["into"], track__in=new).delete()
    saved_searches_restore(owner=action.person, followed=action.data.get("searches", ()))
    return _undo_with_each_tag(action, targets, _restore)


def _with_each_tag(
    action: BulkAction, ids: list[UUID], change: Callable[[User, dict[str, Any], list[UUID]], Before]
) -> dict[UUID, Any]:
    """Change a batch of tracks with each tag of an action; returns those that changed, as `apply` does."""
    changed = [change(action.person, known, ids) for known in _known_tags(action)]
    touched = {pk for before in changed for pk in before}
    tracks_touch(touched)
    concept_pass_request_if_on(owner_id=action.person_id)
    if "tags" not in action.data:
        return dict(changed[0])
    return {
        pk: {str(place): before[pk] for place, before in enumerate(changed) if pk in before} for pk in touched
    }


def _undo_with_each_tag(
    action: BulkAction,
    targets: list[BulkActionTrack],
    undo: Callable[[User, dict[str, Any], Before], set[UUID]],
) -> int:
    """Undo a batch of tracks with each tag of an action; returns on how many of those in the library it did."""
    undone: set[UUID] = set()
    for place, known in enumerate(_known_tags(action)):
        if "tags" in action.data:
            key = str(place)
            before = {
                each.track_id: each.before[key] for each in targets if each.before and key in each.before
            }
        else:
            before = {each.track_id: each.before for each in targets}
        undone |= undo(action.person, known, before)
    tracks_touch(target.track_id for target in targets)
    concept_pass_request_if_on(owner_id=action.person_id)
    return len(undone)


def _known_tags(action: BulkAction) -> list[dict[str, Any]]:
    """What an action knows about each of its tags, in one order for all batches and requests."""
    known: list[dict[str, Any]] = action.data.get("tags") or [action.data]
    return known


def _put(person: User, known: dict[str, Any], ids: list[UUID]) -> Before:
    tag = _tag_get_or_recreate(person, known)
    own = Track.objects.filter(owner=person, pk__in=ids).values_list("pk", flat=True)
    new = set(own) - set(own_taggings(tag).filter(track__in=ids).values_list("track_id", flat=True))
    taggings_add(tag, new)
    turned_down = TagRejection.objects.filter(track__in=new, key__in=refusal_keys_of(tag))
    rejected = set(turned_down.values_list("track_id", flat=True))
    turned_down.delete()
    return {pk: {"rejected": True} if pk in rejected else None for pk in new}


def _undo_put(person: User, known: dict[str, Any], before: Before) -> set[UUID]:
    taggings = Tagging.objects.filter(tag__owner=person, tag=known["tag"], track__in=list(before))
    live = set(taggings.filter(track__deleted_at=None).values_list("track_id", flat=True))
    taggings.delete()
    key = name_key(known["name"])
    TagRejection.objects.bulk_create(
        (TagRejection(track_id=pk, key=key) for pk, was in before.items() if (was or {}).get("rejected")),
        ignore_conflicts=True,
    )
    return live


def _remove(person: User, known: dict[str, Any], ids: list[UUID]) -> Before:
    taggings = Tagging.objects.filter(tag__owner=person, tag=known["tag"], track__in=ids)
    concepts = dict(taggings.filter(track__deleted_at=None).values_list("track_id", "concept"))
    had = set(concepts)
    taggings.filter(track__in=had).delete()
    key = name_key(known["name"])
    rejected = set(TagRejection.objects.filter(track__in=had, key=key).values_list("track_id", flat=True))
    new = had - rejected
    TagRejection.objects.bulk_create(
        (TagRejection(track_id=pk, key=key) for pk in new), ignore_conflicts=True
    )
    return {pk: _removed(rejects=pk in new, is_set=concepts[pk] is not None) for pk in had}


def _removed(*, rejects: bool, is_set: bool) -> dict[str, bool] | None:
    """What undoing the removal of a tag needs to know: whether that has rejected it, and whether Earmark had set it."""
    return {name: True for name, holds in (("rejects", rejects), ("set", is_set)) if holds} or None


def _undo_remove(person: User, known: dict[str, Any], before: Before) -> set[UUID]:
    rejects = [pk for pk, was in before.items() if (was or {}).get("rejects")]
    TagRejection.objects.filter(track__in=rejects, key=name_key(known["name"])).delete()
    return _restore(person, known, before)


def _restore(person: User, known: dict[str, Any], before: Before) -> set[UUID]:
    """Put a tag back on tracks, where it was its owner's; returns those in the library that have lacked it."""
    tag = _tag_get_or_recreate(person, known)
    mine = Track.all_objects.filter(owner=person, pk__in=list(before))
    lacking = mine.filter(deleted_at=None).exclude(taggings__tag=tag)
    live = set(lacking.order_by().values_list("pk", flat=True))
    was_set = {pk for pk, was in before.items() if (was or {}).get("set")}
    taggings_add(tag, mine.exclude(pk__in=was_set).order_by().values_list("pk", flat=True))
    return live


def _tag_get_or_recreate(person: User, known: dict[str, Any]) -> Tag:
    """A tag that an action knows; if it was deleted, it is created again with the same id.

    If another tag has taken its name, that one replaces it from now on, in every action of the person.
    """
    tag = Tag.objects.filter(owner=person, pk=known["tag"]).first()
    if tag:
        return tag
    tag, _ = Tag.objects.get_or_create(
        owner=person,
        key=name_key(known["name"]),
        defaults={
            "pk": known["tag"],
            "name": known["name"],
            "search_text": search_text(known["name"]),
            "hue": known["hue"],
            "coloured": known.get("coloured", False),
        },
    )
    if tag.pk != known["tag"]:
        _tag_replace(person, known["tag"], tag.pk)
        known["tag"] = tag.pk
    return tag


def _tag_replace(person: User, old: int, new: int) -> None:
    """Have every action of a person that knows one tag know another instead."""
    about_tags = BulkAction.objects.filter(Q(data__tag=old) | Q(data__has_key="tags"), person=person)
    for action in about_tags:
        for known in _known_tags(action):
            if known["tag"] == old:
                known["tag"] = new
                BulkAction.objects.filter(pk=action.pk).update(data=action.data)
