"""The network address of a client, by which attempts and requests are limited."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The network address that a request comes from; for IPv6 its /64 network, which one household has to itself."""
    return address_behind_proxies(request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For"))


def address_behind_proxies(peer: str, forwarded_for: str | None) -> str:
    """The address of the client of a connection from `peer`, with this `X-Forwarded-For`.

    Of that, only the entries added by our own proxies can be trusted: clients can forge the rest.
    """
    hops = [peer]
    if settings.EARMARK_PROXIES and forwarded_for is not None:
        hops = forwarded_for.split(",")
    return network_of(hops[-min(settings.EARMARK_PROXIES or 1, len(hops))].strip())


def network_of(address: str) -> str:
    """The address, for IPv6 its /64 network; what is no address as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))
