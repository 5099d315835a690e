"""Answers in XML, JSON and JSONP.

An answer is one dict for all of them. In XML, a value is an attribute, a dict an element, and a list one element for
each of its members; `value` is the text of its element. Nothing is said of what is None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from django.http import HttpResponse

#: The version of the protocol.
PROTOCOL_VERSION = "1.16.1"
#: The version of Earmark, as in pyproject.toml.
SERVER_VERSION = "0.2.0"
NAMESPACE = "http://subsonic.org/restapi"
#: The name of a function, for JSONP.
_CALLBACK = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)
#: What no document in XML 1.0 may have.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Payload = Mapping[str, Any]


def envelope_response(
    payload: Payload, *, form: str, callback: str = "", failed: bool = False
) -> HttpResponse:
    """The answer in a form: `json`, `jsonp` (with the name of a function), or `xml`, which is the default."""
    body = {
        "status": "failed" if failed else "ok",
        "version": PROTOCOL_VERSION,
        "type": "earmark",
        "serverVersion": SERVER_VERSION,
        "openSubsonic": True,
        **payload,
    }
    if form == "json" or (form == "jsonp" and not _CALLBACK.fullmatch(callback)):
        return HttpResponse(_as_json(body), content_type="application/json")
    if form == "jsonp":
        return HttpResponse(f"{callback}({_as_json(body)});", content_type="application/javascript")
    return HttpResponse(_as_xml(body), content_type="application/xml; charset=utf-8")


def iso_moment(moment: datetime | None) -> str | None:
    """A moment as the protocol writes it: ISO 8601, in UTC."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _as_json(body: Payload) -> str:
    return json.dumps({"subsonic-response": _without_none(body)}, ensure_ascii=False)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _as_xml(body: Payload) -> bytes:
    root = ElementTree.Element("subsonic-response", xmlns=NAMESPACE)
    _fill(root, body)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: ElementTree.Element, value: Any) -> None:
    if not isinstance(value, Mapping):
        element.text = _text(value)
        return
    for name, inner in value.items():
        if inner is None:
            continue
        if isinstance(inner, Mapping):
            _fill(ElementTree.SubElement(element, name), inner)
        elif isinstance(inner, list):
            for member in inner:
                _fill(ElementTree.SubElement(element, name), member)
        elif name == "value":
            element.text = _text(inner)
        else:
            element.set(name, _text(inner))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_IN_XML.sub("", str(value))
