"""Every operation of the API, for everybody who may ask, in one table."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from library import selectors, services
from library.models import FileTags, LearnedModel, LearnedRow, Mood, Track, User
from tests.album_rows import make_album, make_track_on
from tests.covers import make_cover
from tests.factories import TrackFactory, close_response, signed_in, upload, wav, with_token
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class OperationAccess(NamedTuple):
    method: str
    path: str
    owner: int
    """The status its owner gets."""
    body: Any = None
    needs: str = "read"
    """The scope a token must have."""


HASH = "0" * 64
OPERATIONS = [
    OperationAccess("get", "/tracks/", 200),
    OperationAccess("post", "/tracks/", 202, upload, needs="write"),
    OperationAccess("post", "/tracks/check/", 200, {"sha256": [HASH]}),
    OperationAccess("get", "/tracks/{id}/", 200),
    OperationAccess("patch", "/tracks/{id}/", 200, {"title": "Mine"}, needs="write"),
    OperationAccess("delete", "/tracks/{id}/", 204, needs="delete"),
    OperationAccess("post", "/tracks/{id}/restore/", 200, needs="write"),
    OperationAccess("get", "/bin/", 200),
    OperationAccess(
        "post", "/bin/restore/", 200, {"ids": ["00000000-0000-0000-0000-000000000000"]}, needs="write"
    ),
    OperationAccess("post", "/tracks/{id}/analyse/", 202, needs="write"),
    OperationAccess("get", "/tracks/{id}/predictions/", 200),
    OperationAccess("get", "/tracks/{id}/file/", 200),
    OperationAccess("get", "/tracks/{id}/tagged/", 200),
    OperationAccess("get", "/tracks/{id}/audio/", 200),
    OperationAccess("get", "/tracks/{id}/spectrogram/", 200),
    OperationAccess("get", "/tracks/{id}/peaks/", 200),
    OperationAccess("put", "/albums/{album_id}/cover/", 200, picture, needs="write"),
    OperationAccess("delete", "/albums/{album_id}/cover/", 204, needs="write"),
    OperationAccess("get", "/covers/{cover_id}/{size}/", 200),
    OperationAccess("get", "/tracks/{id}/file-tags/", 200),
    OperationAccess("post", "/tracks/{id}/reset/", 200, {"fields": ["title"]}, needs="write"),
    OperationAccess("get", "/tracks/{id}/genre/", 200),
    OperationAccess("put", "/tracks/{id}/genre/", 200, {"genre": "jazz"}, needs="write"),
    # It has a verdict already.
    OperationAccess("post", "/tracks/{id}/genre/confirm/", 409, needs="write"),
    OperationAccess("post", "/tracks/{id}/genre/undo/", 200, needs="write"),
    OperationAccess("get", "/tracks/{id}/genre/history/", 200),
    OperationAccess("post", "/tracks/{id}/tags/", 200, {"name": "live"}, needs="write"),
    OperationAccess("delete", "/tracks/{id}/tags/{tag_id}/", 204, needs="write"),
    OperationAccess("get", "/tracks/{id}/suggestions/", 200),
    OperationAccess("post", "/tracks/{id}/suggestions/reject/", 204, {"name": "sad"}, needs="write"),
    OperationAccess("post", "/tracks/{id}/plays/", 201, {}, needs="write"),
    OperationAccess("get", "/tracks/{id}/similar/", 200),
    OperationAccess("get", "/albums/", 200),
    OperationAccess("get", "/albums/{album_id}/", 200),
    OperationAccess("patch", "/albums/{album_id}/", 200, {"starred": True}, needs="write"),
    # There is no such album, or artist, to be merged.
    OperationAccess(
        "post", "/albums/{album_id}/merge/", 404, {"albums": [str(uuid.UUID(int=9))]}, needs="write"
    ),
    OperationAccess(
        "post", "/artists/{artist_id}/merge/", 404, {"artists": [str(uuid.UUID(int=9))]}, needs="write"
    ),
    OperationAccess("get", "/artists/", 200),
    OperationAccess("get", "/artists/{artist_id}/", 200),
    OperationAccess("patch", "/artists/{artist_id}/", 200, {"starred": True}, needs="write"),
    OperationAccess("get", "/moods/", 200),
    OperationAccess("get", "/moods/{mood}/", 200),
    OperationAccess("get", "/map/", 200),
    OperationAccess("get", "/map/around/?x=50&y=50", 200),
    OperationAccess("get", "/overview/", 200),
    OperationAccess("get", "/tags/", 200),
    OperationAccess("post", "/tags/", 201, {"name": "new"}, needs="write"),
    OperationAccess("get", "/tags/{tag_id}/", 200),
    OperationAccess("patch", "/tags/{tag_id}/", 200, {"name": "other"}, needs="write"),
    OperationAccess("delete", "/tags/{tag_id}/", 204, needs="delete"),
    OperationAccess("get", "/playlists/", 200),
    OperationAccess("post", "/playlists/", 201, {"name": "Early"}, needs="write"),
    OperationAccess("get", "/playlists/{playlist_id}/", 200),
    OperationAccess("patch", "/playlists/{playlist_id}/", 200, {"name": "Early"}, needs="write"),
    OperationAccess("delete", "/playlists/{playlist_id}/", 204, needs="delete"),
    OperationAccess("get", "/playlists/{playlist_id}/items/", 200),
    OperationAccess(
        "post", "/playlists/{playlist_id}/items/", 200, {"tracks": [str(uuid.UUID(int=3))]}, needs="write"
    ),
    OperationAccess(
        "patch", "/playlists/{playlist_id}/items/{item_id}/", 204, {"position": 0}, needs="write"
    ),
    OperationAccess("delete", "/playlists/{playlist_id}/items/{item_id}/", 204, needs="write"),
    OperationAccess("get", "/genres/", 200),
    OperationAccess("post", "/genres/", 201, {"name": "Dream pop"}, needs="write"),
    OperationAccess("patch", "/genres/{key}/", 200, {"name": "Shoegazing"}, needs="write"),
    OperationAccess("delete", "/genres/{key}/", 200, needs="delete"),
    OperationAccess("get", "/learning/concepts/", 200),
    OperationAccess("post", "/learning/concepts/", 201, {"tag": "new"}, needs="write"),
    OperationAccess("get", "/learning/concepts/{concept_id}/", 200),
    OperationAccess("get", "/learning/concepts/{concept_id}/switch/", 200),
    OperationAccess("put", "/learning/concepts/{concept_id}/switch/", 409, {}, needs="write"),
    OperationAccess("delete", "/learning/concepts/{concept_id}/switch/", 204, needs="write"),
    OperationAccess("get", "/learning/concepts/{concept_id}/examples/", 200),
    OperationAccess("get", "/learning/concepts/{concept_id}/suggestions/", 200),
    OperationAccess("get", "/learning/concepts/{concept_id}/question/", 200),
    OperationAccess("get", "/learning/concepts/{concept_id}/answers/", 200),
    OperationAccess("post", "/learning/concepts/{concept_id}/answers/", 400, {"answer": "no"}, needs="write"),
    OperationAccess("delete", "/learning/concepts/{concept_id}/answers/{id}/", 204, needs="write"),
    OperationAccess("get", "/learning/versions/", 200),
    OperationAccess("post", "/learning/versions/fit/", 202, needs="write"),
    OperationAccess("post", "/learning/versions/off/", 204, needs="write"),
    OperationAccess("get", "/learning/versions/{version_id}/", 200),
    OperationAccess("get", "/learning/versions/{version_id}/rows/", 200),
    OperationAccess("post", "/learning/versions/{version_id}/accept/", 200, {"all": True}, needs="write"),
    OperationAccess("post", "/learning/versions/{version_id}/skip/", 200, {"all": True}, needs="write"),
    # It was never in use.
    OperationAccess("post", "/learning/versions/{version_id}/activate/", 409, needs="write"),
    OperationAccess("get", "/account/", 200),
    OperationAccess("get", "/account/tokens/", 200),
    OperationAccess("delete", "/account/tokens/{token_id}/", 204, needs="delete"),
    OperationAccess("get", "/models/", 200),
    OperationAccess("get", "/tracks/changes/?updated_since=2020-01-01T00:00:00Z", 200),
    OperationAccess("get", "/events/", 200),
    OperationAccess("get", "/acts/", 200),
    OperationAccess("post", "/acts/", 200, {"act": "tag", "value": "live", "query": ""}, needs="write"),
    OperationAccess("get", "/acts/{act_id}/", 200),
    OperationAccess("post", "/acts/{act_id}/cancel/", 409, needs="write"),  # it is done
    OperationAccess("post", "/acts/{act_id}/undo/", 200, needs="write"),
    OperationAccess("post", "/archive/", 200, {"query": ""}),
    OperationAccess("get", "/export/json/", 200),
    OperationAccess("get", "/export/csv/", 200),
    OperationAccess("post", "/import/", 422, upload, needs="write"),  # the file is no export
    OperationAccess("post", "/classify/", 422, upload),  # the file is too short to be heard
]


def name_of(operation: OperationAccess) -> str:
    return f"{operation.method} {operation.path}"


def every_operation(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)(test)


@pytest.fixture
def alices_ids(alice: User, track: Track) -> dict[str, Any]:
    """The ids in the paths, of things of alice's."""
    services.genre_set(track=track, person=alice, genre="jazz")
    Mood.objects.create(owner=alice, track=track, name="happy", score=0.9)
    FileTags.objects.create(track=track)
    token, _ = services.token_create(owner=alice, name="another")
    late = services.playlist_add(owner=alice, name="Late")
    services.playlist_append(playlist=late, tracks=selectors.tracks_of(alice))
    genre = services.own_genre_add(owner=alice, name="Shoegaze")
    concept = services.concept_get_or_create(owner=alice, taught=genre)
    services.concept_answer(concept=concept, track=track, yes=False)
    version = LearnedModel.objects.create(owner=alice, number=1, status=LearnedModel.Status.CANDIDATE)
    unanswered = TrackFactory(owner=alice)
    album = make_album(alice, "Foundry", "The Gravel Kings")
    make_track_on(album, "Slag")
    LearnedRow.objects.create(model=version, track=unanswered, genre="rock", probability=0.9, before="blues")
    return {
        "id": track.pk,
        "album_id": album.pk,
        "cover_id": make_cover(alice).pk,
        "size": "small",
        "concept_id": concept.pk,
        "artist_id": album.artist_id,
        "mood": "happy",
        "tag_id": services.track_tag(track=track, name="live").pk,
        "key": genre.key,
        "token_id": token.pk,
        "playlist_id": late.pk,
        "item_id": late.items.get().pk,
        "version_id": version.pk,
        "act_id": services.tracks_tag(tracks=selectors.tracks_of(alice), person=alice, names=["an act"]).pk,
    }


