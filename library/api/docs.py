"""The API's documentation page, rendered from the OpenAPI schema, so that the two cannot differ."""

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

#: The status and the meaning of each error code that is not about a file.
ERROR_CODES: dict[str, tuple[int, str]] = {
    "invalid": (400, "A field or parameter is missing, invalid or unknown. “errors” lists which."),
    "parse_error": (400, "The body does not match its Content-Type, or the query string cannot be read."),
    "search_changed": (400, "The search of a form was changed on its way. Nothing was done."),
    "bad_key": (400, "An Idempotency-Key must have 1 to 100 characters."),
    "not_authenticated": (401, "The request has neither a token nor a session."),
    "invalid_token": (401, "The token is unknown or revoked."),
    "expired_token": (401, "The token has expired. Create a new one."),
    "insufficient_scope": (
        403,
        "The token lacks the scope for this request. The account page shows the scopes of your tokens.",
    ),
    "permission_denied": (403, "The CSRF token of the session is missing or wrong."),
    "not_found": (404, "There is no such object in your library, or nothing at this URL."),
    "method_not_allowed": (405, "This URL does not support the method."),
    "not_acceptable": (406, "The response is JSON, which the request does not accept."),
    "too_slow": (408, "The body of the request came too slowly, or stopped. Send it again."),
    "over_quota": (409, "Your library is full. Delete some tracks to make room."),
    "file_damaged": (
        409,
        "The stored file is no longer what was uploaded, so it is not sent. Upload it again: that mends the track.",
    ),
    "taken": (409, "The name is taken."),
    "not_read": (409, "The file's tags have not been read yet. Try again later."),
    "nothing_heard": (409, "The track has no prediction yet, so there is nothing to confirm."),
    "not_sure": (409, "Nobody is sure of the track's genre, so there is nothing to confirm. Set it instead."),
    "has_verdict": (
        409,
        "The track has a verdict already, so there is nothing to confirm. Set the genre instead.",
    ),
    "nothing_to_undo": (409, "The track has no verdict, or no answer, that can be undone."),
    "not_open": (409, "The version does not wait for your decision, or a newer one does."),
    "nothing_to_accept": (409, "None of these tracks waits for your decision about this version."),
    "never_in_use": (409, "The version was never in use, so that there is nothing to go back to."),
    "undone_already": (409, "The bulk action has been undone already."),
    "no_undo": (409, "The bulk action cannot be undone."),
    "finished_already": (409, "The bulk action has ended, so it cannot be cancelled."),
    "selection_changed": (
        409,
        "The action would affect another number of tracks than “expected”. Nothing was done.",
    ),
    "is_example": (
        409,
        "The track has the genre by your verdict, or the tag. Take that away first, then it can be refused.",
    ),
    "not_sure_enough": (
        409,
        "What is taught is not right often enough yet to be set by itself. `worth` says how often it is.",
    ),
    "cannot_be_taught": (409, "The current model of this site cannot be taught."),
    "too_many": (409, "You have as many tags or genres of your own as there can be. Delete some first."),
    "too_many_plays": (409, "The track has as many plays as are kept."),
    "too_many_player_passwords": (
        409,
        "You have as many player passwords as there can be. Revoke one first.",
    ),
    "too_many_queued": (422, "A play queue has more tracks than are kept."),
    "too_many_at_once": (429, "Too many songs are being converted for players. Try again in a moment."),
    "same_tag": (409, "A tag cannot be merged into itself."),
    "same_artist": (409, "An artist cannot be merged into itself."),
    "same_album": (409, "An album cannot be merged into itself."),
    "in_progress": (
        409,
        "The same request is being processed at the moment, or the bulk action is still running.",
    ),
    "not_saved_search": (409, "The playlist is no saved search, so it has no query that could be changed."),
    "saved_search": (409, "A saved search finds its tracks itself. None can be added, moved or removed."),
    "offset_conflict": (409, "The upload continues at another offset. Ask for it with HEAD."),
    "upload_gone": (410, "The upload no longer exists. Start a new one."),
    "length_required": (411, "This server needs a Content-Length."),
    "tus_version": (412, "Use version 1.0.0 of the tus protocol: “Tus-Resumable: 1.0.0”."),
    "precondition_failed": (412, "The file is not the one that “If-Match” names."),
    "picture_too_large": (413, "The picture is larger than 10 MB, or has more than 36 megapixels."),
    "too_much": (413, "The upload has more bytes than its Upload-Length."),
    "not_a_picture": (415, "The file is not a JPEG, PNG, WebP or GIF picture, or is damaged."),
    "unsupported_media_type": (415, "Send files as a multipart form, and everything else as JSON."),
    "range_not_satisfiable": (416, "The range lies outside the file. “Content-Range” gives its size."),
    "key_reused": (422, "The Idempotency-Key was used for a different request."),
    "nothing_selected": (422, "The action has no tracks."),
    "unknown_act": (422, "There is no such bulk action."),
    "unknown_tag": (422, "You have no such tag."),
    "unknown_genre": (422, "The genre is neither a built-in one nor one of yours."),
    "builtin_genre": (422, "Built-in genres are known already. Teach a genre of your own, or a tag."),
    "unknown_playlist": (422, "You have no such playlist, or the action needs one."),
    "bad_name": (422, "A name must have 1 to 40 characters."),
    "search_too_long": (422, "The search is too long to be saved."),
    "no_search": (422, "The search is empty, so it cannot be saved."),
    "no_file": (422, "The request has no file."),
    "bad_export": (422, "The file is not an export that Earmark can read."),
    "bad_value": (422, "The value is not valid for this field."),
    "upload_busy": (423, "Another request is writing to this upload."),
    "throttled": (429, "Too many requests. “Retry-After” gives the seconds to wait."),
    "checksum_mismatch": (460, "The bytes do not match “Upload-Checksum”."),
    "error": (500, "Something went wrong in Earmark itself."),
    "busy": (503, "Too many requests are waiting. “Retry-After” gives the seconds to wait."),
    "too_many_streams": (503, "Too many event streams are open. Poll /tracks/changes/ instead."),
    "database_busy": (
        503,
        "Something else is being written. Nothing was changed; “Retry-After” says when to try again.",
    ),
    "storage_full": (
        507,
        "There is not enough room on the server's disk. Delete tracks and empty the bin to make some.",
    ),
}


