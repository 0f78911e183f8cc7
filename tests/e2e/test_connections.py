"""Settings > Connections in a browser: a server is added, tested and used; its key is never seen again."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Server, serving

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

KEY = "sk-do-not-tell-1234567890"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.otherwise = server_that.well(models=("small", "large"))
        yield server


@pytest.fixture
def form(chat: Chat) -> "Locator":
    """The open form for a new connection."""
    chat.page.get_by_role("tab", name="Settings").click()
    chat.page.get_by_role("button", name="Add a connection").click()
    return chat.page.locator(".connections form")


def test_a_connection_is_added_tested_used_and_deleted(chat: Chat, form: "Locator", server: Server) -> None:
    page, row = chat.page, chat.page.locator(".connections li[data-name=vllm]")
    expect(form.get_by_label("Name", exact=True)).to_have_value("vllm")
    expect(form.get_by_label("URL")).to_have_value("http://localhost:8000/v1")
    form.get_by_label("URL").fill(server.url)
    form.get_by_label("Key", exact=True).fill(KEY)
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_text("It works. Models: 2, listed in")).to_be_visible()
    # All models of a server that works are chosen, unless somebody unchooses them.
    models = form.get_by_label("Models", exact=True)
    expect(models).to_have_value("small\nlarge")
    form.get_by_role("button", name="None", exact=True).click()
    expect(models).to_have_value("")
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_text("It works. Models: 2, listed in")).to_be_visible()
    expect(models).to_have_value("")
    form.get_by_role("button", name="All", exact=True).click()
    form.get_by_role("button", name="small").click()
    expect(models).to_have_value("large")
    form.get_by_text("Advanced").click()
    form.get_by_label("First token timeout").fill("300")
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("has a key")
    expect(row).to_contain_text("large")
    page.reload()
    page.get_by_role("tab", name="Settings").click()
    row.get_by_role("button", name="Change").click()
    expect(form.get_by_label("Key", exact=True)).to_have_value("")
    expect(form.get_by_label("First token timeout")).to_have_value("300")
    expect(form.get_by_label("Key", exact=True)).to_have_attribute(
        "placeholder", "A key is stored; type another to replace it"
    )
    assert KEY not in page.content()
    page.get_by_role("tab", name="Chat").click()
    page.locator(".chat .picker .model").click()
    page.get_by_role("option", name="vllm:large").click()
    assert chat.text(chat.ask("hello")) == "Once upon a time"
    assert server.asked[-1].body["model"] == "large"
    page.get_by_role("tab", name="Settings").click()
    row.get_by_role("button", name="Delete").click()
    row.locator(".sure").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_connection_that_was_saved_untested_gets_its_models_by_one_click(
    chat: Chat, form: "Locator", server: Server
) -> None:
    row = chat.page.locator(".connections li[data-name=vllm]")
    form.get_by_label("URL").fill(server.url)
    form.get_by_role("button", name="Save").click()
    row.get_by_role("button", name="Test").click()
    row.get_by_role("button", name="Use all models (2)").click()
    expect(row.locator(".which")).to_have_text("small, large")
    form_again = chat.page.locator(".connections form")
    row.get_by_role("button", name="Change").click()
    form_again.get_by_text("Advanced").click()
    form_again.get_by_label("Idle timeout").fill("0")
    form_again.get_by_role("button", name="Save").click()
    expect(form_again.get_by_text("Idle timeout must be at least 1.")).to_be_visible()


def test_what_is_wrong_stands_in_the_form(form: "Locator", server: Server) -> None:
    form.get_by_label("Kind").select_option(label="A provider of LangChain")
    form.get_by_label("Name", exact=True).fill("claude")
    form.get_by_label("Provider", exact=True).fill("anthropic")
    form.get_by_label("Models", exact=True).fill("claude-x")
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_text("pip install langchain-anthropic")).to_be_visible()
    form.get_by_label("Kind").select_option(label="Another server (OpenAI-compatible)")
    form.get_by_label("URL").fill("http://169.254.169.254/v1")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("URL leads to the machine's own secrets")).to_be_visible()
    server.script = [server_that.error(401, "no such key")] * 2
    form.get_by_label("URL").fill(server.url)
    form.get_by_role("button", name="Test").click()
    expect(form.get_by_text("claude does not accept its key: no such key. Mend it")).to_be_visible()
