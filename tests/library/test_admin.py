"""Review: it lists, plays and shows what is shared, and changes little."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.db import connection
from django.tasks import default_task_backend
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from library import selectors, services
from library.models import ApiToken, BulkAction, Prediction, Track, User
from tests.factories import PASSWORD, UserFactory, run_enqueued_tasks, signed_in

pytestmark = pytest.mark.django_db

TRACKS = reverse("admin:library_track_changelist")
USERS = reverse("admin:library_user_changelist")
Make = Callable[..., Track]


@pytest.fixture(autouse=True)
def everybody_shares(alice: User, charlie: User) -> None:
    """What is not shared is the subject of test_sharing."""
    services.user_share(user=alice, share=True)
    services.user_share(user=charlie, share=True)


@pytest.fixture
def root_client(db: None) -> Client:
    """Who runs the site."""
    return signed_in(User.objects.create_superuser("root@example.org", PASSWORD))


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("name", ["track", "prediction", "verdict", "apitoken", "user"])
def test_lists_cost_as_many_queries_whatever_their_length(
    root_client: Client, make_track: Make, name: str
) -> None:
    def add() -> None:
        owner = UserFactory(share_with_reviewers=True)
        services.genre_confirm(track=make_track(owner=owner), person=owner)
        services.token_create(owner=owner, name="backup")

    url = reverse(f"admin:library_{name}_changelist")
    add()
    root_client.get(url)
    few = queries(root_client, url)
    for _ in range(4):
        add()
    assert queries(root_client, url) == few


def test_the_list_says_what_was_heard(bob_client: Client, make_track: Make) -> None:
    make_track(title="Blue Train", artist="Nobody")
    make_track(title="Odd One", heard={"label": None, "top": "jazz", "confidence": 0.31})
    page = bob_client.get(TRACKS).content.decode()
    for words in (
        "Blue Train",
        "Nobody",
        "alice@example.org",
        "Sure of blues, 70 %",
        "Not sure: jazz, 31 %",
        "0:06",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=blue", {"Blue Train"}),
        ("q=charlie@", {"Other"}),
        ("heard=blues", {"Blue Train"}),
        ("status__exact=failed", {"Broken"}),
        ("error_code=silent", {"Broken"}),
        ("kind=mp3", {"Other"}),
    ],
)
def test_search_and_filters(
    bob_client: Client, make_track: Make, charlie: User, query: str, found: set[str]
) -> None:
    make_track(title="Blue Train")
    make_track(title="Other", owner=charlie, kind="mp3", heard={"top": "rock"})
    make_track(title="Broken", status="failed", error_code="silent")
    page = bob_client.get(f"{TRACKS}?{query}")
    assert {track.title for track in page.context["cl"].queryset} == found


def test_a_track_can_be_heard_and_seen(bob_client: Client, track: Track) -> None:
    page = bob_client.get(reverse("admin:library_track_change", args=[track.pk])).content.decode()
    audio = reverse("admin:library_track_audio", args=[track.pk])
    picture = reverse("admin:library_track_spectrogram", args=[track.pk])
    assert f'data-audio="{audio}"' in page
    assert f'<image data-href="{picture}"' in page  # fetched when it is shown
    assert bob_client.get(audio, headers={"Range": "bytes=0-3"}).getvalue() == b"RIFF"
    assert bob_client.get(picture).getvalue() == b"picture"
    assert "mfcc-cnn-1" in page  # its prediction
    assert 'name="_save"' not in page


def test_a_failed_track_can_be_heard(bob_client: Client, make_track: Make) -> None:
    track = make_track(status="failed")
    page = bob_client.get(reverse("admin:library_track_change", args=[track.pk])).content.decode()
    audio = reverse("admin:library_track_audio", args=[track.pk])
    assert f'<audio controls preload="none" src="{audio}">' in page
    assert "data-strip" not in page


def test_tracks_are_neither_made_nor_changed_here(bob_client: Client, track: Track) -> None:
    assert bob_client.get(reverse("admin:library_track_add")).status_code == 403
    change = reverse("admin:library_track_change", args=[track.pk])
    assert bob_client.post(change, {"title": "Mine"}).status_code == 403
    track.refresh_from_db()
    assert track.title != "Mine"


def action(client: Client, url: str, action: str, *rows: Track | User) -> str:
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows], "post": "yes"}
    response = client.post(url, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_analyse_again(bob_client: Client, make_track: Make) -> None:
    failed, busy = make_track(status="failed"), make_track(status="analysing", attempts=1)
    page = action(bob_client, TRACKS, "analyse_again", failed, busy)
    assert "Queued 1 track." in page
    assert "1 track left unchanged: waiting or being analysed already." in page
    failed.refresh_from_db()
    busy.refresh_from_db()
    assert (failed.status, failed.error_code, busy.status, busy.attempts) == ("queued", "", "analysing", 1)


def test_set_the_genre_of_many(bob: User, bob_client: Client, alice: User, make_track: Make) -> None:
    one, said, overruled = make_track(), make_track(), make_track()
    services.genre_set(track=said, person=bob, genre="jazz")
    services.genre_set(track=overruled, person=alice, genre="rock")
    rows = [str(track.pk) for track in (one, said, overruled)]
    form = {"action": "set_genre", "genre": "jazz", "_selected_action": rows}
    page = bob_client.post(TRACKS, form, follow=True).content.decode()
    assert "Said jazz of 2 tracks." in page
    assert "Undo</button>" in page
    assert "1 track left unchanged: somebody has said jazz already." in page
    assert "The owner’s own verdict goes on counting for 1 track." in page
    for track in (one, said, overruled):
        track.refresh_from_db()
    assert [one.genre, said.genre, overruled.genre] == ["jazz", "jazz", "rock"]
    services.bulk_action_undo(action=BulkAction.objects.get())
    one.refresh_from_db()
    assert (one.genre, one.genre_source) == ("blues", "model")


@pytest.mark.parametrize("genre", ["", "shoegaze", "unsure"])
def test_a_genre_that_is_none_sets_nothing(bob_client: Client, track: Track, genre: str) -> None:
    form = {"action": "set_genre", "genre": genre, "_selected_action": str(track.pk)}
    page = bob_client.post(TRACKS, form, follow=True).content.decode()
    assert "Choose a genre first." in page or "No action selected." in page
    assert not track.verdicts.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("confirm_genres", "Confirmed 1 track."),
        ("set_genre", "Said rock of 1 track."),
        ("analyse_again", "Queued 1 track."),
    ],
)
def test_the_same_on_the_page_of_one_track(
    bob_client: Client, track: Track, make_track: Make, name: str, words: str
) -> None:
    other = make_track()
    page = reverse("admin:library_track_change", args=[track.pk])
    form = {"CHANGE_FORM-action": name, "CHANGE_FORM-genre": "rock", "_selected_action": str(track.pk)}
    assert words in bob_client.post(page, form, follow=True).content.decode()
    assert bob_client.post(page, form | {"_selected_action": str(other.pk)}).status_code == 400
    nothing = form | {"CHANGE_FORM-action": "set_genre", "CHANGE_FORM-genre": "", "genre": "shoegaze"}
    assert "Choose a genre first." in bob_client.post(page, nothing, follow=True).content.decode()
    assert not other.verdicts.exists()


def test_who_may_only_look_cannot_analyse_again(bob: User, bob_client: Client, make_track: Make) -> None:
    bob.user_permissions.remove(*bob.user_permissions.filter(codename="change_track"))
    track = make_track(status="failed")
    action(bob_client, TRACKS, "analyse_again", track)
    track.refresh_from_db()
    assert track.status == "failed"


def test_deleting_tracks_puts_them_in_their_owners_bin(
    bob_client: Client, make_track: Make, alice: User, charlie: User
) -> None:
    services.user_share(user=charlie, share=True)
    one, two, three = make_track(), make_track(owner=charlie), make_track()
    action(bob_client, TRACKS, "delete_selected", one, two)
    bob_client.post(reverse("admin:library_track_delete", args=[three.pk]), {"post": "yes"})
    assert not Track.objects.exists()
    assert set(selectors.bin_of(alice)) == {one, three}
    assert set(selectors.bin_of(charlie)) == {two}
    for track in (one, two, three):
        assert default_storage.exists(track.original.name)


def test_deleting_people_takes_their_files(
    root_client: Client,
    make_track: Make,
    charlie: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    track, other = make_track(), make_track(owner=charlie)
    default_task_backend.clear()
    with django_capture_on_commit_callbacks(execute=True):
        root_client.post(reverse("admin:library_user_delete", args=[track.owner_id]), {"post": "yes"})
        action(root_client, USERS, "delete_selected", charlie)
    run_enqueued_tasks()
    assert set(User.objects.values_list("email", flat=True)) == {"root@example.org"}
    assert not default_storage.exists(track.original.name)
    assert not default_storage.exists(other.original.name)


def test_predictions_are_only_looked_at(bob_client: Client, track: Track) -> None:
    prediction = Prediction.objects.get()
    change = reverse("admin:library_prediction_change", args=[prediction.pk])
    assert bob_client.get(change).status_code == 200
    assert bob_client.post(change, {"label": "jazz"}).status_code == 403
    assert bob_client.get(reverse("admin:library_prediction_add")).status_code == 403


def test_predictions_by_the_most_probable_genre(bob_client: Client, make_track: Make) -> None:
    for top in ("blues", "rock"):
        make_track(heard={"top": top})
    page = bob_client.get(reverse("admin:library_prediction_changelist") + "?top=rock")
    assert [heard.top for heard in page.context["cl"].queryset] == ["rock"]


def test_tokens_show_no_digest_and_can_be_revoked(bob_client: Client, alice: User) -> None:
    token, _ = services.token_create(owner=alice, name="backup")
    change = reverse("admin:library_apitoken_change", args=[token.pk])
    page = bob_client.get(change).content.decode()
    assert token.hint in page
    assert token.digest not in page
    assert bob_client.post(change, {"name": "x"}).status_code == 403
    bob_client.post(reverse("admin:library_apitoken_delete", args=[token.pk]), {"post": "yes"})
    assert not ApiToken.objects.exists()


class TestPeople:
    def test_add(self, root_client: Client) -> None:
        data = {
            "email": "Dora@example.org",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        response = root_client.post(reverse("admin:library_user_add"), data)
        assert response.status_code == 302
        assert User.objects.get(email="dora@example.org").check_password(PASSWORD)

    def test_change(self, root_client: Client, alice: User) -> None:
        change = reverse("admin:library_user_change", args=[alice.pk])
        assert root_client.get(change).status_code == 200
        assert root_client.post(change, {"email": "Alice@Example.com", "is_staff": "on"}).status_code == 302
        alice.refresh_from_db()
        assert (alice.email, alice.is_staff, alice.is_active) == ("alice@example.com", True, False)
        assert alice.check_password(PASSWORD)

    def test_an_address_is_taken_in_any_spelling(
        self, root_client: Client, alice: User, charlie: User
    ) -> None:
        change = reverse("admin:library_user_change", args=[charlie.pk])
        assert root_client.post(change, {"email": alice.email.upper()}).status_code == 200
        charlie.refresh_from_db()
        assert charlie.email == "charlie@example.org"

    def test_reviewers_make_nobody_staff(self, bob_client: Client, bob: User, alice: User) -> None:
        for person in (bob, alice):
            assert bob_client.get(reverse("admin:library_user_change", args=[person.pk])).status_code == 403

    def test_staff_signs_in_by_address(self, client: Client, bob: User) -> None:
        data = {"username": bob.email, "password": PASSWORD}
        assert client.post(reverse("admin:login"), data).status_code == 302
        assert client.get(TRACKS).status_code == 200


def test_more_tracks_than_a_form_has_fields_can_be_deleted(bob_client: Client, alice: User) -> None:
    Track.objects.bulk_create(
        Track(
            owner=alice, original_name="x", title=f"Song {number}", kind="wav", size=1, sha256=f"{number:064}"
        )
        for number in range(1100)
    )
    some = Track.objects.values_list("pk", flat=True)[:2]
    page = bob_client.post(
        TRACKS, {"action": "delete_selected", "select_across": "1", "_selected_action": list(some)}
    )
    fields = dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.content.decode()))
    assert fields["selected_ids"].count(",") == 1099
    assert bob_client.post(TRACKS, fields).status_code == 302
    assert not Track.objects.exists()
    assert Track.all_objects.count() == 1100


def test_what_is_not_shared_is_not_deleted_by_its_id(bob_client: Client, make_track: Make) -> None:
    track = make_track(owner=UserFactory())
    fields = {"action": "delete_selected", "post": "yes"}
    assert bob_client.post(TRACKS, fields | {"selected_ids": f"{track.pk},nonsense"}).status_code == 302
    # Nothing is selected, so the list is shown again.
    assert bob_client.post(TRACKS, fields | {"_selected_action": "nonsense"}).status_code in (200, 302)
    assert Track.objects.get() == track


def test_no_shortcut_tells_what_there_is(bob_client: Client, make_track: Make) -> None:
    kind = ContentType.objects.get_for_model(Track).pk
    hidden, shared = make_track(owner=UserFactory()), make_track()
    for track_id in (hidden.pk, shared.pk, uuid.uuid4()):
        assert bob_client.get(f"/admin/r/{kind}/{track_id}/").status_code == 404