NOBODYS = {
    "id": uuid.UUID(int=1),
    "album_id": uuid.UUID(int=4),
    "cover_id": uuid.UUID(int=5),
    "size": "small",
    "concept_id": 987654,
    "artist_id": uuid.UUID(int=6),
    "mood": "polished",
    "tag_id": 987654,
    "key": "polka",
    "token_id": 987654,
    "playlist_id": uuid.UUID(int=3),
    "item_id": 987654,
    "version_id": 987654,
    "act_id": uuid.UUID(int=2),
}


def ask(client: Client, operation: OperationAccess, ids: dict[str, Any]) -> tuple[int, bytes]:
    address = "/api/v1" + operation.path.format(**ids)
    if operation.body is picture:
        body = encode_multipart(BOUNDARY, {"file": upload(picture())})
        response = client.put(address, body, content_type=MULTIPART_CONTENT)
    elif operation.body is upload:
        response = getattr(client, operation.method)(address, {"file": upload(wav(99))})
    elif operation.body is None:
        response = getattr(client, operation.method)(address)
    else:
        response = getattr(client, operation.method)(address, operation.body, content_type="application/json")
    body = b"" if response.streaming else response.content
    close_response(response)
    return response.status_code, body


def limited(owner: User, **limits: Any) -> Client:
    _, key = services.token_create(owner=owner, name="limited", **limits)
    return Client(headers={"Authorization": f"Bearer {key}"})


