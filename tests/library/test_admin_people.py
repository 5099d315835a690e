"""Staff disable accounts and invite people; only superusers manage staff."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from library import services
from library.models import Track, User
from library.services.people import INVITATION_SALT
from tests.factories import PASSWORD, UserFactory, make_reviewer, signed_in
from tests.library.test_admin_words import words_on

pytestmark = pytest.mark.django_db
Make = Callable[..., Track]
PEOPLE = reverse("admin:library_user_changelist")
INVITE = reverse("admin:library_user_invite")


@pytest.fixture
def dora(db: None) -> User:
    """Staff who manages people."""
    dora: User = UserFactory(email="dora@example.org", is_staff=True)
    dora.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "add_user", "change_user"])
    )
    return dora


@pytest.fixture
def dora_client(dora: User) -> Client:
    return signed_in(dora)


@pytest.fixture
def root_client(db: None) -> Client:
    return signed_in(User.objects.create_superuser("root@example.org", PASSWORD))


def act(client: Client, name: str, *people: User) -> str:
    data = {"action": name, "_selected_action": [str(person.pk) for person in people]}
    return client.post(PEOPLE, data, follow=True).content.decode()


class TestDisabling:
    def test_ends_all_access_and_leaves_the_music(
        self, dora_client: Client, alice: User, alice_client: Client, alice_api: Client, track: Track
    ) -> None:
        assert (
            alice_client.get("/account/").status_code == alice_api.get("/api/v1/tracks/").status_code == 200
        )
        assert "Disabled 1 account." in act(dora_client, "disable", alice)
        assert alice_client.get("/account/").status_code == 302
        assert alice_api.get("/api/v1/tracks/").status_code == 401
        assert not Client().login(username=alice.email, password=PASSWORD)
        assert Track.objects.get() == track
        assert "Enabled 1 account." in act(dora_client, "enable", alice)
        assert alice_api.get("/api/v1/tracks/").status_code == 200

    def test_says_what_was_left(self, dora: User, dora_client: Client, alice: User, charlie: User) -> None:
        services.users_set_active(users=User.objects.filter(pk=charlie.pk), active=False)
        page = act(dora_client, "disable", alice, charlie, dora)
        assert "Disabled 1 account." in page
        assert "2 accounts left unchanged" in page
        dora.refresh_from_db()
        assert dora.is_active

    def test_on_the_persons_page(self, dora_client: Client, alice: User) -> None:
        change = reverse("admin:library_user_change", args=[alice.pk])
        assert "May sign in" in words_on(dora_client, change)
        assert dora_client.post(change, {"email": alice.email}).status_code == 302
        alice.refresh_from_db()
        assert not alice.is_active
        assert "Disabled" in words_on(dora_client, PEOPLE)
        assert [
            user.email for user in dora_client.get(f"{PEOPLE}?is_active__exact=0").context["cl"].result_list
        ] == [alice.email]

    def test_nobody_locks_themselves_out(self, root_client: Client) -> None:
        root = User.objects.get(email="root@example.org")
        change = reverse("admin:library_user_change", args=[root.pk])
        root_client.post(change, {"email": root.email, "is_staff": "on", "is_superuser": "on"})
        root.refresh_from_db()
        assert root.is_active


class TestStaffIsForSuperusers:
    @pytest.mark.parametrize("name", ["change", "delete"])
    def test_pages(self, dora_client: Client, bob: User, root_client: Client, name: str) -> None:
        address = reverse(f"admin:library_user_{name}", args=[bob.pk])
        assert dora_client.post(address, {"email": "mine@example.org", "post": "yes"}).status_code == 403
        assert root_client.get(address).status_code == 200
        bob.refresh_from_db()
        assert bob.email == "bob@example.org"

    def test_passwords(self, dora_client: Client, bob: User) -> None:
        fields = {"password1": "another quiet room", "password2": "another quiet room"}
        address = reverse("admin:auth_user_password_change", args=[bob.pk])
        assert dora_client.post(address, fields | {"usable_password": "true"}).status_code == 403
        bob.refresh_from_db()
        assert bob.check_password(PASSWORD)

    def test_disabling(self, dora_client: Client, bob: User, root_client: Client) -> None:
        assert "1 account left unchanged" in act(dora_client, "disable", bob)
        bob.refresh_from_db()
        assert bob.is_active
        assert "Disabled 1 account." in act(root_client, "disable", bob)

    def test_rights(self, dora_client: Client, alice: User) -> None:
        change = reverse("admin:library_user_change", args=[alice.pk])
        rights = {"is_staff": "on", "is_superuser": "on", "user_permissions": ["1"]}
        dora_client.post(change, {"email": alice.email, "is_active": "on"} | rights)
        alice.refresh_from_db()
        assert (alice.is_staff, alice.is_superuser) == (False, False)
        assert not alice.user_permissions.exists()

    def test_deleting_many(self, bob: User, alice: User, dora: User, dora_client: Client) -> None:
        dora.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
        data = {"action": "delete_selected", "_selected_action": [bob.pk, alice.pk], "post": "yes"}
        assert dora_client.post(PEOPLE, data).status_code == 403
        assert {bob, alice} <= set(User.objects.all())


class TestInvitations:
    def invite(self, client: Client, email: str = "Erin@Example.org") -> str:
        page = client.post(INVITE, {"email": email})
        link = page.context["link"]
        assert link in page.content.decode()
        return str(link).removeprefix("http://testserver")

    @pytest.mark.parametrize("is_open", [True, False])
    def test_somebody_signs_up_by_it(self, dora_client: Client, settings: Settings, is_open: bool) -> None:
        settings.EARMARK_SIGNUP_OPEN = is_open
        link = self.invite(dora_client)
        client = Client()
        assert "erin@example.org" in client.get(link).content.decode()
        assert client.post(link, {"password": PASSWORD})["Location"] == reverse("library")
        assert User.objects.get(email="erin@example.org").check_password(PASSWORD)
        again = Client().post(link, {"password": "another quiet room"}, follow=True)
        assert "There is already an account with this e-mail address." in again.content.decode()

    def test_no_other_key_opens_what_is_closed(self, client: Client, settings: Settings) -> None:
        settings.EARMARK_SIGNUP_OPEN = False
        key = services.invitation_key(email="erin@example.org")
        for other in (services.sign_up_key(email="erin@example.org"), key[:-1], "x" + key, "nonsense"):
            page = client.post(reverse("signup_finish", args=[other]), {"password": PASSWORD})
            assert page.status_code == 403
            assert "by invitation only" in page.content.decode()
        assert not User.objects.exists()

    @pytest.mark.parametrize(("days", "status"), [(13, 200), (15, 403)])
    def test_it_works_for_two_weeks(self, client: Client, settings: Settings, days: int, status: int) -> None:
        class SignerOfBefore(signing.TimestampSigner):
            def timestamp(self) -> str:
                return signing.b62_encode(int(time.time()) - days * 24 * 3600)

        settings.EARMARK_SIGNUP_OPEN = False
        key = SignerOfBefore(salt=INVITATION_SALT).sign_object("erin@example.org")
        assert client.get(reverse("signup_finish", args=[key])).status_code == status

    def test_who_has_an_account_needs_none(self, dora_client: Client, alice: User) -> None:
        page = dora_client.post(INVITE, {"email": alice.email.upper()})
        assert "There is already an account" in page.content.decode()
        assert "link" not in page.context

    def test_only_who_may_add_people_invites(
        self, client: Client, alice_client: Client, bob_client: Client
    ) -> None:
        assert client.get(INVITE).status_code == alice_client.get(INVITE).status_code == 302
        for answer in (bob_client.get(INVITE), bob_client.post(INVITE, {"email": "erin@example.org"})):
            assert answer.status_code == 403

    def test_the_list_leads_there(self, dora: User, dora_client: Client) -> None:
        assert INVITE in dora_client.get(PEOPLE).content.decode()
        dora.user_permissions.remove(*Permission.objects.filter(codename="add_user"))
        assert INVITE not in dora_client.get(PEOPLE).content.decode()


def test_the_list_says_how_much_is_stored_and_never_what(
    dora_client: Client, alice: User, make_track: Make
) -> None:
    make_track(title="Blue Train", size=3 * 2**20)
    services.track_delete(track=make_track(title="Gone", size=2**20))
    page = words_on(dora_client, PEOPLE)
    assert "2 tracks, 4.0 MB of 50.0 GB" in page
    assert "Blue Train" not in page


def test_roles_in_words(root_client: Client, alice: User) -> None:
    make_reviewer(UserFactory(email="bob@example.org"))
    page = words_on(root_client, PEOPLE)
    assert "root@example.org May sign in May do everything" in page
    assert "bob@example.org May sign in Staff" in page
    for role, emails in (("staff", {"root@example.org", "bob@example.org"}), ("none", {alice.email})):
        found = root_client.get(f"{PEOPLE}?role={role}").context["cl"].result_list
        assert {person.email for person in found} == emails
