"""A player that speaks OpenSubsonic, for tests: it signs in as most do, by md5(password + a random word)."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from django.test import Client

from library import services
from library.models import User
from tests.factories import close_response

NAMESPACE = "{http://subsonic.org/restapi}"
SALT = "c19b2d"


def hashed(password: str, salt: str = SALT) -> dict[str, str]:
    return {"t": hashlib.md5(f"{password}{salt}".encode(), usedforsecurity=False).hexdigest(), "s": salt}


def post_form(client: Client, address: str, fields: dict[str, Any], **options: Any) -> Any:
    """Send a form as players do, who send no files."""
    form = urlencode(fields, doseq=True).encode("utf-8", "replace")
    return client.post(address, form, content_type="application/x-www-form-urlencoded", **options)


class Player:
    """A player of one person."""

    def __init__(self, person: User) -> None:
        _, self.password = services.player_password_create(owner=person, name="tests")
        self.credentials: dict[str, Any] = {"u": person.email, **hashed(self.password)}
        self.client = Client()

    def send(self, endpoint: str, method: str = "get", **params: Any) -> Any:
        """The response to a request; `headers` are headers."""
        headers = params.pop("headers", None)
        sent = {"v": "1.16.1", "c": "tests", **self.credentials, **params}
        if method == "post":
            return post_form(self.client, f"/rest/{endpoint}", sent, headers=headers)
        return getattr(self.client, method)(f"/rest/{endpoint}", sent, headers=headers)

    def ask(self, endpoint: str, **params: Any) -> dict[str, Any]:
        """What an endpoint answers, in JSON, without what is the same in all answers."""
        response = self.send(endpoint, f="json", **params)
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == "application/json"
        body: dict[str, Any] = response.json()["subsonic-response"]
        assert body.pop("status") == "ok", body
        for name in ("version", "type", "serverVersion", "openSubsonic"):
            del body[name]
        return body

    def refused(self, endpoint: str, **params: Any) -> int:
        """The code of the error that an endpoint answers."""
        response = self.send(endpoint, f="json", **params)
        assert response.status_code == 200
        body = response.json()["subsonic-response"]
        assert body["status"] == "failed", body
        code: int = body["error"]["code"]
        return code

    def xml(self, endpoint: str, **params: Any) -> ElementTree.Element:
        response = self.send(endpoint, **params)
        assert response["Content-Type"] == "application/xml; charset=utf-8"
        root = ElementTree.fromstring(response.content)
        assert root.tag == f"{NAMESPACE}subsonic-response"
        return root

    def bytes(self, endpoint: str, **params: Any) -> tuple[Any, bytes]:
        """A file: its response and its content."""
        response = self.send(endpoint, **params)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        close_response(response)
        return response, content
