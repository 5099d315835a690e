"""Nobody learns anything of alice's, whatever address they ask, with whichever of her ids, by whichever method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import path
from pytest_django import Settings

from library import models, selectors, services
from library.models import (
    BaseModelChange,
    BaseModelRow,
    ConceptTrack,
    FileTags,
    LearnedModel,
    LearnedRow,
    PartialUpload,
    Track,
    TrackArtist,
    User,
)
from tests.album_rows import make_album, make_artist
from tests.covers import make_cover
from tests.crawl import METHODS, UNSAFE, CrawledUrl, addresses, response_bytes, send_request
from tests.factories import TrackFactory, signed_in, with_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("crawling")]

#: Each thing of alice's has this in its name, and nothing else in the world has.
SECRET = "zyxomel"
HEARD = {"moods": {"happy": 0.9}}
EMAIL = f"{SECRET}@example.org"


class OwnedData(NamedTuple):
    alice: User
    ids: dict[str, list[Any]]
    """Of everything that has one, as the parts of addresses are called."""
    fields: dict[str, Any]
    """What a form or a program might send to get at them."""
    query: str
    secrets: list[bytes]
    """What of it must not come out."""


@pytest.fixture
def alices_data(alice: User) -> OwnedData:
    """Everything that one can have."""
    alice.email = EMAIL
    alice.save()
    names = {field: f"{SECRET} {field}" for field in ("title", "artist", "album", "file_genre")}
    track, twin = (
        TrackFactory(
            owner=alice,
            original_name=f"{SECRET}.wav",
            year=1977,
            embedding=[0.6, 0.8],
            vector=[0.6, 0.8],
            heard=HEARD,
            **names,
        )
        for _ in range(2)
    )
    for kind in ("playable", "peaks", "spectrogram"):
        getattr(track, kind).save(f"{kind}.mp3", ContentFile(f'{{"{SECRET}": "{kind}"}}'.encode()))
    album = make_album(alice, f"{SECRET} of the album", f"{SECRET} of the artist")
    album.tracks.set([track, twin])
    for other in (track, twin):
        TrackArtist.objects.create(track=other, artist=make_artist(alice, f"{SECRET} of the band"))
    cover = make_cover(alice, content=f'{{"{SECRET}": "cover"}}'.encode())
    Track.objects.filter(pk=track.pk).update(cover=cover)
    genre = services.own_genre_add(owner=alice, name=f"{SECRET} genre")
    FileTags.objects.create(track=track, title=f"{SECRET} in the file", values={"title": [f"{SECRET} in it"]})
    services.genre_set(track=track, person=alice, genre=genre.key)
    tag = services.track_tag(track=track, name=f"{SECRET} tag")
    services.suggestion_reject(track=track, name=f"{SECRET} not")
    services.play_add(track=track)
    concept = services.concept_get_or_create(owner=alice, taught=genre)
    services.concept_answer(concept=concept, track=twin, yes=False)
    ConceptTrack.objects.create(track=twin, concept=concept, margin=0.1)
    learned = LearnedModel.objects.create(
        owner=alice, number=1, status="candidate", sha256=f"{SECRET} arrays"
    )
    LearnedRow.objects.create(model=learned, track=twin, genre="rock", probability=0.9)
    change = BaseModelChange.objects.create(
        owner=alice, model_name="newer-1", model_version=f"{SECRET} version"
    )
    BaseModelRow.objects.create(change=change, track=twin, error_code="corrupt")
    action = services.tracks_tag(tracks=selectors.tracks_of(alice), person=alice, names=[f"{SECRET} act"])
    playlist = services.playlist_add(owner=alice, name=f"{SECRET} playlist")
    services.playlist_append(playlist=playlist, tracks=selectors.tracks_of(alice))
    smart = services.search_save(owner=alice, name=f"{SECRET} search", query=f"q={SECRET}")
    token, _ = services.token_create(owner=alice, name=f"{SECRET} token")
    player_password, _ = services.player_password_create(owner=alice, name=f"{SECRET} player")
    failed = TrackFactory(owner=alice, status=Track.Status.FAILED, original_name=f"{SECRET}.mp3", **names)
    binned = TrackFactory(owner=alice, original_name=f"{SECRET}.aiff", **names)
    services.track_delete(track=binned)
    coming = services.upload_begin(owner=alice, name=f"{SECRET}.flac", length=1000)
    packed = PartialUpload.objects.create(
        owner=alice, name=f"{SECRET}.zip", length=9, contents={"added": 1, "known": 0, "refused": 0}
    )
    PartialUpload.objects.create(owner=alice, name=f"{SECRET}.ogg", length=9, archive=packed, track=track)

    long = [
        row.pk
        for row in (track, failed, binned, action, playlist, smart, coming, packed, album, album.artist)
    ]
    prediction = track.prediction
    short = [
        row.pk
        for row in (
            *(tag, genre, token, player_password, concept, playlist.items.all()[0]),
            *(track.verdicts.get(), prediction, alice),
        )
    ]
    ids = {
        "id": [*long, *short],
        "pk": [*long, *short],
        **dict.fromkeys(("track_id", "playlist_id", "bulk_action_id", "upload_id"), long),
        "album_id": [album.pk],
        "artist_id": [album.artist_id],
        **dict.fromkeys(("tag_id", "item_id", "genre_id", "token_id", "password_id"), short),
        "object_id": [track.pk, failed.pk, *sorted(set(short))],
        "content_type_id": [ContentType.objects.get_for_model(Track).pk],
        "key": [genre.key, tag.key, token.digest],
        "number": [learned.number],
        "change_id": [change.pk],
        "cover_id": [cover.pk],
        "size": ["small"],
        "mood": ["happy", genre.key],
        "uidb64": ["MQ"],
        "token": ["set-password"],
        "app_label": ["library", "django_tasks_database"],
        "url": ["library/", SECRET],
    }
    fields = {
        "track": [str(track.pk), str(twin.pk)],
        "tracks": [str(track.pk)],
        "id": [str(track.pk)],
        "sha256": [track.sha256],
        "playlist": str(playlist.pk),
        "genre": genre.key,
        "into": str(tag.pk),
        "tag": str(tag.pk),
        "act": "tag",
        "value": str(playlist.pk),
        "name": "mine",
        "answer": "yes",
        "title": "mine",
        "query": f"genre={genre.key}",
        "position": 0,
        "starred": "true",
        "rating": "1",
        "played_at": "2026-03-01T18:20:05Z",
        "to": "0",
        "_selected_action": str(track.pk),
        "action": "analyse_again",
    }
    query = f"?track={track.pk}&id={track.pk}&genre={genre.key}&into={tag.pk}&all=1&format=json&o=1"
    with track.original.open("rb") as file:
        sound = file.read()[44:108]
    digests = [row.sha256.encode() for row in (track, twin, failed, binned)] + [
        row.digest.encode() for row in (token, player_password)
    ]
    folders = [row.folder.encode() for row in (track, twin, failed, binned)]
    return OwnedData(alice, ids, fields, query, [SECRET.encode(), sound, *digests, *folders])


def responses(
    alices_data: OwnedData, client: Client, where: str, look: bool
) -> Iterator[tuple[str, CrawledUrl, bytes]]:
    """Everything that can be asked, with what is told; or at least looked at."""
    known = set()
    for address in addresses(alices_data.ids):
        if "/logout/" in address.url or not address.url.startswith(where):
            continue
        # What an address has no use for, it is asked once, not for each id.
        methods = ("get", *UNSAFE) if address.is_api else ("get", "post")
        if address.route not in known:
            known.add(address.route)
            methods = METHODS
            yield "get", address, response_bytes(send_request(client, "get", address, {}, alices_data.query))
        for method in ["get"] if look else methods:
            yield method, address, response_bytes(send_request(client, method, address, alices_data.fields))


def leaks(
    alices_data: OwnedData, client: Client, secrets: list[bytes], *, where: str = "/", look: bool = False
) -> list[str]:
    """Where a secret came out."""
    found = []
    for method, address, answer in responses(alices_data, client, where, look):
        # What one has just said oneself is no secret.
        for said in [*address.values, *alices_data.ids["key"], alices_data.fields["sha256"][0]]:
            answer = answer.replace(quote(said).encode(), b"").replace(said.encode(), b"")
        found += [f"{method} {address.url}: {secret!r}" for secret in secrets if secret in answer]
    return found


def state(owner: User) -> list[str]:
    """All rows and bytes of somebody's."""
    tracks = Track.objects.filter(owner=owner)
    rows: list[Any] = [User.objects.filter(pk=owner.pk), tracks]
    for name in (
        "Genre",
        "Tag",
        "Playlist",
        "PartialUpload",
        "ApiToken",
        "PlayerPassword",
        "Mood",
        "Embedding",
        "LearningVector",
        "Concept",
        "LearnedModel",
        "BaseModelChange",
        "Cover",
        "Album",
        "Artist",
    ):
        rows.append(getattr(models, name).objects.filter(owner=owner))
    for name in (
        *("Prediction", "Verdict", "Tagging", "TagRejection", "PlaylistItem", "FileTags", "Answer"),
        *("LearnedRow", "ConceptTrack", "BaseModelRow", "TrackArtist", "Play"),
    ):
        rows.append(getattr(models, name).objects.filter(track__owner=owner))
    rows.append(models.BulkAction.objects.filter(person=owner))
    texts = [serializers.serialize("json", queryset.order_by("pk")) for queryset in rows]
    assert not [queryset.model for queryset in rows if not queryset]
    for track in tracks.order_by("pk"):
        for stored in filter(None, (track.original, track.playable, track.peaks, track.spectrogram)):
            with stored.open("rb") as file:
                texts.append(repr(file.read()))
    return texts


