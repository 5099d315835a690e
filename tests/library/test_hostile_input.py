"""Whatever comes from outside, no answer is a 5xx: every address, parameter, field, header and kind of body.

Addresses are taken from the URL configuration, fields from forms, views and the schema, headers from the code, so that
new ones are tried, too. Each place gets some of the values; `EARMARK_FUZZ_EXAMPLES` sets how many.
"""

from __future__ import annotations

import gzip
import inspect
import itertools
import json
import os
import random
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django import forms
from django.core.signals import got_request_exception
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import Resolver404, resolve
from drf_spectacular.generators import SchemaGenerator

from library.api.pagination import encode_cursor
from library.models import User
from library.search.filters import TrackFilterSet
from tests.crawl import METHODS, PART, CrawledUrl, PathValues, addresses, response_bytes
from tests.factories import close_response, signed_in, with_token
from tests.library import test_crawl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]
path_values = test_crawl.path_values

VALUES_PER_PLACE = int(os.environ.get("EARMARK_FUZZ_EXAMPLES", "1"))
ROOT = Path(__file__).parents[2]
TEXTS = [
    "9" * 5000,
    "9" * 19,
    "-" + "9" * 400,
    "-1",
    "0",
    "1e400",
    "1" + "0" * 400 + ".5",
    "NaN",
    "Infinity",
    "²",  # a digit that is no number
    "١٢",  # digits of another script
    "½" * 27,  # longer once it is decomposed
    "ﷺ" * 40,  # 18 letters each
    "İ" * 40,  # two letters in lower case
    "́" * 3,  # accents on nothing
    "a\0b",
    "\x85 ",
    "\u202e\u200b\U000e0001",
    "😀" * 50,
    "a" * 3000,
    "," * 500,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "0001-01-01",
    "9999-12-31",
    "2026-13-45T99:99:99Z",
    "%00",
    "'\"<>&\\",
    "../../x",
    "//evil.example/",
    "http://[",
    "00000000-0000-0000-0000-00000000000A",
    "tag:" + "½" * 27,
    "genre:",
    "playlist:x",
    "confirm",
    "delete",
    "{}",
    "[[",
    "=?&#",
    "true",
    "",
    encode_cursor(["9999-12-31T23:59:59+00:00", "x"]),
    encode_cursor([10**40, 1e308]),
    encode_cursor(["\ud800", None]),
]
JSON_VALUES: list[Any] = [
    *TEXTS, None, True, 10**30, -1, 0, 0.5, 1e308, "\ud800", [], {}, [[]], [None], [{}], {"a": {"b": []}},
    ["½" * 27], ["a\0b"], [-1], [10**30], ["x"] * 2000,
]  # fmt: skip
#: Headers that Django, DRF and the libraries read.
KNOWN_HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Length",
    "Content-Type", "Cookie", "Host", "If-Match", "If-Modified-Since", "If-None-Match", "If-Range",
    "If-Unmodified-Since", "Origin", "Range", "Referer", "Transfer-Encoding", "User-Agent", "X-CSRFToken",
    "X-Forwarded-For", "X-Forwarded-Proto", "X-Requested-With",
)  # fmt: skip
HEADER_TEXTS = [
    *TEXTS,
    "bytes=" + "9" * 5000 + "-",
    "bytes=0-" + "9" * 5000,
    "bytes=-" + "9" * 5000,
    "bytes=0-1,3-4",
    "Bearer " + "½" * 27,
    "Bearer ",
    "Token a\0b",
    "sha256 " + "9" * 5000,
    "sha1 !",
    "filename " + "9" * 5001,
    'sessionid="\\000aaaaaaaaaaa"; csrftoken="\\000"; messages="\\000"; new_token=x:y:z',
    "sessionid=" + "9" * 5000,
    "gzip",
    "application/json; charset=hex",
    "application/json; charset=utf-16",
    "text/plain; charset=zlib",
    "application/x-www-form-urlencoded; charset=undefined",
    "multipart/form-data; boundary=" + "a" * 500,
    "multipart/form-data",
    "application/offset+octet-stream",
    'W/"',
    "*",
    "Thu, 01 Jan 0000 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "PATCH",
    "DELETE",
    "__class__",
]
#: Routes at which a header is read, where it is not everywhere.
HEADERS_OF_SOME = {
    "If-Range": "audio/|file/|original/",
    "Last-Event-ID": "events",
    "Prefer": "acts/",
    "Range": "audio/|file/|original/",
    "Tus-Resumable": "uploads/",
    "Upload-Checksum": "uploads/",
    "Upload-Length": "uploads/",
    "Upload-Metadata": "uploads/",
    "Upload-Offset": "uploads/",
    "X-HTTP-Method-Override": "uploads/",
}
#: What the admin's own pages read.
ADMIN_NAMES = (
    "q", "o", "p", "e", "all", "_popup", "_to_field", "_changelist_filters", "action", "_selected_action", "index",
    "select_across", "post", "created_at__year", "created_at__month", "created_at__day", "created_at__gte", "review",
    "status__exact", "heard", "error_code", "kind", "top", "whose", "undone", "genre", "needs_you__exact", "owner__id",
    "term", "app_label", "model_name", "field_name", "email", "password", "password1", "password2", "is_active",
    "usable_password", "user_permissions", "username", "next", "genre_source__exact", "file_check__damage", "track",
    "status", "task_path", "CHANGE_FORM-action", "CHANGE_FORM-genre",
)  # fmt: skip
MULTIPART = "multipart/form-data; boundary=x"
BODIES: list[tuple[str, bytes]] = [
    ("application/json", b"[" * 50_000),
    ("application/json", b"[" * 50_000 + b"]" * 50_000),
    ("application/json", b'{"name":' * 50_000 + b"1" + b"}" * 50_000),
    ("application/json", b'{"name":' + b"[" * 500 + b"]" * 500 + b"}"),
    ("application/json", b'{"expected":' + b"9" * 5000 + b"}"),
    ("application/json", b'{"x":1e400,"y":-1e400,"position":1e400,"count":1e400}'),
    ("application/json", b'{"name":"\\ud800","act":"\\ud800","value":"\\udfff","fields":["\\ud800"]}'),
    ("application/json", b'{"\\u0000":"\\u0000","name":"\\u0000","act":"\\u0000"}'),
    ("application/json", b'{"name":NaN}'),
    ("application/json", b'{"name":"\xff"}'),
    ("application/json", b"\xef\xbb\xbf{}"),
    ("application/json", b"null"),
    ("application/json", b'"name"'),
    ("application/json", b"7"),
    ("application/json", b"[1]"),
    ("application/json", b""),
    ("application/json", b'"' + b"a" * 3_000_000 + b'"'),
    ("application/json; charset=hex", b"7b7d"),
    ("application/json; charset=utf-16", "{}".encode("utf-16")),
    ("application/x-www-form-urlencoded", b"&" * 2000),
    ("application/x-www-form-urlencoded", b"name=%00&name=%FF&name=%ED%A0%80&%00=1"),
    ("application/x-www-form-urlencoded", b"name=" + b"a" * 3_000_000),
    ("application/x-www-form-urlencoded; charset=zlib", b"name=%20"),
    (MULTIPART, b""),
    (MULTIPART, b"--x\r\n"),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na\0b\r\n--x--\r\n'),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\0b"\r\n\r\nRIFF\r\n--x--\r\n',
    ),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nRIFF'),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="..."\r\n\r\n[[[\r\n--x--\r\n',
    ),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
    ),
    (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        + b"[" * 100_000
        + b"\r\n--x--\r\n",
    ),
    ("application/offset+octet-stream", b"RIFF"),
    ("text/plain", gzip.compress(b"{}")),
    ("nonsense", b"\0"),
]


