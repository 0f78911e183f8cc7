"""Whence a request comes: the visitor's address as far as it can be known, and the scheme that a proxy tells of.

Anybody can write X-Forwarded-For, so only the addresses that ``STUDIO_PROXIES`` proxies have added at its end count.
Where one address may stand for everybody, as a proxy's or a container bridge's does, there is none: what is limited by
address is then limited for all such visitors together. Knows nothing about what is limited.
"""

import os
import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from assistants.settings import Settings

# An address in brackets, one of four numbers, or one of IPv6 without a port.
HOST = re.compile(r"\[([^]]*)\](?::\d{1,5})?|([^:]*)(?::\d{1,5})?|(.*)", re.DOTALL)
# What stands in one of these is not reached from the internet. (Python's is_private has examples in it, too.)
PRIVATE = [
    ip_network(block)
    for block in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10",
    )
]  # fmt: skip
# Here whoever translates IPv4 for a network without it puts an IPv4 address (RFC 6052).
NAT64 = ip_network("64:ff9b::/96")
# What Docker, Podman and Kubernetes leave in their containers.
CONTAINER_FILES = ("/.dockerenv", "/run/.containerenv")
CONTAINER_VARIABLE = "KUBERNETES_SERVICE_HOST"


class Addresses:
    """Tells the addresses of those who ask."""

    def __init__(self, settings: Settings) -> None:
        self._proxies = settings.proxies
        self._on_spaces = settings.on_spaces
        # Who is reached by a name, or in a container, and from a private address is reached by way of something.
        self._is_fronted = bool(settings.allowed_hosts) or in_container()

    def of(self, connection: HTTPConnection) -> str:
        """Return whence a request comes, an IPv6 address as its /64 network; empty where that cannot be known."""
        if not self._proxies:
            return "" if self._on_spaces or not connection.client else self._of_peer(connection.client.host)
        hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
        address = read(hops[-self._proxies]) if len(hops) >= self._proxies else None
        return "" if address is None or address.is_loopback or address.is_unspecified else written(address)

    def _of_peer(self, host: str) -> str:
        address = read(host)
        if address is None:
            return host
        is_private = any(address in net for net in PRIVATE)
        return "" if address.is_loopback or (is_private and self._is_fronted) else written(address)


class Scheme:
    """Believes the proxies that there are, and any on this machine, that the visitor came by https."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._is_proxied = settings.on_spaces or settings.proxies > 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        if scope["type"] == "http":
            connection = HTTPConnection(scope)
            peer = read(connection.client.host) if connection.client else None
            scheme = connection.headers.get("x-forwarded-proto", "").strip()
            if scheme in ("http", "https") and (self._is_proxied or (peer and peer.is_loopback)):
                scope = {**scope, "scheme": scheme}
        await self.app(scope, receive, send)


def read(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that ``text`` is, perhaps in brackets or with a port; None if it is none."""
    match = HOST.fullmatch(text.strip())
    try:
        address = ip_address(next(filter(None, match.groups() if match else ()), ""))
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    return address.ipv4_mapped or (IPv4Address(int(address) % 2**32) if address in NAT64 else address)


def written(address: IPv4Address | IPv6Address) -> str:
    """Return an address as text; of an IPv6 one the /64 network, all of which one subscriber has."""
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


def in_container() -> bool:
    """Say whether this runs in a container, whose network may show everybody as its own gateway."""
    return CONTAINER_VARIABLE in os.environ or any(Path(name).exists() for name in CONTAINER_FILES)
