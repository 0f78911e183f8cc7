"""The REST interface against its own documentation: whatever a client sends, the answer is a documented one.

schemathesis makes the requests up, valid and not, from the OpenAPI document that /docs shows.
"""

from collections.abc import Iterator

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.api.able import stand_in_for_embedder
from tests.api.talk import ask, ended
from tests.serving import PUBLIC, SHARED, client

schemathesis.serializer.alias("application/zip", "application/octet-stream")

# Any bytes are a file.
UPLOADS = (
    "PUT /api/backup", "POST /api/files", "POST /api/images/read", "POST /api/knowledge/{name}/sources",
    "POST /api/worlds/import",
)  # fmt: skip
KEY = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}
ROUTES = [
    "DELETE /api/backup",
    "DELETE /api/connections/{name}",
    "DELETE /api/conversations/{id}",
    "DELETE /api/conversations/{id}/share",
    "DELETE /api/conversations/{id}/temporary",
    "DELETE /api/drafts/{id}",
    "DELETE /api/experiments/{id}",
    "DELETE /api/images/boards/{id}",
    "DELETE /api/knowledge/{name}",
    "DELETE /api/knowledge/{name}/intents",
    "DELETE /api/knowledge/{name}/sources/{id}",
    "DELETE /api/messages/{id}",
    "DELETE /api/models/catalog/{name}",
    "DELETE /api/prompts/{assistant}/{name}",
    "DELETE /api/trash",
    "DELETE /api/worlds/{id}",
    "DELETE /api/worlds/{id}/content/{thing}",
    "GET /api/about",
    "GET /api/answers/{id}",
    "GET /api/backup",
    "GET /api/connections",
    "GET /api/conversations",
    "GET /api/conversations/labels",
    "GET /api/conversations/settings",
    "GET /api/conversations/{id}",
    "GET /api/conversations/{id}/export",
    "GET /api/conversations/{id}/find",
    "GET /api/conversations/{id}/messages",
    "GET /api/conversations/{id}/share",
    "GET /api/drafts",
    "GET /api/drafts/{id}",
    "GET /api/drafts/{id}/checks",
    "GET /api/drafts/{id}/compare",
    "GET /api/drafts/{id}/export",
    "GET /api/drafts/{id}/html",
    "GET /api/drafts/{id}/sections/{section}/alternates",
    "GET /api/drafts/{id}/versions",
    "GET /api/drafts/{id}/versions/{version}",
    "GET /api/experiments",
    "GET /api/experiments/{id}",
    "GET /api/files/{id}",
    "GET /api/health",
    "GET /api/history",
    "GET /api/history/choices",
    "GET /api/history/export",
    "GET /api/history/stats",
    "GET /api/history/{id}",
    "GET /api/history/{id}/compare/{other}",
    "GET /api/images",
    "GET /api/images/boards",
    "GET /api/images/options",
    "GET /api/images/queue",
    "GET /api/images/{id}",
    "GET /api/images/{id}/thumbnail",
    "GET /api/jobs/{id}",
    "GET /api/jobs/{id}/events",
    "GET /api/jobs/{id}/preview",
    "GET /api/knowledge",
    "GET /api/knowledge/{name}",
    "GET /api/knowledge/{name}/checks",
    "GET /api/knowledge/{name}/gaps",
    "GET /api/knowledge/{name}/inbox",
    "GET /api/knowledge/{name}/intents",
    "GET /api/knowledge/{name}/sources",
    "GET /api/knowledge/{name}/sources/{id}",
    "GET /api/knowledge/{name}/suggestions",
    "GET /api/knowledge/{name}/vectors",
    "GET /api/lab",
    "GET /api/messages/{id}/reasoning",
    "GET /api/models",
    "GET /api/models/catalog",
    "GET /api/models/start",
    "GET /api/palette",
    "GET /api/playground",
    "GET /api/playground/dataset",
    "GET /api/playground/prompt",
    "GET /api/playground/request",
    "GET /api/playground/runs/{id}",
    "GET /api/playground/runs/{id}/messages",
    "GET /api/preferences",
    "GET /api/profile",
    "GET /api/prompts",
    "GET /api/prompts/export",
    "GET /api/prompts/new",
    "GET /api/prompts/{assistant}/{name}",
    "GET /api/prompts/{assistant}/{name}/compare",
    "GET /api/prompts/{assistant}/{name}/copy",
    "GET /api/prompts/{assistant}/{name}/file",
    "GET /api/storage",
    "GET /api/talks/{id}/hand-over",
    "GET /api/trash",
    "GET /api/worlds",
    "GET /api/worlds/{id}",
    "GET /api/worlds/{id}/content/{thing}/alternates",
    "GET /api/worlds/{id}/export",
    "GET /api/worlds/{id}/games",
    "GET /api/worlds/{id}/games/{game}",
    "GET /api/worlds/{id}/maps/{thing}/picture",
    "GET /api/worlds/{id}/report",
    "GET /api/worlds/{id}/solution",
    "GET /api/worlds/{id}/versions",
    "GET /api/writing",
    "GET /v1/models",
    "GET /v1/models/{id}",
    "PATCH /api/conversations/{id}",
    "PATCH /api/drafts/{id}",
    "PATCH /api/experiments/{id}",
    "PATCH /api/history/{id}",
    "PATCH /api/images/boards/{id}",
    "PATCH /api/images/{id}",
    "PATCH /api/knowledge/{name}",
    "PATCH /api/knowledge/{name}/chunks/{number}",
    "PATCH /api/preferences",
    "PATCH /api/worlds/{id}",
    "PATCH /api/worlds/{id}/content/{thing}",
    "POST /api/ask/{name}",
    "POST /api/connections/test",
    "POST /api/connections/{name}/test",
    "POST /api/conversations/import",
    "POST /api/conversations/{id}/title",
    "POST /api/drafts/import",
    "POST /api/drafts/{id}/redo",
    "POST /api/drafts/{id}/sections/{section}/alternates/{version}",
    "POST /api/drafts/{id}/sections/{section}/replace",
    "POST /api/drafts/{id}/undo",
    "POST /api/drafts/{id}/versions/{version}/branch",
    "POST /api/drafts/{id}/versions/{version}/restore",
    "POST /api/experiments",
    "POST /api/files",
    "POST /api/hand-overs/{id}/answer",
    "POST /api/history/{id}/again",
    "POST /api/images/boards",
    "POST /api/images/boards/{id}",
    "POST /api/images/jobs/{id}/skip",
    "POST /api/images/preflight",
    "POST /api/images/prompt",
    "POST /api/images/read",
    "POST /api/images/restore",
    "POST /api/images/trash",
    "POST /api/images/zip",
    "POST /api/jobs",
    "POST /api/jobs/{id}/feedback",
    "POST /api/jobs/{id}/stop",
    "POST /api/knowledge/{name}/checks/run",
    "POST /api/knowledge/{name}/curated",
    "POST /api/knowledge/{name}/gaps/dismiss",
    "POST /api/knowledge/{name}/intents",
    "POST /api/knowledge/{name}/sources",
    "POST /api/knowledge/{name}/vectors",
    "POST /api/lab/{id}/branch",
    "POST /api/messages/{id}/fork",
    "POST /api/messages/{id}/select",
    "POST /api/models/better",
    "POST /api/models/catalog",
    "POST /api/models/catalog/{name}/cancel",
    "POST /api/models/catalog/{name}/pause",
    "POST /api/playground/compare",
    "POST /api/playground/promote",
    "POST /api/playground/table",
    "POST /api/prompts",
    "POST /api/prompts/check",
    "POST /api/prompts/import",
    "POST /api/prompts/{assistant}/{name}/use",
    "POST /api/talks/{id}/hand-over",
    "POST /api/trash",
    "POST /api/trash/{id}/restore",
    "POST /api/worlds/import",
    "POST /api/worlds/{id}/games",
    "POST /api/worlds/{id}/games/{game}/commands",
    "POST /api/worlds/{id}/games/{game}/undo",
    "POST /api/worlds/{id}/repair",
    "POST /api/worlds/{id}/versions/{version}/restore",
    "POST /v1/chat/completions",
    "POST /v1/completions",
    "POST /v1/embeddings",
    "POST /v1/images/generations",
    "PUT /api/backup",
    "PUT /api/connections",
    "PUT /api/conversations/folders",
    "PUT /api/conversations/{id}/share",
    "PUT /api/drafts/{id}/brief",
    "PUT /api/drafts/{id}/outline",
    "PUT /api/drafts/{id}/sections/{section}",
    "PUT /api/drafts/{id}/sections/{section}/lock",
    "PUT /api/experiments/{id}",
    "PUT /api/images/queue",
    "PUT /api/knowledge/{name}/checks",
    "PUT /api/profile",
    "PUT /api/prompts/{assistant}/{name}",
]


