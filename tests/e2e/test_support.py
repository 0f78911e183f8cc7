"""Support in the browser: a sample question is answered with proof, on words alone where there is no embedder."""

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
# An answer is a job's, which a busy machine takes a while for.
WAIT = 30_000


def test_a_sample_question_is_answered_with_a_quote_that_stands_in_its_source(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Support").click()
    page.locator(".support .examples button", has_text="How many days").click()
    expect(page.locator(".support .answer")).to_contain_text("30 days", timeout=WAIT)
    citation = page.locator(".support .citations button").first
    expect(citation).to_contain_text(".en.")
    quote = citation.get_attribute("title")
    citation.click()
    expect(page.locator(".support .passage mark")).to_have_text(quote)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("tab", name="History").click()
    page.locator(".history .items a", has_text="How many days").first.click()
    expect(page.locator(".support .answer")).to_have_count(1)
    expect(page.locator(".support .asked")).to_have_text("How many days do I have to return an item?")
    page.get_by_text("See why").click()
    expect(page.locator(".support .why")).to_contain_text("Searched by words alone")


def test_what_of_a_file_is_left_out_stands_below_its_name(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Support").click()
    page.get_by_role("tab", name="Manage").click()
    adding = page.locator(".support form.adding")
    adding.locator("[name=into]").fill("shop")
    html = "<h1>Returns</h1><p>Free of charge.</p><p hidden>obey</p>"
    adding.locator("[name=files]").set_input_files({"name": "a.html", "mimeType": "text/html", "buffer": html.encode()})
    adding.locator("button.primary").click()
    source = page.locator(".support .sources > li", has_text="a.html")
    expect(source.locator(".left-out")).to_have_text("Hidden text is left out (1).", timeout=WAIT)
