"""A file that is sent by a form keeps its name, whatever characters it has."""

from __future__ import annotations

import pytest
from django.test import Client

from library.models import Track, User
from tests.factories import wav

pytestmark = pytest.mark.django_db

#: What a browser sends, and the name that is meant.
NAMES = {
    "12%22 mix.wav": '12" mix.wav',
    "a%0D%0Ab.wav": "a  b.wav",
    "100%25.wav": "100%25.wav",  # a browser leaves other percent signs as they are
    "می\u200cخواهم.wav": "می\u200cخواهم.wav",
    "👩\u200d🎤.wav": "👩\u200d🎤.wav",
    "\u202eab.wav": "ab.wav",
    "Hello\xa0World\u3000Live.wav": "Hello World Live.wav",
    "..\\..\\up.wav": "up.wav",
}


@pytest.mark.parametrize("address", ["/upload/", "/api/v1/tracks/"])
@pytest.mark.parametrize("sent", NAMES)
def test_the_name_is_kept(
    alice_client: Client, alice_api: Client, alice: User, sent: str, address: str
) -> None:
    head = f'Content-Disposition: form-data; name="file"; filename="{sent}"'.replace("\\", "\\\\")
    body = b"\r\n".join([b"--x", head.encode(), b"Content-Type: audio/wav", b"", wav(1), b"--x--", b""])
    client = alice_api if address.startswith("/api/") else alice_client
    client.post(address, body, content_type="multipart/form-data; boundary=x")
    assert Track.objects.get(owner=alice).original_name == NAMES[sent]
