"""Whence a request comes, when anybody can say anything about it."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from assistants.settings import Settings
from webapp import addresses
from webapp.addresses import Addresses, Scheme

NAMED = ("studio.example",)
NOBODY = ""


@pytest.fixture(autouse=True)
def on_a_plain_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as if it were none of the containers that these tests may run in."""
    monkeypatch.setattr(addresses, "CONTAINER_FILES", ())
    monkeypatch.delenv(addresses.CONTAINER_VARIABLE, raising=False)


def address(peer: str | None, *forwarded: str, proxies: int = 0, names: Iterable[str] = NAMED) -> str:
    """Return whence a request comes that has these lines of X-Forwarded-For."""
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    scope = {"type": "http", "headers": headers, "client": (peer, 1234) if peer is not None else None}
    return Addresses(Settings(host="0.0.0.0", allowed_hosts=tuple(names), proxies=proxies)).of(HTTPConnection(scope))


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("64:ff9b::203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        # A proxy on this machine, on the bridge of a container, or in the provider's network: all come from it.
        ("127.0.0.1", NOBODY),
        ("127.8.8.8", NOBODY),
        ("::1", NOBODY),
        ("::ffff:127.0.0.1", NOBODY),
        ("172.17.0.1", NOBODY),
        ("::ffff:172.17.0.1", NOBODY),
        ("192.168.65.1", NOBODY),
        ("10.0.2.2", NOBODY),
        ("100.100.1.1", NOBODY),
        ("169.254.1.1", NOBODY),
        ("fd00::1", NOBODY),
        ("fe80::1%eth0", NOBODY),
        # A socket in the file system.
        (None, NOBODY),
        ("", NOBODY),
    ],
)
def test_without_a_proxy_it_is_the_peer_unless_that_may_be_everybody(peer: str | None, expected: str) -> None:
    assert address(peer) == expected
    for forged in ("198.51.100.7", "127.0.0.1", "203.0.113.99, 198.51.100.7", "junk", ""):
        assert address(peer, forged) == expected
        assert address(peer, "1.1.1.1", forged) == expected


def test_in_a_network_without_a_name_each_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert address("192.168.1.20", names=()) == "192.168.1.20"
    assert address("fd00::1:2", names=()) == "fd00::/64"
    assert address("127.0.0.1", names=()) == NOBODY
    monkeypatch.setenv(addresses.CONTAINER_VARIABLE, "10.0.0.1")
    assert address("192.168.1.20", names=()) == NOBODY
    assert address("203.0.113.5", names=()) == "203.0.113.5"


def test_in_a_container_a_private_peer_may_be_its_bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "dockerenv"
    monkeypatch.setattr(addresses, "CONTAINER_FILES", (str(mark),))
    assert address("172.17.0.1", names=()) == "172.17.0.1"
    mark.touch()
    assert address("172.17.0.1", names=()) == NOBODY


@pytest.mark.parametrize(
    ("proxies", "lines", "expected"),
    [
        (1, ["203.0.113.5"], "203.0.113.5"),
        # What the visitor wrote stands before what the proxies added.
        (1, ["198.51.100.7, 203.0.113.5"], "203.0.113.5"),
        (1, ["198.51.100.7", "203.0.113.5"], "203.0.113.5"),
        (1, ["198.51.100.7, 198.51.100.8", "198.51.100.9,203.0.113.5"], "203.0.113.5"),
        (1, ["junk,, ,<script>, 203.0.113.5"], "203.0.113.5"),
        (1, [",203.0.113.5"], "203.0.113.5"),
        (2, ["203.0.113.5, 10.0.0.2"], "203.0.113.5"),
        (2, ["198.51.100.7, 203.0.113.5", "10.0.0.2"], "203.0.113.5"),
        (2, ["198.51.100.7", "198.51.100.8, 203.0.113.5, 127.0.0.1"], "203.0.113.5"),
        (3, ["203.0.113.5,10.0.0.2,10.0.0.3"], "203.0.113.5"),
        # As some proxies write it.
        (1, ["203.0.113.5:41234"], "203.0.113.5"),
        (1, ["[2001:db8:1:2:3::4]:41234"], "2001:db8:1:2::/64"),
        (1, ["[2001:db8:1:2:3::4]"], "2001:db8:1:2::/64"),
        (1, ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        (1, ["  203.0.113.5\t"], "203.0.113.5"),
        (1, ["::ffff:203.0.113.5"], "203.0.113.5"),
        (1, ["10.1.2.3"], "10.1.2.3"),
        # Fewer than there are proxies: it came by another way, and who it is cannot be known.
        (1, [], NOBODY),
        (2, ["203.0.113.5"], NOBODY),
        (3, ["198.51.100.7", "203.0.113.5"], NOBODY),
        # What a proxy says of a visitor it does not know, or of another proxy beside it.
        (1, ["unknown"], NOBODY),
        (1, [""], NOBODY),
        (1, ["203.0.113.5,"], NOBODY),
        (1, ["203.0.113.5, 127.0.0.1"], NOBODY),
        (1, ["::1"], NOBODY),
        (1, ["0.0.0.0"], NOBODY),
        (1, ["[::1"], NOBODY),
        (1, ["[203.0.113.5]junk"], NOBODY),
        (1, ["203.0.113.5:port"], NOBODY),
        (1, ["203.0.113.5.6"], NOBODY),
        (1, ["203.0.113.05"], NOBODY),
        (1, ["0x7f.1"], NOBODY),
        (1, ["studio.example"], NOBODY),
        (1, ["\xff\xfe"], NOBODY),
        (1, ["9" * 5000], NOBODY),
    ],
)
def test_with_proxies_it_is_what_the_first_of_them_added(proxies: int, lines: list[str], expected: str) -> None:
    for peer in ("127.0.0.1", "198.51.100.200", None):
        assert address(peer, *lines, proxies=proxies) == expected


def test_on_spaces_it_is_known_only_if_the_operator_says_how_many_proxies_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    for peer in ("10.16.1.2", "203.0.113.5"):
        assert address(peer, "198.51.100.7", names=()) == NOBODY
        assert address(peer, "198.51.100.7, 203.0.113.9", names=(), proxies=1) == "203.0.113.9"


@pytest.mark.parametrize(
    ("peer", "proxies", "scheme", "is_secure"),
    [
        ("127.0.0.1", 0, "https", True),
        ("::1", 0, "https", True),
        ("203.0.113.5", 0, "https", False),
        ("testclient", 0, "https", False),
        ("172.18.0.2", 1, "https", True),
        ("172.18.0.2", 1, "http", False),
        ("172.18.0.2", 1, "gopher", False),
    ],
)
def test_a_proxy_is_believed_that_the_visitor_came_by_https(
    peer: str, proxies: int, scheme: str, is_secure: bool
) -> None:
    def tell(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.scheme)

    app = Scheme(Starlette(routes=[Route("/", tell)]), Settings(host="0.0.0.0", proxies=proxies))
    told = TestClient(app, client=(peer, 1)).get("/", headers={"X-Forwarded-Proto": scheme}).text
    assert told == ("https" if is_secure else "http")
