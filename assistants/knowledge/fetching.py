"""One page of the web, fetched with care: nowhere inside, not too much, not for too long.

A name must lead to a public address, and it is the address of the open connection that is looked at, so that a name
cannot lead elsewhere meanwhile. An address that is typed as one may be a private one, but none where a cloud keeps a
machine's secrets. Knows nothing about which pages are wanted.
"""

import http.client
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from assistants.connections.addresses import check_url, is_secretive
from assistants.errors import InvalidInput

SECONDS = 10
MAX_PAGE = 3_000_000
MAX_REDIRECTS = 5
AGENT = "AIGC-Studio"
UNREACHABLE = "{url} cannot be fetched: {cause}."


@dataclass(frozen=True)
class Page:
    """What came from ``url``, after redirects; ``status`` is HTTP's, ``kind`` the media type."""

    url: str
    status: int
    kind: str
    data: bytes


def fetch(url: str, origin: str | None = None) -> Page:
    """Return a page; where an ``origin`` is given, redirects must not leave it. Raises ``InvalidInput``."""
    for _ in range(MAX_REDIRECTS + 1):
        page, target = _fetched(url)
        if target is None:
            return page
        target = plain(urljoin(url, target))
        if target is None or (origin and origin_of(target) != origin):
            return Page(url, 404, "", b"")
        url = target
    raise InvalidInput("site", UNREACHABLE, url=url, cause="too many redirects")


def plain(url: str) -> str | None:
    """Return a web address without its fragment and in ASCII, or None where it is none."""
    try:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            return None
        host = parts.hostname.encode("idna").decode()
        host = f"[{host}]" if ":" in host else host
        place = host if parts.port is None else f"{host}:{parts.port}"
    except (ValueError, UnicodeError):
        return None
    path, query = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._"), quote(parts.query, safe="=&%/?:@!$'()*+,;~-._")
    return urlunsplit((parts.scheme, place, path, query, ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _fetched(url: str) -> tuple[Page, str | None]:
    """Return what one request brings, and where it leads to."""
    parts = urlsplit(url)
    check_url(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))
    connect = Secure if parts.scheme == "https" else Plain
    connection = connect(parts.hostname, parts.port, timeout=SECONDS)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        connection.request("GET", target, headers={"User-Agent": AGENT, "Accept": "text/html, text/plain;q=0.5"})
        reply = connection.getresponse()
        kind = reply.headers.get_content_type()
        if reply.status in (301, 302, 303, 307, 308) and reply.headers["Location"]:
            return Page(url, reply.status, kind, b""), reply.headers["Location"]
        return Page(url, reply.status, kind, _read(reply, url)), None
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        raise InvalidInput("site", UNREACHABLE, url=url, cause=cause.rstrip(".")) from error
    finally:
        connection.close()


def _read(reply: http.client.HTTPResponse, url: str) -> bytes:
    """Return the body; one that is too long, or comes too slowly, is none."""
    data, until = bytearray(), monotonic() + SECONDS
    while piece := reply.read1(65_536):
        data += piece
        if len(data) > MAX_PAGE or monotonic() > until:
            raise InvalidInput("site", UNREACHABLE, url=url, cause="it is too long or too slow")
    return bytes(data)


def check_peer(host: str, sock: socket.socket) -> None:
    """Raise ``InvalidInput`` unless the other end of an open connection is where ``host`` may lead."""
    address = ip_address(sock.getpeername()[0].partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if is_secretive(str(address)) or not (address.is_global or is_typed(host)):
        raise InvalidInput("site", "{host} leads into a private network, so it is not fetched.", host=host)


def is_typed(host: str) -> bool:
    """Say whether a host is an address and no name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True


class Plain(http.client.HTTPConnection):
    """A connection that looks where it leads before it says anything."""

    def connect(self) -> None:
        """Connect; raises ``InvalidInput``."""
        super().connect()
        check_peer(self.host, self.sock)


class Secure(http.client.HTTPSConnection):
    """The same with TLS, which is spoken only to whom may be asked."""

    def connect(self) -> None:
        """Connect; raises ``InvalidInput``."""
        http.client.HTTPConnection.connect(self)
        check_peer(self.host, self.sock)
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
