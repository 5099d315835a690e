"""The network address of a client, by which attempts and requests are limited."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The network address that a request comes from; for IPv6 its /64 network, which one household has to itself.

    Of `X-Forwarded-For`, only the entries added by our own proxies can be trusted: clients can forge the rest.
    """
    hops: list[str] = [request.META.get("REMOTE_ADDR", "")]
    if settings.EARMARK_PROXIES:
        hops = request.headers.get("X-Forwarded-For", hops[0]).split(",")
    address = hops[-min(settings.EARMARK_PROXIES or 1, len(hops))].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.IPv6Network((parsed, 64), strict=False))
