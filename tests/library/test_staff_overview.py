"""The first page of the admin says what needs staff, and leads there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max
from pytest_django import Settings

from library import services
from library.models import FileCheck, Track, User
from library.selectors.staff import SharedCount, staff_overview_for
from tests.factories import PASSWORD, UserFactory, make_reviewer, signed_in
from tests.library.test_admin_words import words_on

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
INDEX = reverse("admin:index")


@pytest.fixture(autouse=True)
def alice_shares(alice: User) -> None:
    services.user_share(user=alice, share=True)


@pytest.fixture
def root_client(db: None) -> Client:
    return signed_in(User.objects.create_superuser("root@example.org", PASSWORD))


def job(status: str, hours: int = 0) -> None:
    made = DBTaskResult.objects.create(
        task_path="library.tasks.delete_files",
        status=status,
        args_kwargs={"args": [], "kwargs": {}},
        backend_name="default",
        run_after=get_date_max(),
    )
    DBTaskResult.objects.filter(pk=made.pk).update(enqueued_at=timezone.now() - timedelta(hours=hours))


def test_an_idle_site(bob_client: Client) -> None:
    page = words_on(bob_client, INDEX)
    for words in ("0 tracks None waits.", "No verdicts", "0 files None is known."):
        assert words in page


def test_what_needs_staff(root_client: Client, alice: User, charlie: User, make_track: Make) -> None:
    waiting = make_track(status="queued")
    Track.objects.filter(pk=waiting.pk).update(updated_at=timezone.now() - timedelta(hours=3))
    make_track(status="queued", owner=charlie)
    make_track(heard={"label": None})
    services.genre_set(track=make_track(), person=alice, genre="blues")
    for owner, code in ((alice, "corrupt"), (charlie, "corrupt"), (charlie, "silent")):
        make_track(owner=owner, status="failed", error_code=code)
    for owner in (alice, charlie):
        FileCheck.objects.create(track=make_track(owner=owner), damage="content")
    job("READY", hours=5)
    job("FAILED")
    page = words_on(root_client, INDEX)
    for words in (
        "Waiting for analysis 2 tracks The first has waited for 3\xa0hours.",
        "1 job waiting , the first for 5\xa0hours; 1 failed",
        "Waiting for review 1 track",
        "Agreement 100 % of 1 verdict",
        "Failed analyses 3 tracks Damaged file: 1 , and 1 not shared Silent: 1 not shared",
        "Damaged originals 2 files 1 of them not shared, or in a bin.",
    ):
        assert re.sub(r"\s+", " ", words) in page


def test_each_figure_leads_to_its_tracks(bob_client: Client, charlie: User, make_track: Make) -> None:
    for owner in (None, charlie):
        of = {"owner": owner} if owner else {}
        make_track(title="Queued", status="queued", **of)
        make_track(title="Failed", status="failed", error_code="silent", **of)
        make_track(title="Unsure", heard={"label": None}, **of)
        FileCheck.objects.create(track=make_track(title="Damaged", **of), damage="size")
    page = bob_client.get(INDEX).content.decode()
    address = reverse("admin:library_track_changelist")
    for query, title in (
        ("status__exact=queued", "Queued"),
        ("error_code=silent", "Failed"),
        ("review=waiting", "Unsure"),
        ("file_check__damage=any", "Damaged"),
    ):
        assert f'href="{address}?{query}"' in page
        found = bob_client.get(f"{address}?{query}").context["cl"].result_list
        assert [track.title for track in found] == [title]


def test_other_libraries_are_numbers(bob: User, bob_client: Client, charlie: User, make_track: Make) -> None:
    make_track(owner=charlie, title="Secret", status="failed", error_code="silent")
    FileCheck.objects.create(track=make_track(owner=charlie, title="Secret"), damage="size")
    page = bob_client.get(INDEX).content.decode()
    assert "Secret" not in page
    assert "charlie" not in page
    overview = staff_overview_for(bob)
    assert overview.failures == [("silent", SharedCount(total=1, visible=0))]
    assert overview.damaged == SharedCount(total=1, visible=0)


def test_a_disk_without_room_for_uploads_says_so(bob_client: Client, settings: Settings) -> None:
    assert "they are refused" not in words_on(bob_client, INDEX)
    settings.EARMARK_KEEP_FREE_BYTES = 2**62
    assert "Too little for uploads: they are refused." in words_on(bob_client, INDEX)


def test_it_costs_as_many_queries_whatever_there_is(root_client: Client, make_track: Make) -> None:
    def add() -> None:
        owner = UserFactory(share_with_reviewers=True)
        for code in ("silent", "corrupt", "drm", "timeout"):
            make_track(owner=owner, status="failed", error_code=code)
        services.genre_set(track=make_track(owner=owner), person=owner, genre="jazz")
        FileCheck.objects.create(track=make_track(owner=owner), damage="size")
        job("READY")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert root_client.get(INDEX).status_code == 200
        return len(captured)

    root_client.get(INDEX)
    few = queries()
    for _ in range(3):
        add()
    assert queries() == few


def test_staff_without_rights_on_tracks_see_no_figures(make_track: Make) -> None:
    make_track(status="failed")
    staff = make_reviewer(UserFactory())
    staff.user_permissions.clear()
    page = words_on(signed_in(staff), INDEX)
    assert "Failed analyses" not in page
    assert "Jobs" not in page


def test_reviewers_see_no_jobs(bob_client: Client) -> None:
    job("READY")
    assert "job waiting" not in words_on(bob_client, INDEX)
