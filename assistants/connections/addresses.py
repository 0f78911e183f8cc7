"""Which addresses a connection may have: web addresses, on this machine or any other, but no cloud's own secrets."""

import re
from ipaddress import ip_address
from socket import inet_aton
from urllib.parse import urlsplit

from assistants.errors import InvalidInput

# Where clouds keep the secrets of a machine, besides link-local addresses.
METADATA = {"metadata.google.internal", "metadata", "100.100.100.200", "fd00:ec2::254"}


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


def is_secretive(host: str) -> bool:
    """Say whether ``host`` is link-local or another place where a cloud keeps a machine's secrets."""
    name = host.rstrip(".").lower()
    if name in METADATA:
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        try:
            # The forms that only the system reads, such as 0xa9fea9fe.
            address = ip_address(inet_aton(name))
        except OSError:
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_link_local or str(address) in METADATA
