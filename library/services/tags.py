"""Tags that people put on tracks, and suggested tags, which they accept or reject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from library.errors import DomainError
from library.models import BulkAction, Tag, Tagging, TagRejection, Track, User
from library.models.genres import HUES
from library.selectors import refusal_keys_of, tag_named
from library.services.batches import BATCH_SIZE, in_batches
from library.services.bulk_action_records import TakenBatch
from library.services.concept_merging import concept_merge
from library.services.concept_pass_requests import concept_pass_request_if_on
from library.services.edit_conflicts import changed_fields, locked_row, pending_changes
from library.services.names import clean_name, room_check
from library.services.saved_searches import saved_searches_follow_tag
from library.text.folding import name_key, search_text


def tag_add(*, owner: User, name: str, hue: int | None = None, coloured: bool | None = None) -> Tag:
    """The owner's tag of exactly that name, created if there is none.

    `coloured`: whether it shows its colour, or is neutral; if left out, it does if a colour is given.

    Raises DomainError: `bad_name`, `too_many`.
    """
    name = clean_name(name, Tag)
    if known := Tag.objects.filter(owner=owner, key=name_key(name)).first():
        return known
    room_check(owner=owner, model=Tag)
    if coloured is None:
        coloured = hue is not None
    if hue is None:
        hue = Tag.objects.filter(owner=owner).count() % HUES
    tag, _ = Tag.objects.get_or_create(
        owner=owner,
        key=name_key(name),
        defaults={"name": name, "search_text": search_text(name), "hue": hue, "coloured": coloured},
    )
    return tag


def tag_get_or_add(*, owner: User, name: str) -> Tag:
    """The owner's tag that a name stands for (`tag_named`), created if there is none.

    Raises DomainError: `bad_name`, `too_many`.
    """
    return tag_named(owner, clean_name(name, Tag)) or tag_add(owner=owner, name=name)


def tag_change(
    *,
    tag: Tag,
    name: str | None = None,
    hue: int | None = None,
    coloured: bool | None = None,
    shown: Mapping[str, Any] | None = None,
) -> None:
    """Change a tag's name or colour, where it differs from what the person was `shown`. It stays on its tracks.

    With a `hue`, it shows its colour, unless `coloured` is False, which makes it neutral.

    Raises DomainError: `bad_name`, `taken`, `not_found`; ConflictError.
    """
    if coloured is None and hue is not None:
        coloured = True
    given = {"name": name, "hue": None if hue is None else hue % HUES, "coloured": coloured}
    changes = changed_fields({field: value for field, value in given.items() if value is not None}, shown)
    if "name" in changes:
        changes["name"] = clean_name(changes["name"], Tag)
    try:
        with transaction.atomic():
            current = locked_row(tag)
            due = pending_changes(current, changes, shown)
            if "name" in due:
                due |= {"key": name_key(due["name"]), "search_text": search_text(due["name"])}
                saved_searches_follow_tag(tag=current, key=due["key"])
                _rejections_copy(current, due["key"])
            for field, value in due.items():
                setattr(current, field, value)
            current.save(update_fields=due)
            if "name" in due:  # one statement, so that very many tracks take no second
                renamed = current.taggings.order_by().values("track")
                Track.objects.filter(pk__in=renamed).update(updated_at=timezone.now())
    except IntegrityError:
        raise DomainError(
            "taken", f"There is a tag “{changes['name']}” already. Merge the two instead."
        ) from None
    tag.refresh_from_db()


def tag_remove_batch(action: BulkAction) -> TakenBatch:
    """Take the tag that an action deletes or merges off a batch of tracks; with the last one, delete it.

    Merging puts the other tag in its place where it came from the owner. Where Earmark has set it, it just goes.

    Raises DomainError: `not_found`, when the other tag was deleted meanwhile.
    """
    tag, into = _tags_of_removal(action)
    batch = _taggings_batch(tag)
    if is_last := len(batch) < BATCH_SIZE:
        tag, into = _tags_of_removal(action, is_last=True)  # no track can get the tag from now on
        batch = _taggings_batch(tag)
        is_last = len(batch) < BATCH_SIZE
    if tag is None:  # deleted by another action
        return TakenBatch([], is_last=True)
    ids = [tagging.track_id for tagging in batch]
    own = [tagging.track_id for tagging in batch if tagging.concept_id is None]
    new: set[UUID] = set()
    if into:
        new = set(own) - set(own_taggings(into).filter(track__in=own).values_list("track_id", flat=True))
        taggings_add(into, new)
    Tagging.objects.filter(pk__in=[tagging.pk for tagging in batch]).delete()
    if is_last and into:
        searches = saved_searches_follow_tag(tag=tag, key=into.key)
        action.data = {**action.data, "searches": searches}
        action.save(update_fields=["data"])
        concept_merge(taught=tag, into=into)
    if is_last:
        tag.delete()
    tracks_touch(ids)
    concept_pass_request_if_on(owner_id=tag.owner_id)
    return TakenBatch([(pk, {"new": True} if pk in new else None) for pk in own], is_last=is_last)


def track_tag(*, track: Track, name: str) -> Tag:
    """Put a tag on one track, if it is not there already. One that Earmark has set is the owner's from then on.

    Raises DomainError: `bad_name`, `too_many`; `not_found`, when the tag is being deleted by somebody else.
    """
    with transaction.atomic():
        tag = locked_row(tag_get_or_add(owner=track.owner, name=name))
        taggings_add(tag, [track.pk])
        TagRejection.objects.filter(track=track, key__in=refusal_keys_of(tag)).delete()
        tracks_touch([track.pk])
        concept_pass_request_if_on(owner_id=track.owner_id)
    return tag


def track_untag(*, track: Track, tag: Tag) -> None:
    """Remove a tag from one track. It is not suggested for that track again."""
    with transaction.atomic():
        if Tagging.objects.filter(track=track, tag=tag).delete()[0]:
            TagRejection.objects.get_or_create(track=track, key=tag.key)
        tracks_touch([track.pk])
        concept_pass_request_if_on(owner_id=track.owner_id)


def tagging_undo(*, track: Track, tagging_id: int) -> bool:
    """Remove a tag from one track as if it had never been put there; False if that tagging is gone already."""
    with transaction.atomic():
        removed: int = Tagging.objects.filter(track=track, pk=tagging_id).delete()[0]
        if removed:
            tracks_touch([track.pk])
            concept_pass_request_if_on(owner_id=track.owner_id)
    return bool(removed)


def suggestion_reject(*, track: Track, name: str) -> None:
    """Reject a suggested tag, so that it is not suggested for that track again; one that Earmark has set is removed."""
    key = name_key(clean_name(name, Tag))
    with transaction.atomic():
        TagRejection.objects.get_or_create(track=track, key=key)
        if Tagging.objects.filter(track=track, tag__key=key, concept__isnull=False).delete()[0]:
            tracks_touch([track.pk])
        concept_pass_request_if_on(owner_id=track.owner_id)


def tag_data(tag: Tag) -> dict[str, Any]:
    """What an undo needs to know about a tag, even if it was deleted by then."""
    return {"tag": tag.pk, "name": tag.name, "hue": tag.hue, "coloured": tag.coloured}


def taggings_add(tag: Tag, ids: Iterable[UUID]) -> int:
    """Put a tag on tracks that may have it already, also where Earmark has set it: there it is the owner's then."""
    count = 0
    for batch in in_batches(ids):
        tag.taggings.filter(track__in=batch, concept__isnull=False).update(concept=None)
        new = [Tagging(tag=tag, track_id=pk) for pk in batch]
        count += len(Tagging.objects.bulk_create(new, ignore_conflicts=True))
    return count


