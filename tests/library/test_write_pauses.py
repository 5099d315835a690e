"""Between the transactions of a long piece of work, others who write on SQLite get their turn."""

from __future__ import annotations

import time

import pytest
from django.db import connection, transaction

from library.services.batches import WritePauses


def seconds_paused(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    paused: list[float] = []
    monkeypatch.setattr(time, "sleep", paused.append)
    monkeypatch.setattr(WritePauses, "WORK", -1)
    return paused


@pytest.mark.django_db(transaction=True)
def test_there_is_a_pause_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = seconds_paused(monkeypatch)
    WritePauses().take()
    # Whoever waits for SQLite's lock looks every tenth of a second; on PostgreSQL nobody waits.
    assert [seconds > 0.1 for seconds in paused] == [True] * (connection.vendor == "sqlite")


@pytest.mark.django_db(transaction=True)
def test_there_is_none_while_an_open_transaction_locks_others_out(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = seconds_paused(monkeypatch)
    with transaction.atomic():
        WritePauses().take()
    assert paused == []


@pytest.mark.django_db(transaction=True)
def test_there_is_none_after_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    paused = seconds_paused(monkeypatch)
    monkeypatch.setattr(WritePauses, "WORK", 3600)
    WritePauses().take()
    assert paused == []
