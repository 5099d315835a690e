"""The settings of a public site pass Django's checks, and responses have the security headers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from library.models import Track, User
from tests.factories import PASSWORD, signed_in

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy/earmark.env.example"
PLACEHOLDER = "replace-me"


def example(**changes: str) -> dict[str, str]:
    """The environment of the example file, with a key as its comment says, and nothing of the current one."""
    lines = [line for line in EXAMPLE.read_text().splitlines() if line and not line.startswith("#")]
    values = dict(line.split("=", 1) for line in lines)
    values["EARMARK_SECRET_KEY"] = "a1B2-" * 12
    mine = {name: value for name, value in os.environ.items() if not name.startswith("EARMARK_")}
    return mine | values | changes


def check(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


class TestExample:
    def test_django_finds_nothing_to_say_about_it(self, tmp_path: Path) -> None:
        done = check(example(EARMARK_DATA_DIR=str(tmp_path)))
        assert (done.returncode, done.stdout) == (0, "System check identified no issues (2 silenced).\n"), (
            done.stderr
        )

    def test_its_key_must_be_replaced(self, tmp_path: Path) -> None:
        for key in (PLACEHOLDER, f" {PLACEHOLDER} "):
            done = check(example(EARMARK_DATA_DIR=str(tmp_path), EARMARK_SECRET_KEY=key))
            assert done.returncode
            assert "EARMARK_SECRET_KEY is still “replace-me”" in done.stderr.splitlines()[-1]
        assert f"EARMARK_SECRET_KEY={PLACEHOLDER}\n" in EXAMPLE.read_text()

    @pytest.mark.parametrize("content", ["", "\n"])
    def test_an_empty_key_file_is_no_key(self, content: str, tmp_path: Path) -> None:
        (tmp_path / "secret_key").write_text(content)
        done = check(example(EARMARK_DATA_DIR=str(tmp_path), EARMARK_SECRET_KEY=""))
        assert done.returncode
        assert "secret_key is empty. Put the key back" in done.stderr.splitlines()[-1]
        assert (tmp_path / "secret_key").read_text() == content

    def test_a_key_is_created_once_for_processes_that_start_together(self, tmp_path: Path) -> None:
        folder = tmp_path / "data"
        env = example(EARMARK_DATA_DIR=str(folder), EARMARK_SECRET_KEY="")
        command = [sys.executable, "-c", "from config import settings; print(settings.SECRET_KEY)"]
        started = [
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        keys = {process.communicate()[0].strip() for process in started}
        assert keys == {(folder / "secret_key").read_text()}
        assert len(keys.pop()) > 50
        assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
        assert sorted(path.name for path in folder.iterdir()) == ["incoming", "secret_key"]

    def test_every_variable_of_it_is_documented(self) -> None:
        documented = (ROOT / "docs/configuration.md").read_text()
        for name in re.findall(r"EARMARK_\w+", EXAMPLE.read_text()):
            assert f"`{name}`" in documented, name


def test_all_settings_are_documented() -> None:
    documented = (ROOT / "docs/configuration.md").read_text()
    for name in re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "config/settings.py").read_text()):
        assert f"`{name}`" in documented, name


@pytest.mark.django_db
class TestHeaders:
    def test_of_every_kind_of_answer(self, client: Client, alice_client: Client, track: Track) -> None:
        asked = [
            alice_client.get("/"),
            alice_client.get("/tracks/"),
            alice_client.get(f"/tracks/{track.pk}/audio/"),
            client.get("/"),
            client.get("/account/login/"),
            client.get("/api/v1/tracks/"),
            client.get("/admin/"),
            Client(enforce_csrf_checks=True).post("/account/login/"),
            client.get("/", headers={"Host": "elsewhere.example"}),
        ]
        for answer in asked:
            policy = policy_of(answer)
            assert policy["default-src"] == ["'none'"]
            assert "unsafe" not in answer["Content-Security-Policy"]
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Referrer-Policy"] == "same-origin"
            assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
            assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "microphone=()" in answer["Permissions-Policy"]
            assert answer.get("X-Frame-Options", "DENY") == "DENY"
            assert "Server" not in answer

    def test_a_page_may_load_from_its_own_host_alone(self, alice_client: Client) -> None:
        policy = policy_of(alice_client.get("/"))
        nonces = {word for words in policy.values() for word in words if word.startswith("'nonce-")}
        assert {word for words in policy.values() for word in words} - nonces == {"'self'", "'none'", "data:"}
        assert policy["script-src"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
        assert [name for name, words in policy.items() if "data:" in words] == ["img-src"]

    def test_files_of_the_site_have_them_too(self, client: Client, settings: Settings) -> None:
        assert finders.find("css/earmark.css")
        settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
        answer = client.get("/static/css/earmark.css")
        assert answer.status_code == 200
        assert policy_of(answer)["default-src"] == ["'none'"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"

    @pytest.mark.parametrize("name", ["original", "audio", "spectrogram", "peaks"])
    def test_what_people_upload_is_no_page_whatever_is_in_it(
        self, alice_client: Client, track: Track, name: str
    ) -> None:
        answer = alice_client.get(f"/tracks/{track.pk}/{name}/")
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"].startswith(("audio/", "image/png", "application/json"))
        assert answer["Content-Disposition"].startswith("attachment" if name == "original" else "inline")
        assert answer["Cache-Control"].startswith("private")


@pytest.mark.django_db
def test_cookies_are_for_this_site_and_not_for_scripts(client: Client, alice: User) -> None:
    answer = client.post("/account/login/", {"username": alice.email, "password": PASSWORD})
    session = answer.cookies["sessionid"]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")


@pytest.mark.parametrize(
    ("changes", "hsts"),
    [
        ({}, "max-age=31536000"),
        ({"EARMARK_HSTS_SUBDOMAINS": "true"}, "max-age=31536000; includeSubDomains; preload"),
    ],
)
def test_a_public_site_speaks_https_alone(tmp_path: Path, changes: dict[str, str], hsts: str) -> None:
    """In a separate process with the example's settings."""
    said = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env=example(EARMARK_DATA_DIR=str(tmp_path), DJANGO_SETTINGS_MODULE="config.settings", **changes),
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.splitlines() == [
        "301 https://music.example.org/api/v1/tracks/ None",
        f"401 None {hsts}",
        "True True",
    ]


ASK = """
import django
django.setup()
from django.conf import settings
from django.test import Client
for proto in ("http", "https"):
    asked = {"Host": "music.example.org", "X-Forwarded-Proto": proto}
    answer = Client().get("/api/v1/tracks/", headers=asked)
    print(answer.status_code, answer.get("Location"), answer.get("Strict-Transport-Security"))
print(settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_SECURE)
"""


@pytest.mark.django_db
def test_another_session_does_not_survive_a_new_password(alice: User, alice_client: Client) -> None:
    """Also when it was set in the admin or a shell: sessions hold a digest of the password."""
    alice.set_password("another quiet room")
    alice.save()
    assert alice_client.get("/account/").status_code == 302
    assert signed_in(alice).get("/account/").status_code == 200


def policy_of(answer) -> dict[str, list[str]]:
    rules = answer["Content-Security-Policy"].split(";")
    return {rule.split()[0]: rule.split()[1:] for rule in rules}