def test_the_table_is_complete() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described = {
        (method, re.sub(r"{[^}]+}", "{}", path.removeprefix("/api/v1")))
        for path, methods in schema["paths"].items()
        for method in methods
        if path.startswith("/api/")
    }
    assert described == {
        (row.method, re.sub(r"{[^}]+}", "{}", row.path.partition("?")[0])) for row in OPERATIONS
    }


@every_operation
@pytest.mark.parametrize("way_in", [signed_in, with_token])
def test_the_owner(
    operation: OperationAccess, way_in: Callable[[User], Client], alice: User, alices_ids: dict[str, Any]
) -> None:
    assert ask(way_in(alice), operation, alices_ids)[0] == operation.owner


@every_operation
@pytest.mark.parametrize("way_in", [signed_in, with_token])
@pytest.mark.parametrize("person", ["bob", "charlie"])
def test_other_peoples_objects_look_like_unknown_ones(
    operation: OperationAccess,
    person: str,
    way_in: Callable[[User], Client],
    alices_ids: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    """Byte for byte, and by the same queries."""
    client = way_in(request.getfixturevalue(person))
    if "{" not in operation.path:
        status, body = ask(client, operation, alices_ids)
        assert status == operation.owner
        assert str(alices_ids["id"]).encode() not in body
        return
    ask(client, operation, NOBODYS)  # notes the use of the token
    asked = []
    for ids in (alices_ids, NOBODYS):
        with CaptureQueriesContext(connection) as queries:
            answer = ask(client, operation, ids)
        asked.append(
            (answer, [re.sub(r"'[^']*'|[0-9a-f]{32}|\b[0-9]+\b", "?", query["sql"]) for query in queries])
        )
    assert asked[0][0][0] == 404
    assert asked[0] == asked[1]
    assert Track.objects.filter(pk=alices_ids["id"]).exists()


@every_operation
def test_strangers(operation: OperationAccess, client: Client, alices_ids: dict[str, Any]) -> None:
    known = ask(client, operation, alices_ids)
    assert known[0] == 401
    assert known == ask(client, operation, NOBODYS)


@every_operation
@pytest.mark.parametrize(
    ("limits", "scopes"),
    [
        ({"may_write": False, "may_delete": False}, {"read"}),
        ({"may_delete": False}, {"read", "write"}),
        ({"may_write": False}, {"read", "delete"}),
    ],
    ids=["read", "write", "delete"],
)
def test_tokens_do_what_they_were_made_for(
    operation: OperationAccess,
    limits: dict[str, bool],
    scopes: set[str],
    alice: User,
    alices_ids: dict[str, Any],
) -> None:
    status, body = ask(limited(alice, **limits), operation, alices_ids)
    if operation.needs in scopes:
        assert status == operation.owner
    else:
        assert status == 403
        assert b"insufficient_scope" in body
        assert Track.objects.filter(
            pk=alices_ids["id"], title__startswith="Song", owner_genre="jazz"
        ).exists()


@every_operation
def test_expired_tokens(operation: OperationAccess, alice: User, alices_ids: dict[str, Any]) -> None:
    status, body = ask(
        limited(alice, expires_at=timezone.now() - timedelta(seconds=1)), operation, alices_ids
    )
    assert status == 401
    assert b"expired_token" in body


def test_a_file_upload_is_for_those_who_may_read(alice: User) -> None:
    address = reverse("file-upload")
    assert Client().post(address, {"file": upload()}).status_code == 401
    read_only = limited(alice, may_write=False, may_delete=False)
    assert read_only.post(address, {"file": upload()}).status_code == 422
