"""The page for people who write programs: drawn from the schema, so that it cannot say anything else."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from classifier.errors import MESSAGES
from library.api.errors import audio_status

METHODS = ("get", "post", "put", "patch", "delete")

#: Codes that are not about a file, with the status each comes with.
CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "A field or parameter is missing, wrong or unknown; “errors” lists which."),
    "parse_error": (
        400,
        "The body is not what its Content-Type says, or the address cannot be read.",
    ),
    "not_authenticated": (401, "Neither a token nor a session came with the request."),
    "invalid_token": (401, "The token is unknown or revoked."),
    "expired_token": (401, "The token has expired. Make a new one."),
    "insufficient_scope": (
        403,
        "The token may read, but not write or delete; it says which on the account page.",
    ),
    "permission_denied": (403, "The session's CSRF token is missing or wrong."),
    "not_found": (404, "There is no such thing in your library, or nothing at this address."),
    "method_not_allowed": (405, "The address exists, but not for this method."),
    "not_acceptable": (406, "The answer is JSON, and the request does not accept it."),
    "over_quota": (409, "Your library is full. Delete a few tracks to make room."),
    "unsupported_media_type": (415, "Send files as a multipart form, and everything else as JSON."),
    "taken": (409, "There is one of that name already."),
    "not_read": (409, "The file's own tags have not been read yet. Try again later."),
    "nothing_heard": (409, "Nothing has been heard in the track, so there is nothing to confirm."),
    "nothing_to_undo": (409, "There is no word on this track's genre that could be undone."),
    "undone_already": (409, "This act has been undone already."),
    "no_undo": (409, "What this act did cannot be undone."),
    "finished_already": (409, "The act is no longer being done, so that there is nothing to cancel."),
    "selection_changed": (
        409,
        "It would be done to another number of tracks than `expected`. Nothing was done.",
    ),
    "search_changed": (400, "A form's search did not arrive as its page has shown it. Nothing was done."),
    "same_tag": (409, "A tag cannot be merged into itself."),
    "bad_key": (400, "Idempotency-Key has 1 to 100 characters."),
    "key_reused": (422, "The Idempotency-Key was used for another request."),
    "in_progress": (409, "The same request is being answered just now."),
    "too_many_streams": (503, "Too many programs listen for events. Ask /tracks/changes/ instead."),
    "nothing_selected": (422, "The act is about no tracks."),
    "unknown_act": (422, "There is no such act on many tracks."),
    "unknown_tag": (422, "You have no such tag."),
    "offset_conflict": (409, "The resumable upload goes on at another byte: ask with HEAD."),
    "upload_gone": (410, "The resumable upload is no longer here. Begin it anew."),
    "length_required": (411, "This server takes no body without a Content-Length."),
    "tus_version": (412, "Speak version 1.0.0 of the tus protocol: “Tus-Resumable: 1.0.0”."),
    "too_much": (413, "More bytes than the upload was said to have."),
    "upload_busy": (423, "Another request is at work on this upload."),
    "checksum_mismatch": (460, "These are not the bytes that “Upload-Checksum” is of."),
    "storage_full": (507, "The server's disk is full. Try again later."),
    "unknown_genre": (422, "The genre is neither one of the ten nor one of yours."),
    "bad_name": (422, "Names have 1 to 40 characters."),
    "search_too_long": (422, "The search has too many characters to be saved, as an address writes them."),
    "no_search": (422, "There is nothing in the search that could be kept."),
    "saved_search": (409, "A saved search finds its tracks itself: none can be put in, moved or taken out."),
    "unknown_playlist": (422, "The act needs a playlist."),
    "no_file": (422, "No file came with the request."),
    "bad_export": (422, "The file is no export of Earmark's that can be read."),
    "bad_value": (422, "The value will not do for this field."),
    "throttled": (429, "Too many requests. “Retry-After” says how many seconds to wait."),
    "error": (500, "Something went wrong in Earmark itself."),
}


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    type: str
    objects: list[str]

    @property
    def is_error(self) -> bool:
        return self.status >= "4"


@dataclass(frozen=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    body: list[Field]
    is_form: bool
    answers: list[Answer]
    curl_arguments: str
    curl_path: str


@dataclass(frozen=True)
class Thing:
    """An object that answers are made of."""

    name: str
    description: str
    fields: list[Field]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    groups, things = described()
    errors = [(code, *row) for code, row in CODES.items()]
    errors += [(code, audio_status(code), message) for code, message in MESSAGES.items() if code not in CODES]
    context = {
        "groups": groups,
        "things": things,
        "errors": sorted(errors, key=lambda error: (error[1], error[0])),
        "origin": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/docs.html", context)


@functools.cache
def described() -> tuple[dict[str, list[Operation]], list[Thing]]:
    """Operations by tag, and the objects they speak of. The schema does not change while the site runs."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    components: dict[str, Any] = schema["components"]["schemas"]
    schema = _with_choices(schema, components)
    components = schema["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                for tag in operation["tags"]:
                    groups.setdefault(tag, []).append(_operation(path, method, operation, components))
    things = [
        Thing(name, in_html(component.get("description", "")), _fields(component))
        for name, component in components.items()
        if "properties" in component and not name.startswith("Paginated") and not name.endswith("Request")
    ]
    return groups, things


def _operation(path: str, method: str, operation: dict[str, Any], components: dict[str, Any]) -> Operation:
    body: list[Field] = []
    contents = operation.get("requestBody", {}).get("content", {})
    for content in contents.values():
        body = _fields(_resolve(content["schema"], components))
    is_form = "multipart/form-data" in contents
    return Operation(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=in_html(operation.get("description", "")),
        parameters=[
            Field(
                row["name"],
                type_of(row["schema"]),
                row.get("required", False),
                in_html(row.get("description", "")),
                row["in"],
            )
            for row in operation.get("parameters", [])
        ],
        body=body,
        is_form=is_form,
        answers=[_answer(status, answer, components) for status, answer in operation["responses"].items()],
        curl_arguments=_curl_arguments(method, body, is_form, operation),
        curl_path=re.sub(r"\{(\w+)\}", lambda name: name[1].upper(), path),
    )


def _answer(status: str, answer: dict[str, Any], components: dict[str, Any]) -> Answer:
    content = list(answer.get("content", {}).values())
    schema = content[0]["schema"] if content else {}
    name, resolved = schema.get("$ref", "").rpartition("/")[2], _resolve(schema, components)
    if name.startswith("Paginated") or "oneOf" in resolved:
        schema = resolved
    description = answer.get("description", "")
    if description in ("", "No response body"):
        description = HTTPStatus(int(status)).phrase
    kind = type_of(schema) if schema else "nothing"
    return Answer(status, in_html(description), kind, _references(schema))


def _curl_arguments(method: str, body: list[Field], is_form: bool, operation: dict[str, Any]) -> str:
    if is_form:
        return "-F file=@song.mp3 "
    if body:
        fields = ", ".join(f'"{field.name}": …' for field in body)
        verb = "" if method == "post" else f"-X {method.upper()} "
        return f"{verb}--json '{{{fields}}}' "
    if any(kind.startswith("audio/") for kind in operation["responses"].get("200", {}).get("content", {})):
        return "-OJ "
    return "" if method == "get" else f"-X {method.upper()} "


def _with_choices(part: Any, components: dict[str, Any]) -> Any:
    """The schema with lists of choices in the place where they are named."""
    if isinstance(part, dict):
        named = components.get(part.get("$ref", "").rpartition("/")[2], {}) if "$ref" in part else {}
        part = named if "enum" in named else part
        return {name: _with_choices(inner, components) for name, inner in part.items()}
    if isinstance(part, list):
        return [_with_choices(inner, components) for inner in part]
    return part


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = schema.get("required", [])
    return [
        Field(name, type_of(part), name in required, in_html(part.get("description", "")))
        for name, part in schema.get("properties", {}).items()
    ]


def _resolve(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    resolved: dict[str, Any] = components[reference.rpartition("/")[2]] if reference else schema
    return resolved


def in_html(text: str) -> SafeString:
    """The schema's prose, where `ticks` mean code, as Markdown has it."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped just before


def type_of(schema: dict[str, Any]) -> str:
    """A schema in a few words: "string or null", "list of Track"."""
    if reference := schema.get("$ref"):
        return str(reference.rpartition("/")[2])
    for joint in ("oneOf", "anyOf", "allOf"):
        if joint in schema:
            return " or ".join(dict.fromkeys(type_of(part) for part in schema[joint]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value != "")
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_simple(kind, schema) for kind in kinds)


def _simple(kind: str, schema: dict[str, Any]) -> str:
    if kind == "array":
        return f"list of {type_of(schema['items'])}"
    if kind == "object" and "results" in schema.get("properties", {}):
        return f"page of {type_of(schema['properties']['results']['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of genre: {type_of(schema['additionalProperties'])}"
    if kind == "string" and (schema.get("format") == "binary" or "contentMediaType" in schema):
        return "file"
    if kind == "string" and schema.get("format") in ("date-time", "uuid", "uri"):
        return {"date-time": "date and time", "uuid": "UUID", "uri": "URL"}[schema["format"]]
    return kind


def _references(schema: Any) -> list[str]:
    """The objects that a schema names, to link to."""
    if isinstance(schema, dict):
        own = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else []
        return own + [name for part in schema.values() for name in _references(part)]
    if isinstance(schema, list):
        return [name for part in schema for name in _references(part)]
    return []
