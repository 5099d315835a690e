"""What happens before the site starts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

import config.settings
from library.models import User
from library.selectors import model_cards


@pytest.fixture
def output(settings: Settings, tmp_path: Path, db: None) -> StringIO:
    settings.STATIC_ROOT = tmp_path / "static"
    return StringIO()


def test_a_newcomer_hears_where_to_sign_up(output: StringIO) -> None:
    call_command("prepare", stdout=output)
    assert "/account/signup/" in output.getvalue()
    assert "make admin" in output.getvalue()
    assert not User.objects.exists()  # no account that nobody asked for, no default password


def test_the_address_is_the_one_it_listens_on(output: StringIO, settings: Settings) -> None:
    settings.EARMARK_BIND = "127.0.0.1:9000"
    call_command("prepare", stdout=output)
    assert "http://127.0.0.1:9000/account/signup/" in output.getvalue()
    assert ":8000" not in output.getvalue()


def test_later_only_where_the_site_is(output: StringIO, alice: User, bob: User) -> None:
    call_command("prepare", stdout=output)
    assert "http://127.0.0.1:8000" in output.getvalue()
    assert "sign up" not in output.getvalue()
    assert "make admin" not in output.getvalue()


def test_a_model_that_is_not_installed_stops_it_with_a_sentence(settings: Settings) -> None:
    model_cards.model_manifest.cache_clear()
    settings.EARMARK_MODEL = "nobody-trained-this"
    with pytest.raises(SystemCheckError, match="There is no model “nobody-trained-this”"):
        call_command("check")


class TestSecretKey:
    """The site makes its secret key at the first start, when web process and worker start together."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(config.settings, "DATA_DIR", tmp_path)

    def test_processes_that_start_together_have_the_same(self) -> None:
        with ThreadPoolExecutor(8) as processes:
            keys = {
                key.result() for key in [processes.submit(config.settings._own_secret_key) for _ in range(8)]
            }
        assert len(keys) == 1
        assert len(keys.pop()) > 50

    def test_a_process_that_was_killed_before_it_wrote_the_key_leaves_none(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key.new").touch(mode=0o600)
        key = config.settings._own_secret_key()
        assert len(key) > 50
        assert config.settings._own_secret_key() == key
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
        assert not (tmp_path / "secret_key.new").exists()