class Fuzzer:
    """Sends requests as bob and as nobody, each in a transaction that is rolled back, and notes what was a 5xx."""

    def __init__(self, bob: User) -> None:
        self.page, self.program, self.nobody = signed_in(bob), with_token(bob), Client()
        for client in (self.page, self.program, self.nobody):
            client.raise_request_exception = False
        self.cookies = self.page.cookies.output()
        self.failed: list[str] = []
        self.count = 0
        self.error: Any = None

    def send(self, what: str, method: str, url: str, body: bytes = b"", kind: str = "", **more: Any) -> int:
        path = url.partition("?")[0]
        client = self.program if path.startswith(("/api/", "/file-upload")) else self.page
        if path.startswith(("/account/login", "/account/signup", "/account/password")):
            client = self.nobody
        session = dict(client.cookies)
        self.count += 1
        self.error = None
        with transaction.atomic():
            response = client.generic(
                method.upper(), path, body, kind or "text/plain", QUERY_STRING=url.partition("?")[2], **more
            )
            response_bytes(response)
            close_response(response)
            transaction.set_rollback(True)
        client.cookies.clear()
        client.cookies.update(session)
        if response.status_code >= 500:
            self.failed.append(f"{method} {path[:80]}, {what[:80]}: {self.error!r:.300}")
            print(self.failed[-1], flush=True)
        return int(response.status_code)

    def report(self) -> None:
        assert self.count > 100
        assert not self.failed, "\n".join(sorted(set(self.failed)))

    def note(self, sender: Any, request: HttpRequest, **more: Any) -> None:
        self.error = sys.exc_info()[1]


