"""What people type into the search field: words, phrases in quotes, and words for one field, such as `artist:abba`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q

from library.genres import UNSURE
from library.models import Tagging, TrackArtist, User
from library.search.filter_types import genre_condition
from library.search.words import words_condition
from library.selectors import genre_names_of, track_count_by_genre
from library.text.folding import search_text, without_signs

#: The fields that a prefix names. Anything else before a colon is part of a word.
FIELDS = ("artist", "album", "genre", "tag", "year")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"') | {"：": ":"})
_TERM = re.compile(
    rf'(?:(?P<field>{"|".join(FIELDS)}):)?(?:"(?P<phrase>[^"]*)"(?!\S)|(?P<word>\S+))', re.IGNORECASE
)
_YEARS = re.compile(r"(?P<year>\d{1,4})|(?P<decade>\d{3}0)s|(?P<first>\d{1,4})? ?- ?(?P<last>\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words that stand together (`is_phrase`), in one of the `FIELDS`, or anywhere if that is ""."""

    text: str
    field: str = ""
    is_phrase: bool = False


def typed_terms(text: str) -> list[Term]:
    """The terms of a text. Signs alone are none, unless there is nothing else."""
    terms = []
    for found in _TERM.finditer(text.translate(_QUOTES)):
        field, phrase, word = (found["field"] or "").lower(), found["phrase"], found["word"]
        value = search_text(word if phrase is None else phrase)
        if not value or (field == "year" and years_named(value) is None):
            field, value = "", search_text(found[0])
        if field or phrase is not None:
            terms.append(Term(value, field, is_phrase=phrase is not None and " " in value))
        else:
            terms += [Term(one) for one in value.split()]
    terms = [term for term in terms if term.text]
    return [term for term in terms if term.field or without_signs(term.text)] or terms


def plain_words(text: str) -> str:
    """The words of a text that names no field; "" if it does."""
    terms = typed_terms(text)
    return "" if any(term.field for term in terms) else " ".join(term.text for term in terms)


def years_named(text: str) -> tuple[int | None, int | None] | None:
    """The first and last year of `1990`, `1990-1999`, `1990-`, `-1999` or `1990s`; None for anything else."""
    found = _YEARS.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    if year := found["year"] or found["decade"]:
        return int(year), int(year) + (9 if found["decade"] else 0)
    first, last = (int(year) if year else None for year in (found["first"], found["last"]))
    return first, last


def field_condition(owner: User, term: Term) -> Q:
    """The tracks of which the field that a term names has its text."""
    if term.field == "year":
        first, last = years_named(term.text) or (None, None)
        bounds = {"year__gte": first, "year__lte": last}
        return Q(**{lookup: year for lookup, year in bounds.items() if year is not None})
    if term.field == "genre":
        return genre_condition(_genres_of(owner, term.text))
    if term.field == "tag":
        tagged = Tagging.objects.filter(tag__owner=owner, tag__search_text__contains=term.text)
        return Q(pk__in=tagged.values("track"))
    if term.field == "album":
        return words_condition(owner, term.text) & Q(sort_album__contains=term.text)
    named = TrackArtist.objects.filter(artist__owner=owner, artist__sort_name__contains=term.text).order_by()
    return words_condition(owner, term.text) & (
        Q(sort_artist__contains=term.text) | Q(pk__in=named.values("track"))
    )


def _genres_of(owner: User, text: str) -> list[str]:
    """The keys of the genres of this name; if there are none, of those that have it as a part of their name."""
    names = {genre.key: genre.name for genre in genre_names_of(owner)} | {UNSURE: "Not sure"}
    # A custom model may predict other genres.
    return _named(names, text) or _named({key: key for key in track_count_by_genre(owner) if key}, text)


def _named(names: dict[str, str], text: str) -> list[str]:
    squashed = {key: _squashed(name) for key, name in names.items()}
    wanted = _squashed(text)
    return (
        [key for key, name in names.items() if search_text(name) == text]
        or [key for key, name in squashed.items() if wanted in (name, key)]
        or [key for key, name in squashed.items() if wanted in name]
    )


def _squashed(text: str) -> str:
    """A text without blanks and signs: "Hip-hop" is searched as `hip hop`, too."""
    folded = search_text(text)
    return without_signs(folded).replace(" ", "") or folded