@pytest.fixture(scope="module", autouse=True)
def embedder(app: FastAPI) -> Iterator[None]:
    """A stand-in, for the real one would have to be fetched."""
    with pytest.MonkeyPatch.context() as patch:
        stand_in_for_embedder(patch, app.state.studio.models)
        yield


def operations(app: FastAPI) -> dict[str, schemathesis.APIOperation]:
    documentation = schemathesis.openapi.from_dict(app.openapi())
    documentation.app = app
    documentation.config.update(base_url=PUBLIC)
    return {result.ok().label: result.ok() for result in documentation.get_all_operations()}


def test_every_route_is_documented(app: FastAPI) -> None:
    assert sorted(operations(app)) == ROUTES


# What changes a job that there is, and what ends in a reload.
AT_ONCE = ("POST /api/jobs/{id}/stop", "POST /api/images/jobs/{id}/skip")
LATER = ("PUT /api/backup", "POST /api/models/catalog")
MADE = (
    "POST /api/prompts",
    "POST /api/talks/{id}/hand-over", "POST /api/experiments", "POST /api/images/boards", "POST /api/worlds/{id}/games",
    "POST /api/messages/{id}/fork",
)  # fmt: skip
EITHER = "GET /api/jobs/{id}/preview"


def test_each_route_has_the_status_of_its_kind(app: FastAPI) -> None:
    """What takes on a job answers 202, what makes something 201, what says nothing 204, all else 200."""
    ticket = {"application/json": {"schema": {"$ref": "#/components/schemas/JobTicket"}}}
    for label, operation in operations(app).items():
        good = {code: said for code, said in operation.definition.raw["responses"].items() if code.startswith("2")}
        contents = [said.get("content") for said in good.values()]
        takes_on = label in LATER or (ticket in contents and label not in AT_ONCE)
        expected = "202" if takes_on else "201" if label in MADE else "200" if any(contents) else "204"
        assert [*good] == (["200", "204"] if label == EITHER else [expected]), label


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_is_documented(app: FastAPI, route: str, mode: schemathesis.GenerationMode) -> None:
    if (route, mode) == ("GET /api/health", schemathesis.GenerationMode.NEGATIVE):
        return  # it takes nothing that could be wrong

    # What is well formed may still be wrong (an unknown assistant, an empty file).
    excluded = [positive_data_acceptance, *([negative_data_rejection] if route in UPLOADS else [])]

    @given(case=operations(app)[route].as_strategy(generation_mode=mode))
    @settings(max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=KEY, excluded_checks=excluded)

    check()