@pytest.fixture
def fuzzer(bob: User) -> Iterator[Fuzzer]:
    found = Fuzzer(bob)
    got_request_exception.connect(found.note)
    yield found
    got_request_exception.disconnect(found.note)


def some_of[T](values: list[T], place: str, times: int = 1) -> Iterable[T]:
    """A few of the values, others for each place, the same in each run."""
    count = min(VALUES_PER_PLACE * times, len(values))
    return random.Random(place).sample(values, count)  # type: ignore[return-value]


def first_addresses(path_values: PathValues) -> list[CrawledUrl]:
    """One address for each route that leads to something."""
    by_route = {}
    for address in addresses(path_values):
        by_route.setdefault(address.route, address)
    return list(by_route.values())


def view_of(address: CrawledUrl) -> Any:
    try:
        view = resolve(address.url).func
    except Resolver404:
        return None
    return getattr(view, "cls", None) or getattr(view, "view_class", None) or inspect.unwrap(view)


READ = re.compile(r'(?:GET|POST|FILES|params|data)(?:\.get|\.getlist)?[(\[]"([\w-]+)"')


def names_read_by(view: Any) -> set[str]:
    """The parameters and fields that the module of a view reads, itself or by its forms."""
    module = sys.modules[view.__module__]
    names = set(READ.findall(inspect.getsource(module)))
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, forms.BaseForm):
            names |= set(getattr(found, "base_fields", ()))
    return names | {f"initial-{name}" for name in names & {"name", "title", "year", "hue"}}


def test_parts_of_addresses(fuzzer: Fuzzer, path_values: PathValues) -> None:
    for address in first_addresses(path_values):
        for place in range(len(address.values)):
            for text, method in zip(
                some_of(TEXTS, address.route, 4), itertools.cycle(("get", "post", "patch", "delete", "head"))
            ):
                values = list(address.values)
                values[place] = quote(text, safe="")
                fuzzer.send(text, method, CrawledUrl(address.route, tuple(values)).url)
    fuzzer.report()


def test_query_strings(fuzzer: Fuzzer, path_values: PathValues) -> None:
    in_schema = {(path, row["name"]) for path, row in schema_parameters() if row["in"] == "query"}
    for address in first_addresses(path_values):
        if address.url.startswith("/admin/"):
            names = set(random.Random(address.route).sample(ADMIN_NAMES, 12))
        elif address.is_api:
            names = {name for path, name in in_schema if same_route(path, address.route)}
        elif view := view_of(address):
            names = names_read_by(view) | {"page"}
        for name in names:
            for text in some_of(TEXTS, name + address.route, 2):
                fuzzer.send(f"{name}={text}", "get", f"{address.url}?{urlencode({name: text})}")
    urls = itertools.cycle(("/", "/api/v1/tracks/", "/facets/"))
    for name in TrackFilterSet.base_filters:
        for text in some_of(TEXTS, name, 6):
            fuzzer.send(f"{name}={text}", "get", f"{next(urls)}?{urlencode({name: text})}")
    fuzzer.report()


def test_fields_of_forms(fuzzer: Fuzzer, path_values: PathValues) -> None:
    valid = {
        "track": str(path_values["track_id"][0]), "genre": "jazz", "name": "new", "title": "new", "to": "0",
        "current_password": "x", "email": "x@example.org", "share": "on", "query": "", "act": "tag", "tag": "live",
        "post": "yes", "action": "delete_selected", "_selected_action": str(path_values["track_id"][0]),
    }  # fmt: skip
    for address in first_addresses(path_values):
        if address.is_api or "logout" in address.url:
            continue
        view = view_of(address)
        names = (
            set(ADMIN_NAMES) if address.url.startswith("/admin/") else names_read_by(view) if view else set()
        )
        for name in names | {"next"}:
            for text in some_of(TEXTS, name + address.route, 2):
                fields = {other: valid[other] for other in names & set(valid)} | {name: text}
                body = urlencode(fields).encode()
                fuzzer.send(f"{name}={text}", "post", address.url, body, "application/x-www-form-urlencoded")
    fuzzer.report()


def test_fields_of_the_api(fuzzer: Fuzzer, path_values: PathValues) -> None:
    for path, method, fields in schema_bodies():
        url = next(
            (found.url for found in first_addresses(path_values) if same_route(path, found.route)), None
        )
        assert url, path
        for name in fields:
            for value in some_of(JSON_VALUES, method + path + name, 4):
                body = json.dumps(fields | {name: value}).encode()
                fuzzer.send(f"{name}={value}", method, url, body, "application/json")
    fuzzer.report()


