"""Which addresses may be asked: web addresses, but no cloud's own secrets; and which hosts are in a private network.

An address is read in every form that a system, or a network on the way, would read: IPv4 in decimal, octal or hex, and
inside IPv6. Knows nothing about who asks, or for what.
"""

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import inet_aton
from urllib.parse import urlsplit

from assistants.errors import InvalidInput

# Where clouds keep the secrets of a machine, besides link-local addresses.
METADATA = {
    "metadata.google.internal", "metadata.goog", "metadata", "instance-data", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "fd00:ec2::254", "fd20:ce::254",
}  # fmt: skip
# What only the system reads as an IPv4 address, such as 0xa9fea9fe; it would take words after a space, too.
LOOSE_IPV4 = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}")
UNICAST = ip_network("2000::/3")
# IPv6 addresses whose last 32 bits are one of IPv4: compatible, mapped, translated (RFC 2765), NAT64 (RFC 6052).
LAST_32 = tuple(map(ip_network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
MAPPED, NAT64, LOCAL_NAT64 = LAST_32[1], LAST_32[3], LAST_32[4]
ISATAP = (0x5EFE, 0x2005EFE)

Address = IPv4Address | IPv6Address


def check_url(url: str) -> None:
    """Raise ``InvalidInput`` unless ``url`` is a web address that may be asked."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or not url.isprintable() or re.search(r"\s", url):
        raise InvalidInput("url", "{field} must be a web address, such as http://localhost:8000/v1.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("url", "{field} must not have a name or a password in it; the key has its own field.")
    if parts.query or parts.fragment:
        raise InvalidInput("url", "{field} must end with its path, without ? and #.")
    if is_secretive(host):
        raise InvalidInput("url", "{field} leads to the machine's own secrets ({host}).", host=host)


def as_address(host: str) -> Address | None:
    """Return the address that a host is, in whatever form; None for a name. The zone of an IPv6 one is dropped."""
    host = _plain(host)
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ip_address(inet_aton(host)) if LOOSE_IPV4.fullmatch(host) else None
    except OSError:
        return None


def is_secretive(host: str) -> bool:
    """Say whether ``host`` is link-local or another place where a cloud keeps a machine's secrets."""
    address = as_address(host)
    if address is None:
        return _plain(host) in METADATA
    return any(one.is_link_local or str(one) in METADATA for one in (address, *inner(address)))


def _plain(host: str) -> str:
    """Return a host as it is looked up: small letters of ASCII, without brackets and a last point."""
    host = host.strip("[]")
    if not host.isascii():
        with suppress(UnicodeError):
            host = host.encode("idna").decode()
    return host.rstrip(".").lower()


def is_public(address: Address) -> bool:
    """Say whether an address is one of the open internet, and so is the IPv4 address that may be inside it."""
    if is_secretive(str(address)):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    is_unicast = address in UNICAST and address.is_global
    return (is_unicast or address in NAT64 or address in MAPPED) and all(map(is_public, inner(address)))


def inner(address: Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that a network may take an IPv6 one for."""
    if isinstance(address, IPv4Address):
        return []
    number, found = int(address), []
    if any(address in network for network in LAST_32) or (number >> 32) & 0xFFFFFFFF in ISATAP:
        found.append(IPv4Address(number & 0xFFFFFFFF))
    if address in LOCAL_NAT64:  # 16 bits, 8 of zeros, 16 bits
        found.append(IPv4Address((number >> 64 & 0xFFFF) << 16 | number >> 40 & 0xFFFF))
    if address.sixtofour:
        found.append(address.sixtofour)
    return [*found, *(address.teredo or ())]
