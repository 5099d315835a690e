"""Signing up, in and out; passwords; the account page."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as site_settings
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.core.files.storage import default_storage
from django.db import connection
from django.tasks import default_task_backend
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from library import services
from library.accounts.views import NEW_TOKEN_COOKIE
from library.models import ApiToken, Track, User
from library.services.people import EmailTakenError
from tests.factories import PASSWORD, run_enqueued_tasks

pytestmark = pytest.mark.django_db

ARGON2 = [name for name in site_settings.PASSWORD_HASHERS if "Argon2" in name]


def signed_in_user(client: Client) -> User | None:
    """Who this browser is signed in as."""
    return User.objects.filter(pk=client.session.get("_auth_user_id")).first()


def aria_description(page: str, field: str) -> str:
    """What a screen reader says about a form field besides its label."""
    tag = next(tag for tag in re.findall(r"<input[^>]+>", page) if f'name="{field}"' in tag)
    found = re.search(r'aria-describedby="([^"]+)"', tag)
    ids = found[1].split() if found else []
    return " ".join(re.search(rf'id="{i}"[^>]*>(.*?)</div>', page, re.DOTALL)[1] for i in ids)  # type: ignore[index]


class TestSignUp:
    def test_two_fields_and_in(self, client: Client) -> None:
        response = client.post(reverse("signup"), {"email": "Dora@Example.org", "password": PASSWORD})
        assert response.url == reverse("library")  # type: ignore[attr-defined]
        dora = signed_in_user(client)
        assert dora is not None
        assert (dora.email, dora.is_staff, dora.is_superuser) == ("dora@example.org", False, False)

    def test_an_address_is_taken_in_any_spelling(self, client: Client, alice: User) -> None:
        response = client.post(reverse("signup"), {"email": " ALICE@example.org", "password": PASSWORD})
        assert "There is already an account" in aria_description(response.content.decode(), "email")
        assert User.objects.count() == 1

    def test_the_service_refuses_too_when_two_come_at_once(self, alice: User) -> None:
        with pytest.raises(EmailTakenError):
            services.user_add(email="Alice@example.org", password=PASSWORD)

    @pytest.mark.parametrize("password", ["", "short", "password1", "dora@example.org"])
    def test_a_bad_password_is_refused_beside_its_field(self, client: Client, password: str) -> None:
        response = client.post(reverse("signup"), {"email": "dora@example.org", "password": password})
        assert 'aria-invalid="true"' in response.content.decode()
        assert "<div>" in aria_description(response.content.decode(), "password")
        assert not User.objects.exists()

    def test_closed_means_closed(self, client: Client, settings: Settings) -> None:
        settings.EARMARK_SIGNUP_OPEN = False
        for response in (
            client.get(reverse("signup")),
            client.post(reverse("signup"), {"email": "dora@example.org", "password": PASSWORD}),
        ):
            assert response.status_code == 403
        assert not User.objects.exists()

    def test_who_is_in_already_goes_to_the_library(self, alice_client: Client) -> None:
        assert alice_client.get(reverse("signup")).status_code == 302

    def test_passwords_are_kept_as_argon2(self, client: Client, settings: Settings) -> None:
        assert site_settings.PASSWORD_HASHERS
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
        client.post(reverse("signup"), {"email": "dora@example.org", "password": PASSWORD})
        assert identify_hasher(User.objects.get().password).algorithm == "argon2"


class TestSignIn:
    def test_in_any_spelling_of_the_address_and_on_to_where_one_wanted(
        self, client: Client, alice: User
    ) -> None:
        wanted = reverse("account")
        response = client.get(wanted, follow=True)
        assert response.redirect_chain == [(f"{reverse('login')}?next={wanted}", 302)]
        assert f'name="next" value="{wanted}"' in response.content.decode()
        response = client.post(
            reverse("login"), {"username": "Alice@Example.org", "password": PASSWORD, "next": wanted}
        )
        assert response.url == wanted  # type: ignore[attr-defined]
        assert signed_in_user(client) == alice

    def test_never_on_to_another_site(self, client: Client, alice: User) -> None:
        data = {"username": alice.email, "password": PASSWORD, "next": "https://evil.example/"}
        assert client.post(reverse("login"), data).url == reverse("library")  # type: ignore[attr-defined]

    def test_wrong_password_and_unknown_address_look_the_same(self, client: Client, alice: User) -> None:
        pages = [
            client.post(reverse("login"), {"username": name, "password": "wrong"}).content.decode()
            for name in (alice.email, "nobody@example.org")
        ]
        assert all("do not match" in page for page in pages)
        assert signed_in_user(client) is None

    def test_out_is_a_post(self, alice_client: Client) -> None:
        assert alice_client.get(reverse("logout")).status_code == 405
        assert signed_in_user(alice_client) is not None
        assert alice_client.post(reverse("logout")).url == reverse("login")  # type: ignore[attr-defined]
        assert signed_in_user(alice_client) is None


class TestPasswords:
    def test_change(self, alice_client: Client, alice: User) -> None:
        new = "another quiet room"
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        response = alice_client.post(reverse("password_change"), data, follow=True)
        assert "Your password has been changed." in response.content.decode()
        assert signed_in_user(alice_client) == alice
        alice.refresh_from_db()
        assert alice.check_password(new)

    def test_change_needs_the_old_one(self, alice_client: Client, alice: User) -> None:
        data = {"old_password": "wrong", "new_password1": "x quiet room", "new_password2": "x quiet room"}
        page = alice_client.post(reverse("password_change"), data).content.decode()
        assert "not your current password" in aria_description(page, "old_password")
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_a_new_one_ends_the_other_sessions(self, alice_client: Client, alice: User) -> None:
        elsewhere = Client()
        elsewhere.login(username=alice.email, password=PASSWORD)
        assert elsewhere.get(reverse("account")).status_code == 200
        new = "another quiet room"
        data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        alice_client.post(reverse("password_change"), data)
        assert elsewhere.get(reverse("account")).status_code == 302
        assert alice_client.get(reverse("account")).status_code == 200

    @pytest.mark.parametrize("name", ["password_reset", "password_reset_done"])
    def test_forgotten_where_no_email_is_sent(self, name: str, client: Client, settings: Settings) -> None:
        settings.EARMARK_EMAIL_ENABLED = False
        page = client.get(reverse(name)).content.decode()
        assert "Ask the person who runs it to set a new password" in page
        assert "sent it a link" not in page
        assert "Send link" not in page

    def test_forgotten(self, client: Client, alice: User, settings: Settings) -> None:
        settings.EARMARK_EMAIL_ENABLED = True
        assert "Send link" in client.get(reverse("password_reset")).content.decode()
        response = client.post(reverse("password_reset"), {"email": "Alice@example.org"}, follow=True)
        assert "sent it a link to choose a new password" in response.content.decode()
        run_enqueued_tasks()
        (message,) = mail.outbox
        assert message.to == [alice.email]
        link = re.search(r"http://testserver(\S+)", str(message.body))
        assert link
        form = client.get(link[1], follow=True)
        new = "a new quiet room"
        where = form.redirect_chain[-1][0]
        done = client.post(where, {"new_password1": new, "new_password2": new}, follow=True)
        assert reverse("login") in done.content.decode()
        alice.refresh_from_db()
        assert alice.check_password(new)
        used = Client().get(link[1], follow=True).content.decode()
        assert "has already been used" in used

    def test_an_unknown_address_gets_the_same_answer_and_no_email(self, client: Client, alice: User) -> None:
        answers, queries = [], []
        for email in (alice.email, "nobody@example.org"):
            with CaptureQueriesContext(connection) as captured:
                answers.append(client.post(reverse("password_reset"), {"email": email}, follow=True).content)
            queries.append(len(captured))
        assert answers[0] == answers[1]
        assert queries[0] == queries[1]
        assert mail.outbox == []
        run_enqueued_tasks()
        assert [message.to for message in mail.outbox] == [[alice.email]]


class TestAccountPage:
    def test_it_shows_how_full_the_library_is(
        self, alice_client: Client, make_track, settings: Settings
    ) -> None:
        settings.EARMARK_QUOTA_BYTES = 10 * 2**20
        make_track()
        Track.objects.update(size=3 * 2**20)
        page = alice_client.get(reverse("account")).content.decode().replace("\xa0", " ")
        assert "3.0 MB of 10.0 MB used" in page

    def test_a_new_address_needs_the_password(self, alice_client: Client, alice: User) -> None:
        data = {"email": "alice@example.com", "current_password": "wrong"}
        page = alice_client.post(reverse("email_change"), data).content.decode()
        assert "not your current password" in aria_description(page, "current_password")
        alice.refresh_from_db()
        assert alice.email == "alice@example.org"

        data = {"email": "Alice@Example.com", "current_password": PASSWORD}
        assert alice_client.post(reverse("email_change"), data).status_code == 302
        alice.refresh_from_db()
        assert alice.email == "alice@example.com"

    def test_anothers_address_is_refused(self, alice_client: Client, alice: User, charlie: User) -> None:
        data = {"email": charlie.email.upper(), "current_password": PASSWORD}
        page = alice_client.post(reverse("email_change"), data).content.decode()
        assert "There is already an account" in aria_description(page, "email")
        with pytest.raises(EmailTakenError):
            services.user_change_email(user=alice, email=charlie.email)
        assert alice.email == "alice@example.org"

    def test_it_shows_how_much_there_is(self, alice_client: Client, make_track) -> None:
        make_track(duration=3 * 3600 + 20 * 60)
        page = alice_client.get(reverse("account")).content.decode()
        assert "3 h 20 min" in page

    def test_sharing_is_ones_own_choice(self, alice_client: Client, alice: User, charlie: User) -> None:
        for posted, shares, message in (
            ({"share": "on"}, True, "can now listen"),
            ({}, False, "no longer see"),
        ):
            page = alice_client.post(reverse("account_share"), posted, follow=True).content.decode()
            assert message in page
            alice.refresh_from_db()
            assert alice.share_with_reviewers is shares
        charlie.refresh_from_db()
        assert not charlie.share_with_reviewers
        assert alice_client.get(reverse("account_share")).status_code == 405

    def test_no_page_is_kept_by_the_browser(self, alice_client: Client) -> None:
        assert "no-store" in alice_client.get(reverse("account"))["Cache-Control"]

    @pytest.mark.parametrize("name", ["account", "password_change"])
    def test_strangers_sign_in_first(self, client: Client, name: str) -> None:
        assert client.get(reverse(name)).url.startswith(reverse("login"))  # type: ignore[attr-defined]


class TestDeletingTheAccount:
    def test_it_says_first_what_goes(self, alice_client: Client, alice: User, make_track) -> None:
        track = make_track(duration=7200)
        services.track_tag(track=track, name="summer")
        services.token_create(owner=alice, name="backup")
        goes = alice_client.get(reverse("account_delete")).context["belongings"]
        assert {**goes, "bytes": None} == {
            "tracks": 1, "bytes": None, "seconds": 7200, "playlists": 0, "tags": 1, "genres": 0, "tokens": 1,
            "player_passwords": 0, "bin_tracks": 0, "bin_bytes": 0,
        }  # fmt: skip

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_not_without_the_password(self, alice_client: Client, alice: User, password: str) -> None:
        page = alice_client.post(reverse("account_delete"), {"current_password": password})
        assert aria_description(page.content.decode(), "current_password")
        assert User.objects.filter(pk=alice.pk).exists()

    def test_everything_goes_files_too_and_nothing_of_others(
        self,
        alice_client: Client,
        charlie: User,
        make_track,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        track, other = make_track(), make_track(owner=charlie)
        default_task_backend.clear()
        with django_capture_on_commit_callbacks(execute=True):
            response = alice_client.post(
                reverse("account_delete"), {"current_password": PASSWORD}, follow=True
            )
        for result in default_task_backend.results:
            result.task.func(*result.args)
        assert "Your account and everything in it have been deleted" in response.content.decode()
        assert signed_in_user(alice_client) is None
        assert [user.email for user in User.objects.all()] == [charlie.email]
        assert [row.pk for row in Track.objects.all()] == [other.pk]
        assert not default_storage.exists(track.original.name)
        assert default_storage.exists(other.original.name)


class TestTokens:
    def make(self, client: Client) -> str:
        """Makes a token by the form; returns its key as the next page shows it."""
        assert client.post(reverse("token_create"), {"name": "backup"}).status_code == 302
        found = re.search(r'value="(earmark_[^"]+)"', client.get(reverse("account")).content.decode())
        assert found
        return found[1]

    def test_the_key_works_and_is_shown_once(self, alice_client: Client) -> None:
        key = self.make(alice_client)
        assert Client().get("/api/v1/tracks/", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        page = alice_client.get(reverse("account")).content.decode()
        assert key not in page
        assert f"{key[:12]}…" in page
        # It expires never, which is not "revoked".
        assert re.search(r"<td[^>]*>\s*never\s*</td>\s*<td>", page)

    def test_the_key_is_for_one_pair_of_eyes(self, alice_client: Client, charlie_client: Client) -> None:
        alice_client.post(reverse("token_create"), {"name": "backup"})
        cookie = alice_client.cookies[NEW_TOKEN_COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 60)
        charlie_client.cookies[NEW_TOKEN_COOKIE] = cookie.value
        assert 'id="new-key"' not in charlie_client.get(reverse("account")).content.decode()

    def test_the_key_is_not_in_the_session_either(self, alice_client: Client) -> None:
        alice_client.post(reverse("token_create"), {"name": "backup"})
        assert "earmark_" not in str(dict(alice_client.session))

    def test_a_token_has_a_name(self, alice_client: Client) -> None:
        page = alice_client.post(reverse("token_create"), {"name": "x" * 61}).content.decode()
        assert "at most 60" in aria_description(page, "name")
        assert not ApiToken.objects.exists()

    def test_revoke(self, alice_client: Client) -> None:
        key = self.make(alice_client)
        response = alice_client.post(reverse("token_revoke", args=[ApiToken.objects.get().pk]), follow=True)
        assert "Revoked the token “backup”" in response.content.decode()
        assert Client().get("/api/v1/tracks/", headers={"Authorization": f"Bearer {key}"}).status_code == 401

    def test_revoking_by_a_link_does_nothing(self, alice_client: Client) -> None:
        self.make(alice_client)
        assert alice_client.get(reverse("token_revoke", args=[ApiToken.objects.get().pk])).status_code == 405
        assert ApiToken.objects.exists()


@pytest.mark.parametrize("name", ["signup", "login", "password_reset", "password_reset_done", "account"])
def test_pages_bring_no_script_or_style_of_their_own(alice_client: Client, name: str) -> None:
    client = alice_client if name == "account" else Client()
    response = client.get(reverse(name))
    assert response.status_code == 200
    assert not re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", response.content.decode())
    assert "unsafe" not in response["Content-Security-Policy"]
