"""Staff give a person a quota of their own; without one, the site's counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from classifier.errors import AudioError
from library import selectors, services
from library.models import Track, User
from library.text import exact_size, size_from_text
from tests.factories import UserFactory, signed_in, upload, wav
from tests.library.test_admin_words import words_on

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
PEOPLE = reverse("admin:library_user_changelist")
MB, GB = 2**20, 2**30


@pytest.fixture
def dora(db: None) -> User:
    """Staff who manages people."""
    dora: User = UserFactory(email="dora@example.org", is_staff=True)
    dora.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    return dora


@pytest.fixture
def dora_client(dora: User) -> Client:
    return signed_in(dora)


def page_of(person: User) -> str:
    return reverse("admin:library_user_change", args=[person.pk])


def save_quota(client: Client, person: User, quota: str) -> str:
    """Send the person's page with this quota; returns what comes back."""
    data = {"email": person.email, "is_active": "on", "quota_bytes": quota}
    page = client.post(page_of(person), data, follow=True).content.decode()
    person.refresh_from_db()
    return page


def add(owner: User, number: int) -> Track:
    return services.track_add(owner=owner, upload=upload(wav(number)))[0]


class TestWhichCounts:
    def test_ones_own_below_the_sites(self, alice: User, charlie: User) -> None:
        alice.quota_bytes = len(wav(0)) + 10
        alice.save()
        add(alice, 0)
        with pytest.raises(AudioError) as refused:
            add(alice, 1)
        assert refused.value.code == "over_quota"
        add(charlie, 0)
        add(charlie, 1)

    def test_ones_own_above_the_sites(self, alice: User, charlie: User, settings: Settings) -> None:
        settings.EARMARK_QUOTA_BYTES = len(wav(0)) + 10
        alice.quota_bytes = 10 * MB
        alice.save()
        add(alice, 0)
        add(alice, 1)
        add(charlie, 0)
        with pytest.raises(AudioError):
            add(charlie, 1)

    def test_the_sites_again_when_it_is_cleared(self, alice: User, settings: Settings) -> None:
        settings.EARMARK_QUOTA_BYTES = 7 * MB
        alice.quota_bytes = 3 * MB
        assert selectors.quota_of(alice) == 3 * MB
        alice.quota_bytes = None
        assert selectors.quota_of(alice) == 7 * MB

    @pytest.mark.parametrize("own", [True, False])
    def test_0_means_that_nothing_can_be_uploaded(self, alice: User, settings: Settings, own: bool) -> None:
        if own:
            User.objects.filter(pk=alice.pk).update(quota_bytes=0)
        else:
            settings.EARMARK_QUOTA_BYTES = 0
        with pytest.raises(AudioError) as refused:
            add(alice, 0)
        assert refused.value.code == "over_quota"

    def test_a_change_counts_for_an_upload_that_is_on_its_way(self, alice: User) -> None:
        User.objects.filter(pk=alice.pk).update(quota_bytes=len(wav(0)) - 1)
        assert alice.quota_bytes is None  # as it was when the request began
        with pytest.raises(AudioError) as refused:
            add(alice, 0)
        assert refused.value.code == "over_quota"
        assert not Track.all_objects.exists()

    def test_uploads_in_pieces(self, alice: User) -> None:
        alice.quota_bytes = 1000
        alice.save()
        services.upload_begin(owner=alice, name="a.wav", length=600)
        with pytest.raises(AudioError):
            services.upload_begin(owner=alice, name="b.wav", length=600)

    def test_the_message_and_every_page_name_it(
        self, alice: User, alice_client: Client, alice_api: Client, make_track: Make
    ) -> None:
        make_track(size=2 * MB)
        User.objects.filter(pk=alice.pk).update(quota_bytes=2 * MB)
        with pytest.raises(AudioError, match=r"Your library is full \(2\.0\s*MB\)"):
            add(alice, 50)
        assert "2.0 MB of 2.0 MB used" in words_on(alice_client, reverse("account"))
        assert alice_api.get("/api/v1/account/").json()["limits"]["quota_bytes"] == 2 * MB