def test_headers(fuzzer: Fuzzer, path_values: PathValues) -> None:
    names = sorted({*KNOWN_HEADERS, *headers_in_the_code()})
    assert {"Last-Event-ID", "Idempotency-Key", "Upload-Length", "HX-Request"} <= set(names)
    found = first_addresses(path_values)
    methods = itertools.cycle(("get", "post", "patch", "get", "head"))
    for name in names:
        read_at = [each for each in found if re.search(HEADERS_OF_SOME.get(name, ""), each.route)]
        assert read_at, name
        for address, text in zip(itertools.cycle(read_at), some_of(HEADER_TEXTS, name, 24)):
            text = text.encode().decode("latin-1")  # as web servers hand over the bytes of headers
            key = name.upper().replace("-", "_")
            if name == "Cookie":
                text = f"{fuzzer.cookies.removeprefix('Set-Cookie: ')}; {text}"
            more = {key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}": text}
            kind = "application/json"
            if "upload" in address.route:
                more = {
                    "HTTP_TUS_RESUMABLE": "1.0.0",
                    "HTTP_UPLOAD_OFFSET": "0",
                    "HTTP_UPLOAD_LENGTH": "4",
                } | more
                kind = "application/offset+octet-stream"
            for method in ("post", "patch") if name.startswith("Upload") else (next(methods),):
                fuzzer.send(f"{name}: {text}", method, address.url, b"{}", kind, **more)
    fuzzer.report()


def test_bodies_and_methods(fuzzer: Fuzzer, path_values: PathValues) -> None:
    for address in first_addresses(path_values):
        for method in METHODS:
            status = fuzzer.send("nothing", method, address.url)
            more = {}
            if "upload" in address.route:
                more = {"HTTP_TUS_RESUMABLE": "1.0.0", "HTTP_UPLOAD_OFFSET": "0", "HTTP_UPLOAD_LENGTH": "4"}
                fuzzer.send("tus", method, address.url, b"RIFF", "application/offset+octet-stream", **more)
            if status == 405 or method in ("get", "head", "options") or "logout" in address.url:
                continue
            for kind, body in some_of(BODIES, method + address.route, 5):
                fuzzer.send(f"{kind} {body!r:.60}", method, address.url, body, kind, **more)
            if method == "post" and address.is_api:
                for kind, body in some_of(BODIES, address.route, 3):
                    what = f"{kind} {body!r:.60}, with a key"
                    fuzzer.send(what, method, address.url, body, kind, HTTP_IDEMPOTENCY_KEY="k")
    fuzzer.report()


def same_route(path: str, route: str) -> bool:
    """Whether a path of the schema and a route of the URL configuration are the same."""
    return re.sub(r"{\w+}", "*", path.strip("/")) == PART.sub("*", route.strip("/"))


def schema() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-any-return]


def schema_parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema()["paths"].items():
        for operation in methods.values():
            for row in operation.get("parameters", []):
                yield path, row


def schema_bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and valid fields of every operation that takes JSON."""
    found = schema()
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            if described := content.get("application/json"):
                yield path, method, example_of(described["schema"], found["components"]["schemas"])


def example_of(described: dict[str, Any], components: dict[str, Any]) -> Any:
    """A value that fits a schema, more or less: enough to get past the fields that are not tried."""
    if "$ref" in described:
        return example_of(components[described["$ref"].rpartition("/")[2]], components)
    for several in ("oneOf", "anyOf", "allOf"):
        if several in described:
            return example_of(described[several][0], components)
    if "enum" in described:
        return described["enum"][0]
    kind = described.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example_of(each, components) for name, each in described.get("properties", {}).items()}
    if kind == "array":
        return [example_of(described["items"], components)]
    text = "00000000-0000-0000-0000-000000000001" if described.get("format") == "uuid" else "live"
    return {"string": text, "integer": 1, "number": 0.5, "boolean": False}.get(kind)


def headers_in_the_code() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "library").rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r'headers(?:\.get\(|\[)"([\w-]+)"', text))
        found |= set(re.findall(r'_header_number\(request, "([\w-]+)"', text))
        found |= set(re.findall(r'"([\w-]+)" in request\.headers', text))
        found |= {name.replace("_", "-") for name in re.findall(r'"HTTP_(\w+)"', text)}
        found |= {*re.findall(r'^\w+_HEADER = "([\w-]+)"', text, re.M)}
        found |= {*re.findall(r'OpenApiParameter\("([\w-]+)", str, "header"', text)}
    return found
