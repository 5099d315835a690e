"""Whatever the site stores, its export can be read back: names of every script, and blanks of every kind."""

from __future__ import annotations

import io
import json
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from library import services
from library.errors import DomainError
from library.exchange.export_writer import export_as_json
from library.models import Track, User
from library.text import is_storable
from tests.factories import TrackFactory, UserFactory, upload, wav

pytestmark = pytest.mark.django_db

#: Where rules differ: blanks, joiners, marks, what grows when it is taken apart, what is not assigned, and all planes.
ODD = "\u00a0\u3000\u2028\u2029\u200b\u200d\u00ad\u0301\ufdfa\ufeff\ue000\ufffe\U000e0001½ﬁ𝐁ßİǰ夜"
TEXT = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])), max_size=45)


def exported(owner: User) -> dict[str, Any]:
    # As it is sent: to UTF-8 and back.
    return json.loads("".join(export_as_json(owner)).encode())


def imported(owner: User, document: dict[str, Any]) -> services.imports.ImportReport:
    content = json.dumps(document).encode()
    return services.library_import(owner=owner, file=io.BytesIO(content), size=len(content))


def give_all_names(owner: User, text: str) -> Track:
    """Everything that can be named is named so, as far as the site allows it."""
    track, _ = services.track_add(owner=owner, upload=upload(wav(1), "song.wav"))
    Track.objects.filter(pk=track.pk).update(original_name=services.tracks.clean_file_name(text))
    track.refresh_from_db()
    for write in (
        lambda: services.track_edit(track=track, title=text, album=text, artist=text),
        lambda: services.track_tag(track=track, name=text),
        lambda: services.suggestion_reject(track=track, name=f"{text}?"),
        lambda: services.playlist_add(owner=owner, name=text),
        lambda: services.genre_set(
            track=track, person=owner, genre=services.genre_key_get_or_create(owner=owner, name=text)
        ),
    ):
        with suppress(DomainError), transaction.atomic():
            write()
    return track


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
@example("Qu’est-ce\u00a0que.flac")
@example("夜\u3000明け.flac")
@example("a\u2028b")
@example("𝐁𝐞𝐬𝐭")
@example("jazz")
def test_whatever_is_stored_is_read_back(db: None, text: str) -> None:
    with transaction.atomic():
        alice, charlie = UserFactory(), UserFactory()
        track = give_all_names(alice, text)
        document = exported(alice)
        assert imported(alice, document).total == 0
        TrackFactory(owner=charlie, sha256=track.sha256, size=track.size)
        assert imported(charlie, document).unmatched == 0
        there = exported(charlie)
        assert [there[name] for name in ("genres", "tags", "playlists")] == [
            document[name] for name in ("genres", "tags", "playlists")
        ]
        [mine], [theirs] = document["tracks"], there["tracks"]
        for name in ("edited", "tags", "rejected", "verdicts", *mine["edited"]):
            assert theirs[name] == mine[name], name
        transaction.set_rollback(True)


@given(text=st.text())
def test_file_names_are_storable(text: str) -> None:
    assert is_storable(services.tracks.clean_file_name(text), 255)


@given(text=st.text(min_size=1))
def test_what_forms_take_is_storable(text: str) -> None:
    assert not text.isprintable() or is_storable(text, len(text))


@pytest.mark.parametrize("blank", [c for c in map(chr, range(0x110000)) if unicodedata.category(c) == "Zs"])
def test_blanks_in_a_forms_file_name_keep_words_apart(alice_api: Client, blank: str) -> None:
    """Small files come by a form, of which Django drops all blanks but the space."""
    response = alice_api.post("/api/v1/tracks/", {"file": upload(wav(), f"Hello{blank}World_Live.wav")})
    assert response.json()["title"] == "Hello World Live"


def test_a_newer_document_says_so(alice: User) -> None:
    with pytest.raises(DomainError, match="newer version of Earmark"):
        imported(alice, exported(alice) | {"version": 2})
