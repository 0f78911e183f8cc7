"""The service desk in the browser: a customer asks a person, who answers in the inbox, and the customer sees it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.chat import Chat

pytestmark = pytest.mark.usefixtures("nothing_is_fetched")
# An answer is a job's, which a busy machine takes a while for.
WAIT = 30_000
QUESTION = "Is there a swimming pool?"


def test_a_customer_is_handed_over_and_answered(chat: Chat) -> None:
    page = chat.page
    root = page.url.partition("?")[0]
    page.goto(f"{root}ask/sample")
    expect(page.locator(".examples button").first).to_be_visible()
    page.locator("[name=question]").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("button", name="Ask a person").click(timeout=WAIT)
    expect(page.get_by_text("Handed over.")).to_be_visible()
    page.goto(f"{root}?tab=support")
    page.get_by_role("tab", name="Support").click()
    page.get_by_role("tab", name="Manage").click()
    page.get_by_role("tab", name="Inbox").click()
    card = page.locator(".support .card", has_text=QUESTION)
    card.locator("textarea").fill("Yes, on the roof.")
    card.get_by_role("button", name="Answer, and curate it").click()
    expect(card).to_contain_text("Answered")
    page.goto(f"{root}ask/sample")
    expect(page.locator(".talk .answer")).to_have_text("Yes, on the roof.")
    page.locator("[name=question]").fill(QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".talk li").nth(1).locator(".answer")).to_have_text("Yes, on the roof.", timeout=WAIT)


def test_a_bases_checks_are_run_and_shown(chat: Chat) -> None:
    page = chat.page
    page.get_by_role("tab", name="Support").click()
    page.get_by_role("tab", name="Manage").click()
    page.get_by_role("tab", name="Checks").click()
    page.locator(".checks-part textarea").fill("How long are gift cards valid? | 3 years\nWhat is pi? | 3.14")
    page.get_by_role("button", name="Save and run").click()
    expect(page.locator(".support .results")).to_contain_text("1 / 2", timeout=WAIT)
    expect(page.locator(".support .checked li").first).to_contain_text("What is pi?")
