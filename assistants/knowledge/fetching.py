"""One page of the web, fetched with care: nowhere inside, not too much, not for too long.

A name must lead to public addresses. They are looked at before anything is connected, and what was looked at is what is
connected, so that a name cannot lead elsewhere meanwhile. The host that somebody typed may be a private address, but no
other that a page leads on to, and none where a cloud keeps a machine's secrets. Knows nothing about which pages are
wanted.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from assistants.connections.addresses import as_address, check_url, is_public, is_secretive
from assistants.errors import InvalidInput

# For the next bytes, and for all of a page.
SECONDS = 10
TOTAL_SECONDS = 20
MAX_PAGE = 3_000_000
MAX_REDIRECTS = 5
AGENT = "AIGC-Studio"
ACCEPT = "text/html, text/plain;q=0.5"
UNREACHABLE = "{url} cannot be fetched: {cause}."
TOO_MUCH = "it is too long or too slow"


@dataclass(frozen=True)
class Page:
    """What came from ``url``, after redirects; ``status`` is HTTP's, ``kind`` the media type, ``charset`` its own."""

    url: str
    status: int
    kind: str
    data: bytes
    charset: str = ""


def fetch(url: str, typed: str, origin: str | None = None) -> Page:
    """Return a page; raises ``InvalidInput``.

    ``typed`` is the host that somebody typed: no other may be a private one. Redirects must not leave an ``origin``.
    """
    for _ in range(MAX_REDIRECTS + 1):
        page, target = _fetched(url, typed)
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
        if (address := as_address(host)) is not None:
            if "%" in host:
                return None
            host = f"[{address}]" if address.version == 6 else str(address)
        place = host if parts.port is None else f"{host}:{parts.port}"
    except (ValueError, UnicodeError):
        return None
    path, query = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._"), quote(parts.query, safe="=&%/?:@!$'()*+,;~-._")
    return urlunsplit((parts.scheme, place, path, query, ""))


def origin_of(url: str) -> str:
    """Return scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def host_of(url: str) -> str:
    """Return the host of a web address, without the brackets of an IPv6 one."""
    return urlsplit(url).hostname or ""


def _fetched(url: str, typed: str) -> tuple[Page, str | None]:
    """Return what one request brings, and where it leads to."""
    parts = urlsplit(url)
    check_url(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))
    connect = Secure if parts.scheme == "https" else Plain
    # Without a port it would look for one behind the last colon of an IPv6 address.
    connection = connect(parts.hostname or "", parts.port or connect.default_port, timeout=SECONDS)
    connection.may_be_private = parts.hostname == typed and is_typed(typed)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    try:
        with _no_longer_than(TOTAL_SECONDS, connection):
            connection.request("GET", target, headers={"User-Agent": AGENT, "Accept": ACCEPT})
            reply = connection.getresponse()
            kind = reply.headers.get_content_type()
            if reply.status in (301, 302, 303, 307, 308) and reply.headers["Location"]:
                return Page(url, reply.status, kind, b""), reply.headers["Location"]
            charset = reply.headers.get_content_charset() or ""
            return Page(url, reply.status, kind, _read(reply), charset), None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InvalidInput("site", UNREACHABLE, url=url, cause=error) from error
    finally:
        connection.close()


@contextlib.contextmanager
def _no_longer_than(seconds: float, connection: "Plain") -> Iterator[None]:
    """Hang up after so long, whoever sends a byte now and then; raises ``TimeoutError``."""
    late = threading.Event()

    def hang_up() -> None:
        late.set()
        if connection.opened:
            with contextlib.suppress(OSError):
                # The plain socket's way, which leaves what TLS holds to the thread that reads.
                socket.socket.shutdown(connection.opened, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late.is_set():
            raise TimeoutError(TOO_MUCH)


def _read(reply: http.client.HTTPResponse) -> bytes:
    """Return the body; one that is too long is none."""
    data = bytearray()
    while piece := reply.read1(65_536):
        data += piece
        if len(data) > MAX_PAGE:
            raise ValueError(TOO_MUCH)
    return bytes(data)


def resolved(host: str, port: int, *, may_be_private: bool) -> list[tuple[Any, ...]]:
    """Return where a host leads, as ``socket.getaddrinfo`` does; raises ``InvalidInput`` where any of it is inside."""
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, place in places:
        address = ip_address(str(place[0]).partition("%")[0])
        if is_secretive(str(address)) or not (may_be_private or is_public(address)):
            raise InvalidInput("site", "{host} leads into a private network, so it is not fetched.", host=host)
    return places


def is_typed(host: str) -> bool:
    """Say whether a host says itself where it is: an address, or this machine, and no name that leads somewhere."""
    return host == "localhost" or as_address(host) is not None


class Plain(http.client.HTTPConnection):
    """A connection to the very address that was looked at."""

    may_be_private = False
    # ``sock``, which http.client forgets before the body is read.
    opened: socket.socket | None = None

    def connect(self) -> None:
        """Connect; raises ``InvalidInput``."""
        error: OSError = OSError("no address")
        for family, kind, protocol, _, place in resolved(self.host, self.port, may_be_private=self.may_be_private):
            self.sock = self.opened = socket.socket(family, kind, protocol)
            self.sock.settimeout(self.timeout)
            try:
                return self.sock.connect(place)
            except OSError as failure:
                self.sock.close()
                error = failure
        raise error


class Secure(Plain):
    """The same with TLS."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        """Connect; raises ``InvalidInput``."""
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.opened = self.sock
        self.sock.do_handshake()
