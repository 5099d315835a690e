"""Tags and suggestions for tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from classifier.visible import is_visible_text
from library.genres import BUILTIN_GENRES, finer_genre_names
from library.models import Answer, Tag, Tagging, TagRejection, Track, User
from library.models.tracks import NAME_LENGTH, NAME_ROOM
from library.selectors.bin import binned_ids_of
from library.text.folding import NameIndex, key_of_before, name_key, search_text

#: A mood is suggested as a tag from this score on: a fifth of all music scores higher.
SUGGESTION_THRESHOLD = 0.8
MAX_SUGGESTIONS = 4


def tags_of(owner: User) -> QuerySet[Tag]:
    return Tag.objects.filter(owner=owner)


def tags_containing(owner: User, text: str) -> QuerySet[Tag]:
    """The owner's tags with this text in their names, in any case and with or without accents; all for an empty one."""
    return tags_of(owner).filter(search_text__contains=search_text(text)) if text.strip() else tags_of(owner)


def tag_completions(owner: User, text: str, most: int) -> list[str]:
    """What a text in a field for tags may become: the name after its last comma completed, or all of it one name.

    At most so many of each. Tags that the text names already are left out, and names with commas behind another name:
    they would be taken apart (`services.typed_tags`).
    """
    whole = [tag.name for tag in tags_containing(owner, text)[:most]]
    *before, last = text.split(",")
    if not before:
        return whole
    keys = [name_key(name) for name in before]
    found = tags_containing(owner, last.strip()).exclude(name__contains=",").exclude(key__in=keys)
    start = text[: len(text) - len(last.lstrip())]
    return [*whole, *(start + tag.name for tag in found[:most])]


def tag_named(owner: User, name: str) -> Tag | None:
    """The owner's tag with that name, in any case; without one, the only tag that has it but for accents."""
    return tag_index_of(owner, [name]).get(name)


def tag_index_of(owner: User, names: Iterable[str]) -> NameIndex[Tag]:
    """The tags of the owner that some names may stand for."""
    by_key = {name_key(name): name for name in names}
    found = list(tags_of(owner).filter(key__in=by_key))
    if others := by_key.keys() - {tag.key for tag in found}:
        found += tags_of(owner).filter(search_text__in={search_text(by_key[key]) for key in others})
    return NameIndex((tag.name, tag) for tag in found)


def refusal_keys_of(tag: Tag) -> set[str]:
    """The keys under which a tag may have been refused: also that of the first version, unless it is another tag's."""
    before = key_of_before(tag.name)
    if before == tag.key or Tag.objects.filter(owner=tag.owner_id, key=before).exists():
        return {tag.key}
    return {tag.key, before}


def tags_with_counts(owner: User, text: str = "") -> QuerySet[Tag]:
    """The owner's tags with this text in their names, each with `track_count`."""
    in_library = ~Q(taggings__track__in=binned_ids_of(owner))
    return (
        tags_containing(owner, text)
        .annotate(track_count=Count("taggings", filter=in_library))
        .order_by("search_text", "key")
    )


def tags_on(owner: User, track: Track) -> QuerySet[Tag]:
    return tags_of(owner).filter(taggings__track=track)


def with_taggings(path: str = "taggings") -> Prefetch[Any]:
    """For `prefetch_related`: what `taggings_on` returns. `path` leads from the rows to the taggings of tracks."""
    return Prefetch(path, Tagging.objects.select_related("tag"), to_attr="shown_taggings")


def taggings_on(track: Track) -> list[Tagging]:
    """The tags on a track of which the caller knows that its reader may see it, and where they come from."""
    prefetched: list[Tagging] | None = getattr(track, "shown_taggings", None)
    if prefetched is not None:
        return prefetched
    return list(Tagging.objects.filter(track=track).select_related("tag"))


def tag_suggestions_for(owner: User, track: Track) -> list[str]:
    """Names of tags that may fit a track: genres of its file that are finer than the built-in ones, and strong moods.

    Tags that the track has already and rejected suggestions are left out.
    """
    is_own_genre = track.file_label and track.file_label not in BUILTIN_GENRES
    candidates = [] if is_own_genre else finer_genre_names(track.file_genre)
    if track.prediction:
        strongest = sorted(track.prediction.moods.items(), key=lambda pair: -pair[1])
        candidates += [name for name, score in strongest if score >= SUGGESTION_THRESHOLD]
    refused = Answer.objects.filter(track=track, track__owner=owner, yes=False, concept__tag__owner=owner)
    known = set(refused.values_list("concept__tag__key", flat=True))
    known |= set(TagRejection.objects.filter(track=track, track__owner=owner).values_list("key", flat=True))
    tagged = Tagging.objects.filter(track=track, track__owner=owner)
    has = set(tagged.values_list("tag__search_text", flat=True))
    return [
        name
        for name in candidates
        if is_visible_text(name, NAME_LENGTH, NAME_ROOM)
        and search_text(name) not in has
        and known.isdisjoint({name_key(name), key_of_before(name)})
    ][:MAX_SUGGESTIONS]