class TestNothingComesOut:
    """And nothing changes."""

    def test_to_charlie(self, alices_data: OwnedData, charlie: User) -> None:
        before = state(alices_data.alice)
        assert not leaks(alices_data, signed_in(charlie), alices_data.secrets)
        assert state(alices_data.alice) == before

    def test_to_a_program_of_charlies(self, alices_data: OwnedData, charlie: User) -> None:
        before = state(alices_data.alice)
        assert not leaks(alices_data, with_token(charlie), alices_data.secrets, where="/api/")
        assert state(alices_data.alice) == before

    def test_to_bob_with_whom_she_does_not_share(self, alices_data: OwnedData, bob: User) -> None:
        # Whether there is an account or a token is for those who look after accounts, and that is a right of its own.
        bob.user_permissions.remove(*Permission.objects.filter(codename__endswith="_apitoken"))
        before = state(alices_data.alice)
        assert not leaks(alices_data, signed_in(bob), alices_data.secrets)
        assert state(alices_data.alice) == before

    def test_to_nobody(self, alices_data: OwnedData) -> None:
        before = state(alices_data.alice)
        client = Client()
        assert not leaks(alices_data, client, alices_data.secrets)
        assert "sessionid" not in client.cookies
        assert state(alices_data.alice) == before

    def test_of_her_music_to_a_superuser(self, alices_data: OwnedData, bob: User) -> None:
        """Accounts and tokens are theirs to look after, by e-mail address and name; music is not."""
        bob.is_superuser = True
        bob.save()
        _, sound, *hashes = alices_data.secrets
        names = [
            f"{SECRET} {word}".encode() for word in ("title", "artist", "album", "genre", "tag", "playlist")
        ]
        files = [f"{SECRET}.{ending}".encode() for ending in ("wav", "mp3", "flac", "zip", "ogg")]
        admin = [route for route in hashes if len(route) == 64]
        found = leaks(alices_data, signed_in(bob), [sound, *names, *files, *admin], look=True)
        assert not found


