"""Every address of the site, from its URL configuration, for tests that request all of them.

An address with a part that `Fills` has no values for is an error: whoever adds one says here what fits.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.test import Client
from django.urls import get_resolver

UNSAFE = ("post", "put", "patch", "delete")
METHODS = ("get", "head", "options", *UNSAFE)
#: A parameter of a route: `<uuid:track_id>`, or a named group of a regular expression.
PART = re.compile(r"<(?:(\w+):)?(\w+)>")
KINDS: dict[str, type] = {"uuid": UUID, "int": int}
GROUP = re.compile(r"\(\?P<(\w+)>[^()]*\)")

#: Values of route parameters, by name.
PathValues = Mapping[str, Sequence[Any]]


class CrawledUrl(NamedTuple):
    route: str
    """The full route as in `urls.py`, from the root."""
    values: tuple[str, ...]

    @property
    def url(self) -> str:
        left = iter(self.values)
        return "/" + PART.sub(lambda part: next(left), self.route)

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")


def routes() -> list[str]:
    return sorted(set(_routes(get_resolver(), "")))


def addresses(path_values: PathValues) -> Iterator[CrawledUrl]:
    """Yield each address with each combination of values that its converters accept."""
    for route in routes():
        parts = PART.findall(route)
        missing = {name for _, name in parts} - set(path_values)
        assert not missing, f"Nothing is known to put into {route}: say in the test what fits {missing}."
        fitting = [
            [v for v in path_values[name] if isinstance(v, KINDS.get(kind, object))] for kind, name in parts
        ]
        # Values of two parameters belong together by index; a shorter list repeats its first.
        for places in itertools.product(*(range(len(values)) for values in fitting)):
            if 0 in places or len(set(places)) <= 1:
                chosen = (values[place] for values, place in zip(fitting, places, strict=True))
                yield CrawledUrl(route, tuple(map(str, chosen)))


def send_request(
    client: Client, method: str, address: CrawledUrl, fields: dict[str, Any], query: str = ""
) -> Any:
    """Send a request: fields as a form or, to the API, as JSON."""
    url = address.url + query
    if method in ("get", "head", "options"):
        return getattr(client, method)(url)
    if address.is_api:
        return getattr(client, method)(url, fields, content_type="application/json")
    if method == "post":
        return client.post(url, fields)
    return getattr(client, method)(url, b"")


def response_bytes(response: Any) -> bytes:
    """Return the whole response, headers and body, as bytes."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return "\n".join(f"{name}: {value}" for name, value in response.items()).encode() + b"\n\n" + body


def _routes(resolver: Any, before: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        # The few regular expressions are turned into routes.
        own = GROUP.sub(r"<\1>", str(pattern.pattern)).removeprefix("^").removesuffix("$")
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern, before + own)
        else:
            yield before + own
