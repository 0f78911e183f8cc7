"""A site's pages, from one address on: its own links in order, as far as its robots.txt lets them, and not too many.

Knows which pages there are; knows nothing about how one is fetched or what becomes of it.
"""

import re
import time
from collections import deque
from collections.abc import Iterator
from urllib.parse import unquote, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from bs4 import BeautifulSoup

from assistants import bounded
from assistants.bounded import Budget, OverBudget
from assistants.errors import InvalidInput
from assistants.knowledge.fetching import AGENT, Page, fetch, host_of, origin_of, plain
from assistants.storable import storable

MAX_PAGES = 200
MAX_LINKS = 5000
MAX_BYTES = 30_000_000
# Of a robots.txt, as RFC 9309 has it: each link is held against each of its lines.
MAX_ROBOTS = 500 * 1024
# To find the links of one page.
PAGE = Budget(10, 512, "documents")
# Between two pages, unless the site wants more, of which so much is granted.
PAUSE = 0.2
MAX_PAUSE = 5.0
KINDS = ("text/html", "application/xhtml+xml", "text/plain")
# What is no page by its name.
OTHER = re.compile(
    r"\.(?:png|jpe?g|gif|svg|webp|ico|css|js|mjs|json|xml|zip|gz|mp[34]|webm|woff2?|pdf|docx?)$", re.IGNORECASE
)


def address(url: str) -> str:
    """Return where to begin; raises ``InvalidInput``."""
    found = plain(url if "://" in url else f"https://{url.strip()}")
    if found is None:
        raise InvalidInput("site", "{field} must be a web address, such as https://shop.example/help.")
    return found


def pages(start: str, limit: int, pause: float = PAUSE) -> Iterator[Page]:
    """Yield the pages of a site that can be read, those below ``start`` only, as they come.

    Raises ``InvalidInput`` where the first one cannot be had; of the others those are left out.
    """
    typed = host_of(start)
    first = fetch(start, typed)
    origin, below = origin_of(first.url), urlsplit(first.url).path.rpartition("/")[0] + "/"
    rules = robots(origin, typed)
    if not rules.can_fetch(AGENT, first.url):
        raise InvalidInput("site", "{url} asks not to be read by programs (robots.txt).", url=first.url)
    if first.status != 200 or first.kind not in KINDS:
        template = "{url} is no page that can be read (status {status})."
        raise InvalidInput("site", template, url=first.url, status=first.status)
    pause = min(max(pause, float(rules.crawl_delay(AGENT) or 0)), MAX_PAUSE)
    seen, waiting, count, size = {first.url}, deque([first.url]), 0, 0
    while waiting and count < limit and size < MAX_BYTES:
        url = waiting.popleft()
        if (page := first if url == first.url else _next(url, origin, typed, pause)) is None:
            continue
        count, size = count + 1, size + len(page.data)
        yield page
        for link in _links(page):
            is_wanted = origin_of(link) == origin and urlsplit(link).path.startswith(below)
            if is_wanted and link not in seen and len(seen) < MAX_LINKS and rules.can_fetch(AGENT, link):
                seen.add(link)
                waiting.append(link)


def _next(url: str, origin: str, typed: str, pause: float) -> Page | None:
    time.sleep(pause)
    try:
        page = fetch(url, typed, origin)
    except InvalidInput:
        return None
    return page if page.status == 200 and page.kind in KINDS else None


def robots(origin: str, typed: str) -> RobotFileParser:
    """Return what a site lets programs read: all where it says nothing, nothing where it is out of order."""
    rules = RobotFileParser()
    try:
        page = fetch(f"{origin}/robots.txt", typed, origin)
    except InvalidInput:
        page = Page(origin, 404, "", b"")
    if page.status >= 500:
        rules.disallow_all = True  # type: ignore[attr-defined]  # as its own read() does, which goes to the network
    # Without this it takes the rules for not read yet, and allows nothing.
    rules.parse(page.data[:MAX_ROBOTS].decode("utf-8", "replace").splitlines() if page.status == 200 else [])
    rules.modified()
    return rules


def _links(page: Page) -> list[str]:
    """Return where a page leads to: nowhere where it is made to keep its reader busy."""
    if page.kind == "text/plain":
        return []
    try:
        return bounded.call(links, page.url, page.data, field="site", budget=PAGE)
    except OverBudget:
        return []


def links(url: str, data: bytes) -> list[str]:
    """Return the addresses that the page at ``url`` leads to, in order, each once; runs in a child."""
    soup = BeautifulSoup(data, "html.parser")
    found = (plain(urljoin(url, str(tag["href"]))) for tag in soup.find_all("a", href=True, limit=2000))
    return list(dict.fromkeys(url for url in found if url and not OTHER.search(urlsplit(url).path)))


def name(page: Page) -> str:
    """Return what a page's source is called: its address, as people read it."""
    parts = urlsplit(page.url)
    return storable(unquote(f"{parts.netloc}{parts.path}{f'?{parts.query}' if parts.query else ''}"))[:180]
