"""The command palette in the browser: the key, the keyboard in it, and where its entries lead."""

from playwright.sync_api import expect

from tests.e2e.chat import Chat


def test_one_key_finds_a_conversation_and_opens_it(chat: Chat) -> None:
    chat.ask("an <b>aardvark</b> by night")
    chat.new()
    chat.box.press("Control+k")
    palette = chat.page.get_by_role("dialog", name="Search and commands")
    field = palette.get_by_role("combobox")
    expect(field).to_be_focused()
    expect(palette.get_by_role("option", selected=True)).to_have_text("New chat")
    field.press_sequentially("aardv")
    found = palette.get_by_role("group", name="Conversations").get_by_role("option")
    expect(found.locator("mark")).to_have_text("aardv")
    expect(palette.get_by_role("group", name="History").get_by_role("option")).to_contain_text("<b>aardvark</b>")
    expect(found).to_have_attribute("aria-selected", "true")
    field.press("ArrowUp")
    expect(found).to_have_attribute("aria-selected", "false")
    field.press("ArrowDown")
    field.press("Enter")
    expect(palette).to_be_hidden()
    expect(chat.users).to_have_text("an <b>aardvark</b> by night")


def test_escape_gives_the_keyboard_back(chat: Chat) -> None:
    chat.box.press("Control+k")
    palette = chat.page.locator("dialog.palette")
    palette.get_by_role("combobox").fill("xyzzy plugh")
    expect(palette.get_by_role("status")).to_contain_text("Nothing found. Try a word")
    palette.get_by_role("combobox").press("Tab")
    chat.page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(chat.box).to_be_focused()


def test_commands_and_tabs_are_there_by_their_names(chat: Chat) -> None:
    button = chat.page.get_by_role("button", name="Search and commands")
    field = chat.page.locator("dialog.palette input")
    button.click()
    field.fill("dark")
    field.press("Enter")
    expect(chat.page.locator("body.dark")).to_be_attached()
    button.click()
    field.fill("set")
    field.press("Enter")
    expect(chat.page.get_by_role("tab", name="Settings")).to_have_attribute("aria-selected", "true")


def test_titles_settings_models_and_actions_are_found(chat: Chat) -> None:
    page = chat.page
    chat.ask("numbat story")
    chat.new()
    chat.ask("something else\n\n" + "y" * 300 + " numbat")
    field = page.locator("dialog.palette input")
    groups = page.locator("dialog.palette [role=group]")

    def look(words: str) -> None:
        page.keyboard.press("Control+k")
        field.fill(words)

    look("numbat")
    expect(groups.last).to_have_attribute("aria-label", "In the text")
    expect(groups.last).to_contain_text("something else")
    expect(groups.first.get_by_role("option").first).to_contain_text("numbat story")
    field.press("Escape")
    look("days until")
    setting = page.get_by_role("group", name="Settings").get_by_role("option")
    expect(setting).to_contain_text("Storage and backup")
    field.press("Enter")
    expect(page.locator("#storage")).to_be_in_viewport()
    look("echo")
    page.get_by_role("group", name="Use a model").get_by_role("option").click()
    expect(chat.toast).to_contain_text("echo")
    expect(chat.box).to_be_visible()
    look("trash")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Trash")).to_be_visible()
    look("new draft")
    field.press("Enter")
    expect(page.locator(".writing .home")).to_be_visible()


def test_a_template_opens_among_the_prompts(chat: Chat) -> None:
    chat.box.press("Control+k")
    field = chat.page.locator("dialog.palette input")
    field.fill("patient tutor")
    expect(chat.page.locator("dialog.palette [role=option]")).to_contain_text("Patient tutor")
    field.press("Enter")
    expect(chat.page.locator(".prompts h2", has_text="Patient tutor")).to_be_visible()


def test_a_link_to_a_job_opens_where_it_was_made(chat: Chat) -> None:
    chat.ask("find me by my job")
    request = {"prompt": "a call of a program"}
    job = chat.page.request.post(f"{chat.url}/api/jobs", data={"assistant": "completions", "request": request}).json()
    chat.page.goto(f"{chat.url}/?job={job['id']}")
    expect(chat.page.locator(".history .item .said")).to_contain_text("a call of a program")
    reply = chat.page.request.get(f"{chat.url}/api/history?q=find+me+by+my+job").json()["items"][0]
    chat.page.goto(f"{chat.url}/?job={reply['id']}")
    expect(chat.users).to_have_text("find me by my job")
