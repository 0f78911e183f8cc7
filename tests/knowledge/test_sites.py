"""A site's pages: which are read and which are not, and nowhere inside."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistants.connections.addresses import as_address, is_secretive
from assistants.errors import InvalidInput
from assistants.knowledge import fetching, sites
from assistants.knowledge.fetching import fetch, plain, resolved

HTML = "text/html; charset=utf-8"
HELP = '<h1>Help</h1><a href="a#x">A</a><a href="secret">S</a><a href="/shop">no</a><a href="b.png">'
ELSEWHERE = '<a href="http://other.example/help/">O</a><a href="mailto:x@y.z">M</a><a href="away">W</a>'
PAGES = {
    "/robots.txt": (200, "text/plain", "User-agent: *\nDisallow: /help/secret\n"),
    "/help/": (200, HTML, HELP),
    "/help/a": (
        200,
        HTML,
        f'Parking: 5 euros.<a href="./">up</a>{ELSEWHERE}<a href="gone">G</a><a href="é?q=1 2">E</a>',
    ),
    "/help/secret": (200, HTML, "secret"),
    "/help/away": (302, "http://other.example/", ""),
    "/help/%C3%A9?q=1%202": (200, "text/plain", "Plain."),
    "/data": (200, "application/json", "{}"),
    "/loop": (302, "/loop", ""),
    "/moved": (301, "/help/", ""),
    "/long": (200, HTML, "x" * 2000),
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, text = PAGES.get(self.path, (404, HTML, "none"))
        self.send_response(status)
        self.send_header("Location" if status in (301, 302) else "Content-Type", kind)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_pages_below_an_address_are_read_that_robots_may(site: str) -> None:
    read = list(sites.pages(f"{site}/moved", 10, pause=0))
    host = site.removeprefix("http://")
    assert [sites.name(page) for page in read] == [f"{host}/help/", f"{host}/help/a", f"{host}/help/é?q=1 2"]
    assert len(list(sites.pages(f"{site}/help/", 2, pause=0))) == 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/help/secret", "asks not to be read"),
        ("/nothing", "status 404"),
        ("/data", "no page that can be read"),
        ("/loop", "too many redirects"),
    ],
)
def test_a_first_page_that_cannot_be_had_is_a_sentence(site: str, path: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        list(sites.pages(site + path, 5, pause=0))


def test_a_page_that_is_too_long_or_not_there_is_a_sentence(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_PAGE", 1000)
    with pytest.raises(InvalidInput, match="too long"):
        fetch(f"{site}/long", "127.0.0.1")
    with pytest.raises(InvalidInput, match="cannot be fetched"):
        fetch("http://127.0.0.1:1/", "127.0.0.1")


PRIVATE = """
    127.0.0.1 10.1.2.3 192.168.0.1 100.64.0.1 0.0.0.0 224.0.0.1 240.0.0.1 255.255.255.255 ::1 :: fd00::1 fec0::1
    ff0e::1 2001:db8::1 2001::1 100::1 ::ffff:192.168.0.1 ::10.0.0.1 ::8.8.8.8 ::ffff:0:10.0.0.1 64:ff9b::a00:1
    64:ff9b:1::808:808 2002:a00:1::1 2606:4700::5efe:a00:1 2606:4700::200:5efe:a00:1
"""
PUBLIC = "93.184.216.34 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"
SECRETIVE = """
    169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.16689662 169.254.169.254. 2002:a9fe:a9fe::1
    \uff11\uff16\uff19.254.169.254 ::ffff:169.254.169.254 ::169.254.169.254 64:ff9b::a9fe:a9fe
    64:ff9b:1::a9fe:a9fe 64:ff9b:1:a9fe:a9:fe00:: fe80::1 fe80::1%25eth0 ::ffff:a9fe:a9fe fd00:ec2::254
    100.100.100.200 168.63.129.16
    metadata.google.internal. metadata\u3002google\u3002internal
