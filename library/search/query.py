"""A search as text: the query string of a URL, of a saved search or of a request.

Whatever changes, sends or saves tracks parses it with `parse_search`, which refuses a search with an unknown or invalid
parameter: otherwise a mistyped filter would mean the whole library. Pages that only list tracks use `track_filterset`,
which ignores such parameters, and show the `filterset_problems` above the list.
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

#: Parameters of the library's pages that are not filters. `saved` is the id of a saved search that is being changed.
PAGE_PARAMETERS = frozenset({"page", "saved"})


def parse_search(owner: User, text: str, *, extra_params: Collection[str] = ()) -> TrackFilterSet:
    """The search in a query string, over the owner's tracks. Its `qs` has the tracks that it finds.

    The empty text finds everything. `extra_params` are parameters to accept besides filters.
    Raises InvalidSearchError, which names every parameter that is unknown or has an invalid value.
    """
    params = parse_query_string(text)
    filterset = track_filterset(owner, params)
    problems = filterset_problems(filterset, extra_params=extra_params)
    named = {problem.name for problem in problems}
    cleaned = filterset.form.cleaned_data
    problems += [
        SearchProblem(name, f"“{name}” has no value.")
        for name in params
        if name not in named and cleaned.get(name, name) in EMPTY_VALUES
    ]
    if text and not params:
        problems.append(SearchProblem("", f"“{printable_excerpt(text)}” is not a search."))
    if problems:
        raise InvalidSearchError(problems)
    return filterset


def filterset_problems(
    filterset: TrackFilterSet, *, extra_params: Collection[str] = ()
) -> list[SearchProblem]:
    """The parameters that are neither filters nor in `extra_params`, and those with an invalid value."""
    unknown = [name for name in filterset.data if name not in filterset.filters and name not in extra_params]
    return [
        *(SearchProblem(name, f"“{printable_excerpt(name)}” is not a filter.") for name in unknown),
        *(SearchProblem(name, f"“{name}”: {' '.join(errors)}") for name, errors in filterset.errors.items()),
    ]


def search_problems(owner: User, text: str) -> list[SearchProblem]:
    """The problems for which `parse_search` refuses a text; none if it accepts it."""
    try:
        parse_search(owner, text)
    except InvalidSearchError as invalid:
        return list(invalid.problems)
    return []


def parse_query_string(text: str) -> QueryDict:
    """The parameters in a query string. Raises InvalidSearchError if it is not UTF-8 or has too many."""
    most = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    try:
        text.encode()
        if "\0" in text or "%00" in text:
            raise ValueError("NUL")
        parse_qsl(text, errors="strict", max_num_fields=most)
    except ValueError:
        problem = SearchProblem("", f"It is not valid UTF-8, or has more than {most:,} parameters.")
        raise InvalidSearchError([problem]) from None
    return QueryDict(text)


def canonical_query(filterset: TrackFilterSet) -> str:
    """A query string that is the same for equal searches: filters sorted, values by their keys; "" for no filters."""
    known = QueryDict(mutable=True)
    for name in sorted(set(filterset.params) & set(filterset.filters)):
        values = [value.strip() for value in filterset.params.getlist(name)]
        # Of a parameter that takes one value, the last counts.
        values = sorted(set(values)) if filterset.takes_multiple(name) else values[-1:]
        known.setlist(name, [value for value in values if value])
    return known.urlencode()


def search_digest(text: str) -> str:
    """A digest by which a form can prove that its search is the one that the page has shown."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def printable_excerpt(text: str) -> str:
    """User input to be quoted in a message: at most 60 characters, all printable."""
    printable = "".join(letter if letter.isprintable() else "�" for letter in text)
    return printable if len(printable) <= 60 else f"{printable[:59]}…"
