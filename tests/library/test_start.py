"""What is done and said before the site starts."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django import Settings

from library.models import User
from library.selectors import model_cards


@pytest.fixture
def said(settings: Settings, tmp_path: Path, db: None) -> StringIO:
    settings.STATIC_ROOT = tmp_path / "static"
    return StringIO()


def test_a_newcomer_hears_where_to_sign_up(said: StringIO) -> None:
    call_command("prepare", stdout=said)
    assert "/account/signup/" in said.getvalue()
    assert "make admin" in said.getvalue()
    assert not User.objects.exists()  # no account that nobody asked for, no default password


def test_the_address_is_the_one_it_listens_on(said: StringIO, settings: Settings) -> None:
    settings.EARMARK_BIND = "127.0.0.1:9000"
    call_command("prepare", stdout=said)
    assert "http://127.0.0.1:9000/account/signup/" in said.getvalue()
    assert ":8000" not in said.getvalue()


def test_later_only_where_the_site_is(said: StringIO, alice: User, bob: User) -> None:
    call_command("prepare", stdout=said)
    assert "http://127.0.0.1:8000" in said.getvalue()
    assert "sign up" not in said.getvalue()
    assert "make admin" not in said.getvalue()


def test_a_model_that_is_not_installed_stops_it_with_a_sentence(settings: Settings) -> None:
    model_cards.manifest.cache_clear()
    settings.EARMARK_MODEL = "nobody-trained-this"
    with pytest.raises(SystemCheckError, match="There is no model “nobody-trained-this”"):
        call_command("check")