"""


def leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str, port: int = 80) -> None:
    """Let every name lead to these addresses; raises if anything is connected that was not looked at."""
    families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
    places = [(family, socket.SOCK_STREAM, 6, "", (at, port)) for family, at in zip(families, addresses, strict=True)]
    monkeypatch.setattr("assistants.knowledge.fetching.socket.getaddrinfo", lambda *_, **__: places)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_a_name_that_leads_inside_is_not_even_connected(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("connected"))
    for addresses in ([address], ["93.184.216.34", address]):
        leads_to(monkeypatch, *addresses)
        with pytest.raises(InvalidInput, match="private network"):
            resolved("shop.example", 80, may_be_private=False)
        with pytest.raises(InvalidInput, match="private network"):
            fetch("http://shop.example/", "shop.example")
    # The host that was typed may be one.
    leads_to(monkeypatch, address)
    assert resolved(address, 80, may_be_private=True)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_name_may_lead_to_the_open_internet(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    leads_to(monkeypatch, address)
    assert resolved("shop.example", 80, may_be_private=False)[0][4][0] == address


@pytest.mark.parametrize("host", SECRETIVE.split())
def test_where_clouds_keep_secrets_nothing_is_read_whoever_typed_it(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert is_secretive(host)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("connected"))
    url = f"http://[{host}]/" if ":" in host else f"http://{host}/"
    with pytest.raises(InvalidInput):
        list(sites.pages(sites.address(url), 1))
    if (address := as_address(host)) is not None:
        leads_to(monkeypatch, str(address))
        for may_be_private in (True, False):
            with pytest.raises(InvalidInput, match="private network"):
                resolved("localhost", 80, may_be_private=may_be_private)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "017700000001", "127.1"])
def test_a_private_host_that_was_typed_is_read(site: str, host: str) -> None:
    start = sites.address(site.replace("127.0.0.1", host) + "/help/")
    assert len(list(sites.pages(start, 5, pause=0))) == 3


def test_a_typed_ipv6_address_is_read_at_its_port() -> None:
    class Six(ThreadingHTTPServer):
        address_family = socket.AF_INET6

    with Six(("::1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = fetch(f"http://[::1]:{server.server_port}/help/", "::1")
        server.shutdown()
    assert page.status == 200
    # Without a port, that is 80 and not what stands behind the last colon.
    assert fetching.plain("http://[0:0::1]/") == "http://[::1]/"
    with pytest.raises(InvalidInput, match="refused"):
        fetch("http://[::1]/", "::1")


REDIRECTS = """
    127.0.0.1 localhost 127.1 2130706433 0x7f000001 0177.1 [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1]
    [64:ff9b:1::7f00:1] [2002:7f00:1::1] [::127.0.0.1] 127.0.0.1. \uff11\uff12\uff17.0.0.1 127\u30020\u30020\u30021
    [fe80::1%25lo] 169.254.169.254 0.0.0.0
"""


@pytest.mark.parametrize("host", REDIRECTS.split())
@pytest.mark.parametrize("scheme", ["http://", "//", "https://", "http:\\\\"])
def test_no_redirect_leads_inside(site: str, monkeypatch: pytest.MonkeyPatch, scheme: str, host: str) -> None:
    """A public site (here this machine, by a name) sends the reader on to what only this machine reaches."""
    port = int(site.rpartition(":")[2])
    asked: list[str] = []

    def public(name: str, at: int, **_: int) -> list[tuple[Any, ...]]:
        asked.append(name)
        address = str(as_address(name) or "127.0.0.1")
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, at))]

    monkeypatch.setattr("assistants.knowledge.fetching.socket.getaddrinfo", public)
    is_public = fetching.is_public
    monkeypatch.setattr(fetching, "is_public", lambda one: asked[-1] == "shop.example" or is_public(one))
    monkeypatch.setitem(PAGES, "/out", (302, f"{scheme}{host}:{port}/help/", ""))
    start = f"http://shop.example:{port}/out"
    try:
        pages = list(sites.pages(start, 5, pause=0))
    except InvalidInput:
        pages = []
    assert pages == []


def test_what_is_connected_is_what_was_looked_at(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the second time it is looked up (DNS rebinding) is looked up once."""
    answers = iter([["127.0.0.1"]])
    port = int(site.rpartition(":")[2])

    def once(_name: str, at: int, **_: int) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, at)) for address in next(answers)]

    monkeypatch.setattr("assistants.knowledge.fetching.socket.getaddrinfo", once)
    monkeypatch.setattr(fetching, "is_public", lambda _address: True)
    assert fetch(f"http://shop.example:{port}/help/", "shop.example").status == 200


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_left(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                with client:
                    client.sendall(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b""))
                    while True:
                        client.sendall(b"x")
                        time.sleep(0.02)

        threading.Thread(target=drip, daemon=True).start()
        with pytest.raises(InvalidInput, match="too slow"):
            fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", "127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example",
        "javascript:alert(1)",
        "http://",
        "http://u:p@a.example",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
    ],
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert plain(url) is None


def test_an_address_may_be_typed_without_its_scheme() -> None:
    assert sites.address(" shop.example ") == "https://shop.example/"
    with pytest.raises(InvalidInput):
        sites.address("ftp://shop.example")
