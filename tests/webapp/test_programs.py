"""What programs call by name with Gradio's own client: the same jobs, the same checks, and nobody else's rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from assistants.studio import Studio
from tests.serving import SHARED, listening, opened, web_app

KEY = {"Authorization": f"Bearer {SHARED['api_keys'][0]}"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, str]]:
    home = tmp_path_factory.mktemp("home")
    with opened(home, **SHARED, image_model="echo:") as studio, listening(web_app(studio)) as url:
        yield studio, url


def caller(url: str, folder: Path, **headers: str) -> Client:
    return Client(url, headers=headers, verbose=False, analytics_enabled=False, download_files=folder)


@pytest.fixture
def client(served: tuple[Studio, str], tmp_path: Path) -> Client:
    return caller(served[1], tmp_path, **KEY)


def test_nothing_else_has_a_name(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/chat", "/write", "/ask", "/draw"}


def test_a_conversation_goes_on(client: Client) -> None:
    reply, conversation = client.predict("one two", system="Be brief.", api_name="/chat")
    assert reply == "one two"
    again, same = client.predict("three", conversation=conversation, api_name="/chat")
    assert (again, same) == ("three", conversation)


def test_a_text_is_written(client: Client, served: tuple[Studio, str]) -> None:
    text, draft = client.predict("A note about doors", kind="email", keywords=["door"], api_name="/write")
    with served[0].history.store.read() as db:
        owner, brief = db.execute("SELECT owner, brief FROM drafts WHERE id = ?", (draft,)).fetchone()
    assert owner.startswith("key-") and "door" in brief and text.strip()


def test_a_question_is_answered_with_its_source(client: Client) -> None:
    answer, found = client.predict("How long do I have to return something?", knowledge="sample", api_name="/ask")
    assert answer.strip() and isinstance(found, dict) and found["conversation"]


def test_a_picture_is_drawn(client: Client, tmp_path: Path) -> None:
    file, _ = client.predict("a red kite", width=256, height=256, seed=7, api_name="/draw")
    path = file if isinstance(file, str) else file["path"]
    with Image.open(path) as picture:
        assert picture.size == (256, 256) and Path(path).is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("/chat", {"message": " "}, "message is empty"),
        ("/chat", {"message": "x", "conversation": "nobody's"}, "no such conversation"),
        ("/chat", {"message": "x", "model": "nothing:at-all"}, "nothing:at-all"),
        ("/chat", {"message": ["x"]}, "message"),
        ("/write", {"topic": "t", "kind": "novel"}, "kind"),
        ("/draw", {"prompt": "x", "width": 1_000_000}, "Width may be at most 4096"),
    ],
)
def test_what_is_wrong_is_a_sentence(client: Client, name: str, values: dict, said: str) -> None:
    with pytest.raises((AppError, ValueError), match=said):
        client.predict(**values, api_name=name)


def test_a_stranger_calls_nothing_and_nobody_goes_on_in_anothers_conversation(
    served: tuple[Studio, str], client: Client, tmp_path: Path
) -> None:
    _, conversation = client.predict("mine", api_name="/chat")
    other = caller(served[1], tmp_path, Authorization=f"Bearer {SHARED['admin_token']}")
    with pytest.raises(AppError, match="no such conversation"):
        other.predict("yours", conversation=conversation, api_name="/chat")
    with pytest.raises(Exception, match=r"401|cookies"):
        caller(served[1], tmp_path).predict("hello", api_name="/chat")