@dataclass(frozen=True)
class FieldDoc:
    name: str
    type: str
    required: bool
    description: str
    location: str = ""
    """For a parameter: where it goes, in OpenAPI's words: "path", "query", "header"."""


@dataclass(frozen=True)
class ResponseDoc:
    status: str
    description: str
    type: str
    objects: list[str]

    @property
    def is_error(self) -> bool:
        return self.status >= "4"


@dataclass(frozen=True)
class OperationDoc:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[FieldDoc]
    body: list[FieldDoc]
    is_form: bool
    responses: list[ResponseDoc]
    curl_arguments: str
    curl_path: str


@dataclass(frozen=True)
class ObjectDoc:
    """An object in requests or responses."""

    name: str
    description: str
    fields: list[FieldDoc]


@require_safe
def docs_page(request: HttpRequest) -> HttpResponse:
    groups, objects = operations_and_objects()
    errors = [(code, *row) for code, row in ERROR_CODES.items()]
    errors += [
        (code, audio_status(code), message) for code, message in MESSAGES.items() if code not in ERROR_CODES
    ]
    context = {
        "groups": groups,
        "objects": objects,
        "errors": sorted(errors, key=lambda error: (error[1], error[0])),
        "origin": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/docs.html", context)


@functools.cache
def operations_and_objects() -> tuple[dict[str, list[OperationDoc]], list[ObjectDoc]]:
    """Operations by tag, and the objects they use. Cached, as the schema does not change while the site runs."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    components: dict[str, Any] = schema["components"]["schemas"]
    schema = _with_inline_enums(schema, components)
    components = schema["components"]["schemas"]
    groups: dict[str, list[OperationDoc]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                for tag in operation["tags"]:
                    groups.setdefault(tag, []).append(_operation(path, method, operation, components))
    objects = [
        ObjectDoc(name, prose_html(component.get("description", "")), _fields(component))
        for name, component in components.items()
        if "properties" in component and not name.startswith("Paginated") and not name.endswith("Request")
    ]
    return groups, objects


def _operation(path: str, method: str, operation: dict[str, Any], components: dict[str, Any]) -> OperationDoc:
    body: list[FieldDoc] = []
    contents = operation.get("requestBody", {}).get("content", {})
    for content in contents.values():
        body = _fields(_resolve(content["schema"], components))
    is_form = "multipart/form-data" in contents
    return OperationDoc(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=prose_html(operation.get("description", "")),
        parameters=[
            FieldDoc(
                row["name"],
                type_label(row["schema"]),
                row.get("required", False),
                prose_html(row.get("description", "")),
                row["in"],
            )
            for row in operation.get("parameters", [])
        ],
        body=body,
        is_form=is_form,
        responses=[
            _response_doc(status, response, components) for status, response in operation["responses"].items()
        ],
        curl_arguments=_curl_arguments(method, body, is_form, operation),
        curl_path=re.sub(r"\{(\w+)\}", lambda name: name[1].upper(), path),
    )


def _response_doc(status: str, response: dict[str, Any], components: dict[str, Any]) -> ResponseDoc:
    content = list(response.get("content", {}).values())
    schema = content[0]["schema"] if content else {}
    name, resolved = schema.get("$ref", "").rpartition("/")[2], _resolve(schema, components)
    if name.startswith("Paginated") or "oneOf" in resolved:
        schema = resolved
    description = response.get("description", "")
    if description in ("", "No response body"):
        description = HTTPStatus(int(status)).phrase
    kind = type_label(schema) if schema else "nothing"
    return ResponseDoc(status, prose_html(description), kind, _object_names(schema))


def _curl_arguments(method: str, body: list[FieldDoc], is_form: bool, operation: dict[str, Any]) -> str:
    if is_form:
        return "-F file=@song.mp3 "
    if body:
        fields = ", ".join(f'"{field.name}": …' for field in body)
        verb = "" if method == "post" else f"-X {method.upper()} "
        return f"{verb}--json '{{{fields}}}' "
    if any(kind.startswith("audio/") for kind in operation["responses"].get("200", {}).get("content", {})):
        return "-OJ "
    return "" if method == "get" else f"-X {method.upper()} "


def _with_inline_enums(part: Any, components: dict[str, Any]) -> Any:
    """The schema with references to enumerations replaced by the enumerations."""
    if isinstance(part, dict):
        referenced = components.get(part.get("$ref", "").rpartition("/")[2], {}) if "$ref" in part else {}
        part = referenced if "enum" in referenced else part
        return {name: _with_inline_enums(inner, components) for name, inner in part.items()}
    if isinstance(part, list):
        return [_with_inline_enums(inner, components) for inner in part]
    return part


def _fields(schema: dict[str, Any]) -> list[FieldDoc]:
    required = schema.get("required", [])
    return [
        FieldDoc(name, type_label(part), name in required, prose_html(part.get("description", "")))
        for name, part in schema.get("properties", {}).items()
    ]


def _resolve(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    resolved: dict[str, Any] = components[reference.rpartition("/")[2]] if reference else schema
    return resolved


def prose_html(text: str) -> SafeString:
    """A text of the schema as HTML: `backticks` mean code, as in Markdown."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped just before


def type_label(schema: dict[str, Any]) -> str:
    """The type that a schema describes, as people read it: "string or null", "list of Track"."""
    if reference := schema.get("$ref"):
        return str(reference.rpartition("/")[2])
    for joint in ("oneOf", "anyOf", "allOf"):
        if joint in schema:
            return " or ".join(dict.fromkeys(type_label(part) for part in schema[joint]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value != "")
    kinds = schema.get("type", "any")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_simple_type_label(kind, schema) for kind in kinds)


def _simple_type_label(kind: str, schema: dict[str, Any]) -> str:
    if kind == "array":
        return f"list of {type_label(schema['items'])}"
    if kind == "object" and "results" in schema.get("properties", {}):
        return f"page of {type_label(schema['properties']['results']['items'])}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of genre: {type_label(schema['additionalProperties'])}"
    if kind == "string" and (schema.get("format") == "binary" or "contentMediaType" in schema):
        return "file"
    if kind == "string" and schema.get("format") in ("date-time", "uuid", "uri"):
        return {"date-time": "date and time", "uuid": "UUID", "uri": "URL"}[schema["format"]]
    return kind


def _object_names(schema: Any) -> list[str]:
    """The names of the objects that a schema refers to."""
    if isinstance(schema, dict):
        own = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else []
        return own + [name for part in schema.values() for name in _object_names(part)]
    if isinstance(schema, list):
        return [name for part in schema for name in _object_names(part)]
    return []
