"""A site's pages: which are read and which are not, and nowhere inside."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from assistants.errors import InvalidInput
from assistants.knowledge import fetching, sites
from assistants.knowledge.fetching import check_peer, fetch, plain

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
        fetch(f"{site}/long")
    with pytest.raises(InvalidInput, match="cannot be fetched"):
        fetch("http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("host", "peer", "may"),
    [
        ("shop.example", "93.184.216.34", True),
        ("shop.example", "127.0.0.1", False),
        ("shop.example", "10.1.2.3", False),
        ("shop.example", "::ffff:192.168.0.1", False),
        ("shop.example", "169.254.169.254", False),
        ("shop.example", "fe80::1%eth0", False),
        ("169.254.169.254", "169.254.169.254", False),
        ("100.100.100.200", "100.100.100.200", False),
        ("192.168.0.7", "192.168.0.7", True),
        ("localhost", "127.0.0.1", True),
    ],
)
def test_a_name_leads_to_public_addresses_only(host: str, peer: str, may: bool) -> None:
    sock = SimpleNamespace(getpeername=lambda: (peer, 80))
    if may:
        check_peer(host, sock)
    else:
        with pytest.raises(InvalidInput, match="private network"):
            check_peer(host, sock)


def test_a_name_that_leads_inside_hears_nothing(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.rpartition(":")[2])
    create = socket.create_connection
    monkeypatch.setattr(
        "http.client.socket.create_connection", lambda address, *o: create(("127.0.0.1", address[1]), *o)
    )
    with pytest.raises(InvalidInput, match="private network"):
        fetch(f"http://shop.example:{port}/help/")


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example", "javascript:alert(1)", "http://", "http://u:p@a.example", "http://[::1"]
)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert plain(url) is None


def test_an_address_may_be_typed_without_its_scheme() -> None:
    assert sites.address(" shop.example ") == "https://shop.example/"
    with pytest.raises(InvalidInput):
        sites.address("ftp://shop.example")
