"""Who is asking: every request is somebody's, whose rows the library keeps under their name.

On this machine only, everybody is its user. Elsewhere a browser is known by a signed cookie, a script by its key, and
whoever has the operator's token is the operator. Knows nothing about what they may see or do: the library checks
that.
"""

import asyncio
import os
import secrets
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import HTTPConnection, Request

from assistants.errors import SignInNeeded, StoreError
from assistants.jobs.pace import Pace
from assistants.principals import LOCAL, OPERATOR, Principal, anonymous, of_owner
from assistants.settings import Settings
from webapp.addresses import Addresses

if TYPE_CHECKING:
    import gradio

COOKIE = "studio_visitor"
UNKNOWN = "Open the studio's page first, with cookies allowed, or send an API key."
NO_KEY = "Send one of the studio's API keys in the header Authorization: Bearer."
WRONG_TOKEN = "This is not the operator's token. After a few wrong ones, each answer takes longer."
# Browsers keep a cookie for 400 days at most; each visit to the page renews it.
COOKIE_SECONDS = 400 * 24 * 3600
SECRET_BYTES = 32
# So many different wrong tokens of an address are answered at once in a minute, each further one so much later.
GUESSES = 10
GUESS_SECONDS = 1.0


def visitor(request: "Request | gradio.Request") -> Principal:
    """Return who sent ``request``, Starlette's or a Gradio handler's; raises ``SignInNeeded`` if nobody known did."""
    known = getattr(request, "request", request).state.visitor
    if known is None:
        raise SignInNeeded(UNKNOWN)
    return known


def secret_key(home: Path) -> bytes:
    """Return the key that signs cookies, made at the first start in ``home/secret.key``, for its owner's eyes only."""
    path = home / "secret.key"
    if not path.exists():
        draft = home / f"secret.{secrets.token_hex(4)}.tmp"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES))
        draft.replace(path)
    key = path.read_bytes().strip()
    if len(key) < 2 * SECRET_BYTES:
        raise StoreError("{path} is damaged. Delete it; everybody then is a new visitor.", path=str(path))
    return key


class Visitors:
    """Tells visitors apart by what their requests carry."""

    def __init__(self, settings: Settings) -> None:
        self.is_local = settings.is_local
        self.admin_token = settings.admin_token or secrets.token_urlsafe(24)
        self._api_keys = settings.api_keys
        self._on_spaces = settings.on_spaces
        self._addresses = Addresses(settings)
        self._pace = Pace()
        # Part of the operator's cookie, so that a new token ends every operator's session.
        self._operator_mark = fingerprint(self.admin_token)
        self._secret = b"" if self.is_local else secret_key(settings.home)
        self._signer = None if self.is_local else URLSafeTimedSerializer(self._secret, salt=COOKIE)

    async def identify(self, connection: HTTPConnection) -> Principal | None:
        """Return who sent this; None for a stranger, and for a cookie or a key that is not ours."""
        return await self.by_key(connection) or self.by_cookie(connection)

    def newcomer(self, connection: HTTPConnection) -> Principal:
        """Return a visitor nobody was before, whose name says by a mark that they come from the same place as others.

        It is not the address, which nobody can read from it, and stays the same for as long as the secret does.
        """
        address = self._addresses.of(connection)
        return anonymous(digest(self._secret, address.encode(), sha256).hex()[:12] if address else "")

    def by_cookie(self, connection: HTTPConnection) -> Principal | None:
        """Return whom the cookie names; None without one, and for one that is forged, broken or too old.

        The operator's is too old once the token is another one.
        """
        if self._signer is None:
            return None
        try:
            claims = self._signer.loads(connection.cookies.get(COOKIE, ""), max_age=COOKIE_SECONDS)
        except BadData:
            return None
        who = of_owner(claims["owner"])
        return None if who.is_operator and claims["operator"] != self._operator_mark else who

    async def by_key(self, connection: HTTPConnection) -> Principal | None:
        """Return whose key this brings; None without one, and for one that is not ours."""
        if self.is_local:
            return LOCAL
        scheme, _, key = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if any(same(key, known) for known in self._api_keys):
            return Principal(f"key-{fingerprint(key)}", "user")
        return OPERATOR if await self.is_operators(key, connection) else None

    async def is_operators(self, token: str, connection: HTTPConnection) -> bool:
        """Say whether ``token`` is the operator's, and take longer to say no to whoever guesses.

        The right one is never refused: who guesses may come from the operator's address, or have that of a proxy.
        The same wrong one, as an old script sends it again and again, is no guess.
        """
        if same(token, self.admin_token):
            return True
        address = self._addresses.of(connection)
        is_new = self._pace.take(f"{address} {fingerprint(token)}", 1)
        if is_new and not self._pace.take(address, GUESSES):
            await asyncio.sleep(GUESS_SECONDS)
        return False

    def cookie(self, who: Principal, *, secure: bool, framed: bool = False) -> str:
        """Return the Set-Cookie header that makes a browser ``who`` from now on; ``secure`` where it came by https.

        One for a page that is ``framed`` by another site holds in frames of that site alone.
        """
        assert self._signer, "on loopback nobody needs one"
        claims = {"owner": who.id, "operator": self._operator_mark if who.is_operator else None}
        parts = [f"{COOKIE}={self._signer.dumps(claims)}", "Path=/", f"Max-Age={COOKIE_SECONDS}", "HttpOnly"]
        if self._on_spaces or (framed and secure):  # the page lives in a frame of another site
            parts += ["SameSite=None", "Secure", "Partitioned"]
        else:
            parts += ["SameSite=Lax", "Secure"] if secure else ["SameSite=Lax"]
        return "; ".join(parts)


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that says nothing about them."""
    return compare_digest(one.encode(), other.encode())


def fingerprint(secret: str) -> str:
    """Return 12 hex digits that stand for ``secret``."""
    return sha256(secret.encode()).hexdigest()[:12]