def test_real_answers_are_documented_too(app: FastAPI) -> None:
    script = client(app, PUBLIC, **KEY)
    job = ask(script)
    conversation = ended(script, job)["result"]["conversation"]
    file = script.post("/api/files", files={"file": ("a.txt", b"text")}).json()["id"]
    known = {"/jobs/": job, "/conversations/": conversation, "/files/": file}
    for label, operation in operations(app).items():
        for part, id in known.items():
            asks_for_more = operation.body or any(one.is_required for one in operation.query)
            if part in label and not asks_for_more and not label.startswith("DELETE "):
                answer = operation.Case(path_parameters={"id": id}).call_and_validate(headers=KEY)
                # A job that shows nothing of its work has no picture, and nobody shares before it is allowed.
                others = {EITHER: 204, "PUT /api/conversations/{id}/share": 403}
                assert answer.status_code == others.get(label, 200)


def test_the_documentation_page_needs_no_other_server(app: FastAPI) -> None:
    page = client(app, PUBLIC).get("/docs").text
    assert "https://" not in page
    for path in ("/studio/docs/swagger-ui-bundle.js", "/studio/docs/swagger-ui.css", "/openapi.json", "/favicon.ico"):
        assert path in page and client(app, PUBLIC).get(path).status_code == 200
    assert app.openapi()["components"]["schemas"]["Failure"]