def own_taggings(tag: Tag) -> QuerySet[Tagging]:
    """Where a tag comes from its owner."""
    return tag.taggings.filter(concept=None)


def tracks_touch(ids: Iterable[UUID]) -> None:
    """Set when these tracks changed, for programs that follow changes."""
    for batch in in_batches(ids):
        Track.objects.filter(pk__in=batch).update(updated_at=timezone.now())


def _tags_of_removal(action: BulkAction, *, is_last: bool = False) -> tuple[Tag | None, Tag | None]:
    """The tag that an action deletes, None if it is gone; and the one into which it is merged, locked."""
    tag_id, into_id = action.data["tag"], action.data.get("into")
    tags = Tag.objects.filter(owner=action.person)
    if is_last:  # in one order, so that two merges cannot deadlock
        locked = {
            tag.pk: tag
            for tag in tags.select_for_update().filter(pk__in=[tag_id, into_id or 0]).order_by("pk")
        }
    else:
        locked = {tag.pk: tag for tag in tags.filter(pk=tag_id)}
        locked |= {tag.pk: tag for tag in tags.select_for_update(no_key=True).filter(pk=into_id or 0)}
    if into_id and into_id not in locked:
        raise DomainError("not_found", "The tag to merge into was deleted meanwhile.", 404)
    return locked.get(tag_id), locked.get(into_id)


def _taggings_batch(tag: Tag | None) -> list[Tagging]:
    if tag is None:
        return []
    return list(
        tag.taggings.order_by("track").only("track", "concept")[:BATCH_SIZE]
    )  # in the order of an index


def _rejections_copy(tag: Tag, key: str) -> None:
    """What was rejected for a tag is rejected for it under another key, too."""
    rejections = TagRejection.objects.filter(track__owner=tag.owner_id, key=tag.key)
    for batch in in_batches(rejections.values_list("track_id", flat=True)):
        TagRejection.objects.bulk_create(
            [TagRejection(track_id=pk, key=key) for pk in batch], ignore_conflicts=True
        )
