"""What others see of a conversation that was shared: a page to read, without a script, and the same as a file.

Knows how it is drawn; knows nothing about who may share.
"""

from collections.abc import Iterable
from html import escape

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from markupsafe import Markup
from starlette.requests import Request

from assistants import chat, provenance
from assistants.chat.pictures import named
from assistants.errors import NotFound
from assistants.store.conversations import Turn
from assistants.studio import Studio
from webapp import STATIC
from webapp.i18n import LOCALES, language, t
from webapp.render import markdown

# Nothing runs, nothing is fetched but the picture and the look of this page, and no other site shows it.
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; base-uri 'self';"
    " form-action 'none'; frame-ancestors 'none'"
)
STYLES = ("shared/style.css", "shared/rich.css", "chat/shared.css")
PAGE = Markup("""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
{look}
</head><body class="shared-page"><main>
<h1>{title}</h1>
<p class="about">{about}</p>
{turns}
</main></body></html>
""")
TURN = Markup('<article class="{role}"><h2>{speaker} <time datetime="{created}">{day}</time></h2>{text}</article>\n')


def add(app: FastAPI) -> None:
    """Give ``app`` the pages that were shared, and their pictures."""
    app.add_api_route("/share/{token}", page, include_in_schema=False)
    app.add_api_route("/share/{token}/{file}", picture, include_in_schema=False)


def page(request: Request, token: str) -> Response:
    """Show a conversation that was shared; what is not there, or no longer, is one sentence."""
    studio, lang = request.app.state.studio, language(request)
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    look = Markup('<base href="../">') + Markup("\n").join(
        Markup('<link rel="stylesheet" href="studio/{}">').format(name) for name in STYLES
    )
    try:
        found = chat.read_shared(studio, token)
    except NotFound as error:
        said = t(error.template, lang, **error.values)
        return HTMLResponse(drawn(said, "", (), lang, look), 404, headers)
    about = t("share.about", lang, day=found.created[:10])
    html = drawn(found.title, about, found.turns, lang, look).replace('src="api/files/', f'src="share/{escape(token)}/')
    return HTMLResponse(html, headers=headers)


def picture(request: Request, token: str, file: str) -> Response:
    """Show a picture of a page that was shared."""
    found = chat.shared_picture(request.app.state.studio, token, file)
    if not found.type.startswith("image/"):
        raise NotFound("There is no such file.")
    return FileResponse(found.path, media_type=found.type, headers={"Cache-Control": "no-store"})


def as_file(studio: Studio, conversation_id: str, owner: str, lang: str) -> tuple[str, bytes]:
    """Return the name and the bytes of a page that needs no server, labelled as AI-generated."""
    conversation = studio.history.conversations.get(conversation_id, owner)
    turns = chat.shown_branch(studio, conversation_id, owner)
    look = Markup("<style>{}</style>").format(Markup(_styles()))  # noqa: S704 - our own files
    html = drawn(conversation.title, t("share.about", lang, day=conversation.updated[:10]), turns, lang, look)
    for id, _, data in chat.pictures_of(studio, turns, owner):
        html = html.replace(f'src="api/files/{id}"', f'src="{data}"')
    return f"{chat.file_name(conversation)}.html", provenance.label("text/html", conversation_id, html.encode())


def drawn(title: str, about: str, turns: Iterable[Turn], lang: str, look: Markup) -> str:
    """Return a page of a branch; all that people and models wrote is text or sanitised."""
    articles = Markup("").join(
        TURN.format(
            role=turn.role,
            speaker=t("share.person", lang) if turn.role == "user" else turn.model or t("role.assistant", lang),
            created=turn.created,
            day=turn.created[:16].replace("T", " "),
            text=Markup('<div class="text">{}</div>').format(turn.text)
            if turn.role == "user" and not named(turn.text)
            else Markup('<div class="rich">{}</div>').format(markdown(turn.text)),
        )
        for turn in turns
        if turn.text
    )
    return str(PAGE.format(lang=LOCALES[lang], title=title, about=about, turns=articles, look=look))


def _styles() -> str:
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in STYLES)