class TestInTheAdmin:
    @pytest.mark.parametrize(
        ("text", "size"),
        [("10 GB", 10 * GB), ("1.5gb", 3 * GB // 2), (" 500 MB ", 500 * MB), ("0", 0), ("1000 bytes", 1000)],
    )
    def test_it_is_set_in_units(self, dora_client: Client, alice: User, text: str, size: int) -> None:
        assert "was changed successfully" in save_quota(dora_client, alice, text)
        assert alice.quota_bytes == size

    def test_it_is_shown_in_units_and_cleared(self, dora_client: Client, alice: User) -> None:
        save_quota(dora_client, alice, "12.5 GB")
        assert 'value="12.5 GB"' in dora_client.get(page_of(alice)).content.decode()
        save_quota(dora_client, alice, "")
        assert alice.quota_bytes is None

    @pytest.mark.parametrize(
        "text",
        ["ten GB", "10", "-1 GB", "1,5 GB", "10 GB more", "10 XB", "1e3 GB", "٣ GB", "GB", "1.2345 GB"],
    )
    def test_what_is_no_size_is_refused_with_a_sentence(
        self, dora_client: Client, alice: User, text: str
    ) -> None:
        alice.quota_bytes = GB
        alice.save()
        page = save_quota(dora_client, alice, text)
        assert "Write a number and a unit, such as “10 GB” or “500 MB”." in page
        assert f'value="{text}"' in page  # to be mended
        assert alice.quota_bytes == GB

    @pytest.mark.parametrize("text", ["1025 PB", "999999999999999 PB"])
    def test_more_than_a_database_can_count(self, dora_client: Client, alice: User, text: str) -> None:
        assert "That is more than 1024.0\xa0PB." in save_quota(dora_client, alice, text)
        assert alice.quota_bytes is None

    def test_saving_the_page_for_another_reason_leaves_it_to_the_byte(
        self, dora_client: Client, alice: User
    ) -> None:
        alice.quota_bytes = 10 * GB + 1
        alice.save()
        shown = dora_client.get(page_of(alice)).context["adminform"].form["quota_bytes"].value()
        save_quota(dora_client, alice, shown)
        assert alice.quota_bytes == 10 * GB + 1
        assert LogEntry.objects.get().get_change_message() == "No fields changed."

    def test_the_list_shows_use_beside_quota(
        self, dora_client: Client, alice: User, charlie: User, make_track: Make
    ) -> None:
        make_track(size=3 * MB)
        charlie.quota_bytes = 5 * MB
        charlie.save()
        page = words_on(dora_client, PEOPLE)
        assert "1 track, 3.0 MB of 50.0 GB" in page
        assert "0 tracks, 0 bytes of 5.0 MB" in page

    def test_it_is_in_the_history(self, dora: User, dora_client: Client, alice: User) -> None:
        save_quota(dora_client, alice, "10 GB")
        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id) == (dora, str(alice.pk))
        assert entry.get_change_message() == "Changed Quota."

    def test_those_of_staff_are_for_superusers(self, dora_client: Client, bob: User) -> None:
        answer = dora_client.post(page_of(bob), {"email": bob.email, "quota_bytes": "1 GB"})
        assert answer.status_code == 403
        bob.refresh_from_db()
        assert bob.quota_bytes is None

    def test_who_may_only_look_reads_it(self, dora: User, dora_client: Client, alice: User) -> None:
        dora.user_permissions.remove(*Permission.objects.filter(codename="change_user"))
        alice.quota_bytes = 10 * GB
        alice.save()
        page = words_on(dora_client, page_of(alice))
        assert "0 bytes of 10.0 GB" in page
        assert "Quota" not in page

    def test_nobody_else(
        self, alice: User, alice_client: Client, bob_client: Client, charlie_client: Client
    ) -> None:
        for client in (alice_client, bob_client, charlie_client):
            client.post(page_of(alice), {"email": alice.email, "quota_bytes": "1 GB"})
            alice.refresh_from_db()
            assert alice.quota_bytes is None


@pytest.mark.parametrize(
    "size",
    [0, 1, 1023, 1024, 1500, MB, MB + 1, 10 * MB + 3, GB // 2, 50 * GB, 12 * GB + GB // 2, 2**50, 2**60],
)
def test_a_size_is_written_so_that_it_is_read_back_to_the_byte(size: int) -> None:
    assert size_from_text(exact_size(size)) == size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (512, "512 bytes"),
        (50 * GB, "50 GB"),
        (GB // 2, "512 MB"),
        (1500 * MB + 512 * 1024, "1500.5 MB"),
        (GB + 1, "1073741825 bytes"),
    ],
)
def test_in_the_largest_unit_that_fits(size: int, text: str) -> None:
    assert exact_size(size) == text
