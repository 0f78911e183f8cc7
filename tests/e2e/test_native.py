"""A native tab, that of the documentation's example: an assistant that a package brings, in Gradio's own widgets."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import FOREIGN, OFFLINE, Server
from tests.installed import install_example

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A studio with the example's package."""
    packages = tmp_path_factory.mktemp("packages")
    install_example(packages, "slogans")
    foreign = {name: os.environ.pop(name) for name in list(os.environ) if FOREIGN.fullmatch(name)}
    os.environ.update(OFFLINE)
    server = Server(tmp_path_factory.mktemp("running"))
    server.environment = {"STUDIO_TEXT_MODEL": "echo:delay=0.1", "PYTHONPATH": str(packages)}
    server.start()
    os.environ.update(foreign)
    yield server
    server.kill()


def test_a_form_runs_a_job_and_shows_it_again(page: "Page", running: Server) -> None:
    page.goto(f"{running.url}/?tab=slogans")
    page.get_by_label("Product").fill("A bicycle for the rain")
    page.get_by_role("button", name="Write slogans").click()
    line = page.locator("#slogans-job")
    expect(line.get_by_role("progressbar")).to_be_visible()
    expect(line.locator(".said")).to_contain_text("Write one short")
    expect(page.get_by_role("button", name="Write slogans")).to_be_disabled()
    table = page.locator("#slogans-native").get_by_role("grid")
    expect(table).to_contain_text("A bicycle for the rain")
    line.get_by_role("button", name="Stop").click()
    expect(line.get_by_role("alert")).to_have_text("Stopped")
    expect(page.get_by_role("button", name="Write slogans")).to_be_enabled()
    # A reload shows it again, and so does the history to another browser.
    page.reload()
    expect(page.get_by_label("Product")).to_have_value("A bicycle for the rain")
    expect(table).to_contain_text("A bicycle for the rain")
    page.evaluate("localStorage.clear()")
    page.goto(f"{running.url}/?tab=history")
    page.locator(".history li", has_text="A bicycle for the rain").get_by_role("link").click()
    expect(page.get_by_label("Product")).to_have_value("A bicycle for the rain")
    expect(table).to_contain_text("A bicycle for the rain")


def test_what_is_wrong_stands_below_the_button(page: "Page", running: Server) -> None:
    page.goto(f"{running.url}/?tab=slogans")
    page.get_by_role("button", name="Write slogans").click()
    expect(page.locator("#slogans-job").get_by_role("alert")).to_have_text("product is missing.")
