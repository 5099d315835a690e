"""Tracks that have some words among their names."""

from __future__ import annotations

from django.db.models import Q

from library.models import Track, User


def word_condition(owner: User, word: str) -> Q:
    """The tracks of an owner that have a text, made by `search_text`, among the words of their names.

    Words of very long names are looked for in a second column. No index holds it, so it is left out of the condition
    when nothing there fits, which one quick query tells.
    """
    found = Q(search_text__contains=word)
    long = Track.all_objects.filter(
        owner=owner, long_search_text__gt="", long_search_text__contains=word
    ).order_by()
    return found | Q(pk__in=long.values("pk")) if long.exists() else found


def words_condition(owner: User, text: str) -> Q:
    """The tracks that have each word of a text somewhere. Databases look for that in an index."""
    condition = Q()
    for word in text.split():
        condition &= word_condition(owner, word)
    return condition


def phrase_condition(owner: User, text: str) -> Q:
    """The tracks of which title, artist, album or file name has these words together."""
    together = Q(sort_title__contains=text) | Q(sort_artist__contains=text) | Q(sort_album__contains=text)
    return words_condition(owner, text) & (together | Q(original_name__icontains=text))
