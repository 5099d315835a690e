"""What one address may have: connections, and requests per second."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import Settings

from library.http.asgi import address_rates
from library.http.asgi.address_rates import BURST_SECONDS, AddressRates
from library.http.client_address import address_behind_proxies
from tests.live import running_site
from tests.reliability.installation import wait_for
from tests.server.raw_requests import connected, is_open, request, response_to


def test_an_address_sends_a_burst_and_then_so_many_per_second() -> None:
    clock = iter([0.0] * 13 + [1.0] * 3 + [100.0] * 13).__next__
    rates = AddressRates(2, clock)
    assert [rates.take("a") for _ in range(13)] == [True] * 2 * BURST_SECONDS + [False]
    assert [rates.take("a") for _ in range(3)] == [True, True, False]
    assert [rates.take("a") for _ in range(13)] == [True] * 2 * BURST_SECONDS + [False]


def test_others_are_not_counted() -> None:
    rates = AddressRates(1, lambda: 0.0)
    assert [rates.take("a") for _ in range(BURST_SECONDS + 1)][-1] is False
    assert rates.take("b")


def test_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_rates, "MOST_ADDRESSES", 3)
    clock = iter([0.0] * 4 + [BURST_SECONDS + 1.0]).__next__
    rates = AddressRates(1, clock)
    for name in "abcde":
        rates.take(name)
    assert list(rates._buckets) == ["e"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (2, "203.0.113.9, 198.51.100.1", "203.0.113.9"),
        (1, "2001:db8::1", "2001:db8::/64"),
    ],
)
def test_proxies_say_for_whom_they_ask(
    settings: Settings, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.EARMARK_PROXIES = proxies
    assert address_behind_proxies("192.0.2.1", forwarded) == expected


def test_the_site_keeps_to_it(tmp_path: Path) -> None:
    limits = {"EARMARK_REQUESTS_PER_SECOND": "1", "EARMARK_CONNECTIONS_PER_ADDRESS": "3"}
    asks = request("GET", "/api/v1/tracks/", Connection="close")
    with running_site(tmp_path, workers=0, **limits) as site, ExitStack() as stack:
        first = response_to(connected(site, asks))
        assert first.startswith(b"HTTP/1.1 401 ")
        answers = [response_to(connected(site, asks)) for _ in range(60)]
        refused = next(answer for answer in answers if answer.startswith(b"HTTP/1.1 429 "))
        assert b"\r\nRetry-After: 1\r\n" in refused
        assert b'"code": "throttled"' in refused
        held = [stack.enter_context(connected(site)) for _ in range(5)]
        wait_for(lambda: sum(map(is_open, held)) == 3)
        held[0].close()
        wait_for(lambda: is_open(stack.enter_context(connected(site))))
