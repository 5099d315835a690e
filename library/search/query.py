"""A search as text: what stands behind the question mark of an address, in saved searches and in requests.

Whatever changes, sends or saves tracks reads it with `parse_search`, which refuses what it does not understand: else a
mistyped filter would mean the whole library. A page that only lists them reads it with `track_filterset`, lists what
the parameters that it understands find, and shows the `problems` of the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import QueryDict

from library.errors import InvalidSearchError, SearchProblem
from library.models import User
from library.search.filters import TrackFilterSet, track_filterset
from library.search.form import EMPTY_VALUES

#: Parameters of the library's pages that are no part of a search.
PAGE_PARAMETERS = frozenset({"page"})


def parse_search(owner: User, text: str, *, extra_params: Collection[str] = ()) -> TrackFilterSet:
    """The search over the owner's tracks that a text says; its `qs` are the tracks that it finds.

    The empty text finds everything. `besides` names parameters that are known though they are no filters.
    Raises InvalidSearchError, which names every parameter that is unknown or has a value that will not do.
    """
    params = parse_query_string(text)
    found = track_filterset(owner, params)
    problems = filterset_problems(found, extra_params=extra_params)
    named = {problem.name for problem in problems}
    cleaned = found.form.cleaned_data
    problems += [
        SearchProblem(name, f"“{name}” has no value.")
        for name in params
        if name not in named and cleaned.get(name, name) in EMPTY_VALUES
    ]
    if text and not params:
        problems.append(SearchProblem("", f"“{printable_excerpt(text)}” is no search."))
    if problems:
        raise InvalidSearchError(problems)
    return found


def filterset_problems(found: TrackFilterSet, *, extra_params: Collection[str] = ()) -> list[SearchProblem]:
    """The parameters that are no filters, but for `besides`, and those whose value will not do."""
    unknown = [name for name in found.data if name not in found.filters and name not in extra_params]
    return [
        *(SearchProblem(name, f"“{printable_excerpt(name)}” is no filter.") for name in unknown),
        *(SearchProblem(name, f"“{name}”: {' '.join(errors)}") for name, errors in found.errors.items()),
    ]


def search_problems(owner: User, text: str) -> list[SearchProblem]:
    """What `parse_search` would refuse a text for."""
    try:
        parse_search(owner, text)
    except InvalidSearchError as invalid:
        return list(invalid.problems)
    return []


def parse_query_string(text: str) -> QueryDict:
    """The parameters in a text. Raises InvalidSearchError when they cannot be told for certain."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    try:
        text.encode()
        if "\0" in text or "%00" in text:
            raise ValueError("NUL")
        parse_qsl(text, errors="strict", max_num_fields=most)
    except ValueError:
        problem = SearchProblem("", f"It is no text in UTF-8, or has more than {most:,} parameters.")
        raise InvalidSearchError([problem]) from None
    return QueryDict(text)


def canonical_query(found: TrackFilterSet) -> str:
    """A search as one text, the same for the same search: its filters by name, genres by their keys; "" for none."""
    known = QueryDict(mutable=True)
    for name in sorted(set(found.params) & set(found.filters)):
        values = [value.strip() for value in found.params.getlist(name)]
        # Of a parameter that has one value, the last counts.
        values = sorted(set(values)) if found.takes_multiple(name) else values[-1:]
        known.setlist(name, [value for value in values if value])
    return known.urlencode()


def search_digest(text: str) -> str:
    """Tells whether a search that comes back with a form is the one that its page has shown."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def printable_excerpt(text: str) -> str:
    """A stranger's text in a sentence of ours: not too long, and without what cannot be printed."""
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= 60 else f"{printable[:59]}…"