class TestTheCrawlWouldSeeIt:
    """Else it would prove nothing."""

    def test_alice_finds_all_that_is_hers(self, alices_data: OwnedData) -> None:
        client = signed_in(alices_data.alice)
        told_to_alice = b"".join(
            response_bytes(send_request(client, "get", address, {}))
            for address in addresses(alices_data.ids)
            if "logout" not in address.url
        )
        _, sound, *_ = alices_data.secrets
        assert sound in told_to_alice
        kinds = ("title", "artist", "album", "genre", "tag", "playlist", "search", "token", "player")
        for name in [EMAIL, *(f"{SECRET} {word}" for word in kinds)]:
            assert name.encode() in told_to_alice, name
        for ending in ("wav", "mp3", "flac", "zip", "ogg"):
            assert f"{SECRET}.{ending}".encode() in told_to_alice, ending
        for kind in ("playable", "peaks", "spectrogram", "cover"):
            assert f'{{"{SECRET}": "{kind}"}}'.encode() in told_to_alice, kind
        assert alices_data.secrets[2] in told_to_alice

    def test_bob_finds_the_music_once_she_shares(self, alices_data: OwnedData, bob: User) -> None:
        services.user_share(user=alices_data.alice, share=True)
        found = leaks(alices_data, signed_in(bob), alices_data.secrets, look=True)
        assert {line.split("/")[1] for line in found} == {"admin", "covers"}

    def test_a_new_address_that_it_cannot_fill_is_an_error(
        self, alices_data: OwnedData, settings: Settings
    ) -> None:
        class WithAnother:
            urlpatterns = [path("radio/<int:wave_length>/", lambda request, wave_length: None)]

        settings.ROOT_URLCONF = WithAnother
        with pytest.raises(AssertionError, match="wave_length"):
            list(addresses(alices_data.ids))


def test_every_model_with_an_owner_is_in_it() -> None:
    """Whoever adds something that people own has to give alice one of it."""
    known = {
        "User", "Track", "Prediction", "Embedding", "Verdict", "BulkAction", "Genre", "Tag", "Tagging", "TagRejection",
        "Mood", "LearningVector", "Concept", "Answer", "ConceptTrack", "LearnedModel", "LearnedRow",
        "BaseModelChange", "BaseModelRow",
        "Playlist", "PlaylistItem", "PartialUpload", "ApiToken", "PlayerPassword", "FileTags",
        # Of what is in it already: which tracks an action was about, and which were deleted.
        "BulkActionTrack", "TrackDeletion",
        # Only to be counted or recognised, and asked for by nobody.
        "FailedSignIn", "IdempotencyRecord", "StageTime", "GenreRecompute", "LearnedModelFit", "ConceptPass",
        "UpgradeAttempt", "UpgradePass", "PendingEmail", "FileCheck",
        "Album", "Artist", "Cover", "FolderFile", "TrackArtist", "Play",
        # Players ask for it in their own way: test_subsonic_access.
        "PlayQueue",
    }  # fmt: skip
    assert set(models.__all__) - {"UserManager", "AnalysisPart"} == known
