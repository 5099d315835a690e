"""The admin speaks in words: of genres, failures, verdicts and jobs, never in codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from classifier.errors import MESSAGES, REASONS
from library import services, tasks
from library.admin.jobs import TASK_WORDS
from library.models import FileCheck, Genre, Track, User
from tests.covers import make_cover
from tests.factories import PASSWORD, UserFactory, add_own_genre, signed_in

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
TRACKS = reverse("admin:library_track_changelist")
VERDICTS = reverse("admin:library_verdict_changelist")
JOBS = reverse("admin:django_tasks_database_dbtaskresult_changelist")


@pytest.fixture(autouse=True)
def alice_shares(alice: User) -> None:
    services.user_share(user=alice, share=True)


def words_on(client: Client, address: str) -> str:
    """The text of a page, as people read it."""
    page = client.get(address)
    assert page.status_code == 200
    text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(text).split())


def titles(client: Client, query: str) -> set[str]:
    return {track.title for track in client.get(f"{TRACKS}?{query}").context["cl"].result_list}


def test_every_reason_of_a_failure_has_words() -> None:
    assert REASONS.keys() == MESSAGES.keys()


def test_every_job_has_words() -> None:
    named = {value.name for value in vars(tasks).values() if hasattr(value, "func")}
    assert named == TASK_WORDS.keys()


def test_a_row(alice: User, bob_client: Client, make_track: Make) -> None:
    make_track(title="Blue Train", artist="Nobody")
    make_track(title="Broken", status="failed", error_code="corrupt")
    make_track(title="Soon", status="queued")
    genre = add_own_genre(alice, "Shoegaze")
    own = make_track(title="Own")
    services.genre_set(track=own, person=alice, genre=genre.key)
    page = words_on(bob_client, TRACKS)
    for words in (
        "Blue Train Nobody alice@example.org Blues Heard by Earmark Sure of blues, 70 %",
        "Failed: damaged file",
        "Waiting…",
        "Shoegaze Set by hand Sure of blues, 70 % 1 0:06",
    ):
        assert words in page
    assert "corrupt" not in page


def test_a_row_has_its_cover(alice: User, bob_client: Client, make_track: Make) -> None:
    cover = make_cover(alice)
    make_track(artist="The Gravel Kings")
    Track.objects.filter(pk=make_track().pk).update(cover=cover)
    page = bob_client.get(TRACKS).content.decode()
    address = reverse("cover", args=[cover.pk, "small"])
    assert address in page
    assert 'data-initials="TG"' in page
    assert bob_client.get(address).status_code == 200


def test_no_row_costs_a_query(alice: User, bob: User, bob_client: Client, make_track: Make) -> None:
    def add() -> None:
        owner = UserFactory(share_with_reviewers=True)
        genre = add_own_genre(owner, "Shoegaze")
        services.genre_set(track=make_track(owner=owner), person=owner, genre=genre.key)
        services.genre_set(track=make_track(owner=owner), person=bob, genre="rock")

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert bob_client.get(address).status_code == 200
        return len(captured)

    add()
    few = [queries(address) for address in (TRACKS, VERDICTS)]
    for _ in range(5):
        add()
    assert [queries(address) for address in (TRACKS, VERDICTS)] == few


def test_names_of_own_genres_are_their_owners(
    alice: User, charlie: User, bob_client: Client, make_track: Make
) -> None:
    services.user_share(user=charlie, share=True)
    for owner, name in ((alice, "Dub"), (charlie, "Drone")):
        Genre.objects.create(owner=owner, key="same", name=name)
        track = make_track(owner=owner)
        services.genre_set(track=track, person=owner, genre="same")
    page = words_on(bob_client, TRACKS)
    assert "alice@example.org Dub" in page
    assert "charlie@example.org Drone" in page


def test_filters_are_words(bob_client: Client, track: Track) -> None:
    page = words_on(bob_client, TRACKS)
    for words in (
        "Sure of jazz",
        "Not sure",
        "Failed: damaged file",
        "Learned from the owner",
        "Owner is asked",
        "Missing on the server",
        "Waits for review",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("genre_source__exact=model", {"Sure", "Damaged"}),
        ("genre_source__exact=none", {"Unsure", "Broken"}),
        ("needs_you__exact=1", {"Unsure"}),
        ("needs_you__exact=0", {"Sure", "Damaged", "Broken"}),
        ("file_check__damage=any", {"Damaged"}),
        ("file_check__damage=size", set()),
        ("heard=unsure", {"Unsure"}),
        ("status__exact=ready", {"Sure", "Unsure", "Damaged"}),
    ],
)
def test_filters_find(bob_client: Client, make_track: Make, query: str, found: set[str]) -> None:
    make_track(title="Sure")
    make_track(title="Unsure", heard={"label": None})
    make_track(title="Broken", status="failed")
    FileCheck.objects.create(track=make_track(title="Damaged"), damage="content")
    assert titles(bob_client, query) == found


@pytest.mark.parametrize("name", ["track", "prediction", "verdict", "user", "apitoken"])
def test_each_search_says_what_it_looks_in(name: str) -> None:
    root = signed_in(User.objects.create_superuser("root@example.org", PASSWORD))
    assert "Looks in" in words_on(root, reverse(f"admin:library_{name}_changelist"))


def test_verdicts_in_words(alice: User, bob: User, bob_client: Client, track: Track) -> None:
    genre = services.own_genre_add(owner=alice, name="Shoegaze")
    services.genre_set(track=track, person=alice, genre=genre.key)
    services.genre_set(track=track, person=alice, genre="")
    services.genre_set(track=track, person=bob, genre="blues")
    page = words_on(bob_client, f"{VERDICTS}?track={track.pk}")
    for words in (
        "alice@example.org (owner)",
        "Said shoegaze (it was blues)",
        "Took the genre back (it was shoegaze)",
        "Sure of blues",
    ):
        assert words in page
    assert genre.key not in page
    found = [
        [verdict.genre for verdict in bob_client.get(f"{VERDICTS}?genre={value}").context["cl"].result_list]
        for value in ("own", "none", "blues")
    ]
    assert found == [[genre.key], [""], ["blues"]]


def test_verdicts_of_others_genres_name_none_of_them(
    charlie: User, bob_client: Client, make_track: Make
) -> None:
    genre = services.own_genre_add(owner=charlie, name="Secret genre")
    services.genre_set(track=make_track(owner=charlie), person=charlie, genre=genre.key)
    page = bob_client.get(VERDICTS).content.decode()
    assert "Secret genre" not in page
    assert genre.key not in page


def test_the_history_of_a_track(alice: User, bob: User, bob_client: Client, track: Track) -> None:
    services.genre_set(track=track, person=bob, genre="jazz")
    services.genre_undo(track=track, person=bob)
    page = words_on(bob_client, reverse("admin:library_track_history", args=[track.pk]))
    assert "bob@example.org Said jazz (it was blues); undone" in page
    assert "mfcc-cnn-1 1 Sure of blues, 70 %" in page


def test_jobs_in_words() -> None:
    for task, status, traceback in (
        ("analyse_track", "SUCCESSFUL", ""),
        ("delete_files", "FAILED", "Traceback:\n  File x\nOSError: no room\n"),
        ("of_a_version_to_come", "READY", ""),
    ):
        DBTaskResult.objects.create(
            task_path=f"library.tasks.{task}",
            status=status,
            traceback=traceback,
            args_kwargs={"args": ["an id"], "kwargs": {}},
            backend_name="default",
            run_after=get_date_max(),
            started_at=timezone.now() if traceback else None,
        )
    root = signed_in(User.objects.create_superuser("root@example.org", PASSWORD))
    page = words_on(root, JOBS)
    for words in (
        "Listen to a track Done",
        "Delete files Failed",
        "OSError: no room",
        "Of a version to come Waiting",
    ):
        assert words in page
    failed = root.get(f"{JOBS}?status=FAILED").context["cl"].result_list
    assert [job.task_path for job in failed] == ["library.tasks.delete_files"]
    page = words_on(root, reverse("admin:django_tasks_database_dbtaskresult_change", args=[failed[0].pk]))
    assert "an id" in page
    assert "Traceback" in page


def test_reviewers_see_no_jobs(bob_client: Client) -> None:
    assert bob_client.get(JOBS).status_code == 403
