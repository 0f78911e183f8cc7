"""Connections: who may use and change them, how they are kept, and that their keys stay where they are."""

import stat
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from assistants.connections import Connection, Connections
from assistants.engines.remote import PATIENCE, images
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable, NotAllowed, NotFound, StoreError
from assistants.principals import LOCAL, OPERATOR, of_owner
from assistants.requests import validated
from assistants.settings import Settings
from tests.engines import misbehaving as server_that
from tests.engines.misbehaving import Server

KEY = "sk-do-not-tell-1234567890"
VISITOR = of_owner("v-1")
URL = "http://localhost:8000/v1"


@pytest.fixture
def home(settings: Settings) -> Path:
    settings.home.mkdir()
    return settings.home


@pytest.fixture
def file(home: Path) -> Path:
    return home / "connections.yaml"


@pytest.fixture
def connections(settings: Settings, home: Path) -> Connections:
    return Connections(settings)


@pytest.fixture
def server(shared: Server) -> Server:
    return shared.reset(server_that.well(models=("m", "n")))


def cluster(**changes: object) -> Connection:
    fields = {"name": "cluster", "url": URL, "key": KEY, "models": ["m", "org/n:7b"], "visitors": True}
    return validated(Connection, fields | changes)


def test_they_are_kept_over_a_restart(settings: Settings, connections: Connections, file: Path) -> None:
    connections.save(cluster(), OPERATOR)
    connections.save(Connection(name="claude", provider="anthropic", models=["1.5", "no", "模型"]), LOCAL)
    again = Connections(settings)
    assert again.list() == connections.list()
    assert again.get("cluster").key.get_secret_value() == KEY
    assert again.get("claude").models == ["1.5", "no", "模型"]
    assert [path.name for path in file.parent.iterdir()] == ["connections.yaml"]
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_that_others_can_read_is_closed_to_them(settings: Settings, file: Path) -> None:
    file.write_text("cluster:\n  url: http://localhost/v1\n", encoding="utf-8")
    file.chmod(0o644)
    Connections(settings)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_how_long_it_is_waited_for_is_its_own(settings: Settings, connections: Connections, file: Path) -> None:
    waits = {"connect_timeout": 2, "first_token_timeout": 900.5, "idle_timeout": 300}
    connections.save(cluster(**waits), OPERATOR)
    assert "first_token_timeout: 900.5" in file.read_text(encoding="utf-8")
    found = Connections(settings).get("cluster")
    assert {name: getattr(found, name) for name in waits} == waits
    engine = connections.open(connections.get("cluster"), "m")
    patience = engine.patience
    assert (patience.connect, patience.first, patience.gap) == (2, 900.5, 300)
    # A picture is waited for at least as long as without them.
    picture = connections.open(connections.get("cluster"), "m", "image")._patience
    assert (picture.connect, picture.first) == (2, 900.5)
    connections.save(cluster(first_token_timeout=5), OPERATOR)
    again = connections.open(connections.get("cluster"), "m")
    assert again is not engine, "an engine that waits otherwise is opened anew"
    assert (again.patience.connect, again.patience.first) == (PATIENCE.connect, 5)
    assert connections.open(connections.get("cluster"), "m", "image")._patience.first == images.PATIENCE.first
    connections.close()


def test_one_is_changed_and_deleted(settings: Settings, connections: Connections) -> None:
    connections.save(cluster(), OPERATOR)
    connections.save(cluster(models=["other"]), OPERATOR)
    assert connections.names(OPERATOR) == ["cluster:other"]
    connections.delete("cluster", OPERATOR)
    assert connections.list() == [] == Connections(settings).list()
    for forgotten in (lambda: connections.get("cluster"), lambda: connections.delete("cluster", OPERATOR)):
        with pytest.raises(NotFound, match="no connection named cluster"):
            forgotten()


def test_only_the_operator_changes_and_tests_them(connections: Connections, file: Path) -> None:
    connections.save(cluster(), OPERATOR)
    before = file.read_bytes()
    for attempt in (
        lambda: connections.save(cluster(), VISITOR),
        lambda: connections.delete("cluster", VISITOR),
        lambda: connections.test(cluster(), VISITOR),
    ):
        with pytest.raises(NotAllowed, match="Only the operator"):
            attempt()
    assert file.read_bytes() == before


def test_visitors_choose_from_what_is_for_them(connections: Connections) -> None:
    connections.save(cluster(), OPERATOR)
    connections.save(cluster(name="private", visitors=False), OPERATOR)
    assert connections.names(VISITOR) == ["cluster:m", "cluster:org/n:7b"]
    assert connections.names(LOCAL) == [*connections.names(VISITOR), "private:m", "private:org/n:7b"]
    assert connections.get("cluster").is_for(VISITOR, "m")
    assert not connections.get("cluster").is_for(VISITOR, "dear")
    assert connections.get("cluster").is_for(OPERATOR, "dear")
    assert not connections.get("private").is_for(VISITOR, "m")


def test_a_model_is_found_by_its_name(connections: Connections) -> None:
    connections.save(cluster(), OPERATOR)
    assert connections.find("cluster:org/n:7b") == connections.find("cluster:anything") == connections.get("cluster")
    assert connections.find("cluster:") is connections.find("cluster") is connections.find("other:m") is None


# Keys


def test_a_key_stays_with_its_address(connections: Connections) -> None:
    connections.save(cluster(), OPERATOR)
    assert connections.save(cluster(key=None, models=["x"]), OPERATOR).key.get_secret_value() == KEY
    assert connections.save(cluster(key=None, url="http://elsewhere/v1"), OPERATOR).key is None
    assert connections.save(cluster(key=None), OPERATOR).key is None


def test_a_key_can_be_replaced_and_forgotten(connections: Connections, file: Path) -> None:
    connections.save(cluster(), OPERATOR)
    connections.save(cluster(key="another"), OPERATOR)
    assert KEY not in file.read_text(encoding="utf-8")
    assert connections.save(cluster(key=""), OPERATOR).key is None
    assert "key" not in file.read_text(encoding="utf-8").partition("\n")[2]


def test_a_test_sends_the_stored_key_to_its_own_address_only(connections: Connections, server: Server) -> None:
    connections.save(cluster(url=server.url), OPERATOR)
    connections.test(cluster(url=server.url, key=None), OPERATOR)
    assert {one.headers["authorization"] for one in server.asked} == {f"Bearer {KEY}"}
    server.asked.clear()
    connections.test(cluster(url=server.url + "/", key=None), OPERATOR)
    assert server.asked and KEY not in "".join(str(one.headers) for one in server.asked)


def test_a_key_does_not_show(settings: Settings, connections: Connections) -> None:
    connections.save(cluster(), OPERATOR)
    found = connections.get("cluster")
    assert KEY not in repr(found) + str(found) + found.model_dump_json() + repr(connections.open(found, "m"))


# What is no connection


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"name": ""}, "name", "small letters"),
        ({"name": "My server"}, "name", "small letters"),
        ({"name": "a" * 41}, "name", "up to 40"),
        ({"name": "-a"}, "name", "small letters"),
        ({"name": "a\n"}, "name", "small letters"),
        ({"name": "local"}, "name", "must not be local"),
        ({"name": "echo"}, "name", "must not be echo"),
        ({"provider": "../x"}, "provider", "such as anthropic"),
        ({"url": None}, "url", "is missing"),
        ({"url": "localhost:8000"}, "url", "web address"),
        ({"url": "ftp://host/v1"}, "url", "web address"),
        ({"url": "file:///etc/passwd"}, "url", "web address"),
        ({"url": "http:///v1"}, "url", "web address"),
        ({"url": "http://host:port/v1"}, "url", "web address"),
        ({"url": "http://host/v 1"}, "url", "web address"),
        ({"url": "http://[::1/v1"}, "url", "web address"),
        ({"url": "http://me:secret@host/v1"}, "url", "a password"),
        ({"url": "http://host/v1?key=1"}, "url", "without"),
        ({"url": "http://169.254.169.254/v1"}, "url", "own secrets"),
        ({"url": "http://0xa9fea9fe/v1"}, "url", "own secrets"),
        ({"url": "http://2852039166/"}, "url", "own secrets"),
        ({"url": "http://[::ffff:169.254.169.254]/"}, "url", "own secrets"),
        ({"url": "http://[fe80::1%25eth0]/"}, "url", "own secrets"),
        ({"url": "http://[64:ff9b::a9fe:a9fe]/"}, "url", "own secrets"),
        ({"url": "http://[2002:a9fe:a9fe::1]/"}, "url", "own secrets"),
        ({"url": "http://\uff11\uff16\uff19\u3002254\u3002169\u3002254/"}, "url", "own secrets"),
        ({"url": "http://metadata.google.internal./"}, "url", "own secrets"),
        ({"key": "two words"}, "key", "no key has"),
        ({"key": "ключ"}, "key", "no key has"),
        ({"key": "a\r\nHost: b"}, "key", "no key has"),
        ({"models": ["two words"]}, "models", "one word"),
        ({"models": [""]}, "models", "one word"),
        ({"models": "m"}, "models", "must be a list"),
        ({"models": [f"m{number}" for number in range(1001)]}, "models", "at most 1000"),
        ({"visitors": "yes"}, "visitors", "true or false"),
        ({"connect_timeout": 0.9}, "connect_timeout", "at least 1"),
        ({"first_token_timeout": 86_401}, "first_token_timeout", "at most 86400"),
        ({"idle_timeout": "60"}, "idle_timeout", "must be a number"),
        ({"idle_timeout": float("inf")}, "idle_timeout", "must be a finite number"),
        ({"idle_timeout": True}, "idle_timeout", "must be a number"),
        ({"colour": 1}, "colour", "not a known field"),
    ],
)
def test_what_cannot_be_one_is_refused(changes: dict[str, object], field: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught:
        cluster(**changes)
    assert caught.value.field == field
    assert KEY not in str(caught.value) and "secret@" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost:11434", "127.0.0.1", "192.168.1.5:8000", "[::1]:8080", "api.x.ai"])
def test_this_machine_and_the_network_around_it_are_fine(host: str) -> None:
    assert cluster(url=f"http://{host}/v1").url == f"http://{host}/v1"


# The file


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cluster:\n  url: http://localhost/v1\n  colour: red\n", "connections.yaml, line 3: 'colour' is not a key"),
        ("cluster:\n  url: ftp://host\n", "connections.yaml, line 2: url must be a web address"),
        (f"cluster:\n  url: http://a/v1\n  key: {KEY} x\n", "connections.yaml, line 3: key holds spaces"),
        (
            "cluster:\n  url: http://a/v1\n  key: 12345678\n",
            "line 3: Input should be a valid string.",
        ),
        (
            "cluster:\n  url: http://a/v1\nlocal:\n  url: http://a/v1\n",
            "line 3: name must not be local",
        ),
        ("cluster: http://a/v1\n", "connections.yaml, line 1: 'cluster' must be a map"),
        ("- cluster\n", "connections.yaml, line 1: this file must be a map"),
        ("cluster:\n  url: http://a/v1\ncluster:\n  url: http://b/v1\n", "line 3: 'cluster' stands here a second time"),
        ("cluster: {url: [\n", "this is not YAML"),
        ("cluster: &a {url: http://a/v1}\n", "anchors"),
        (b"cluster: \xff\n", "line 1: this is not UTF-8"),
    ],
)
def test_a_broken_file_is_one_sentence_and_stays_as_it_is(
    settings: Settings, file: Path, text: str | bytes, problem: str
) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    file.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Connections(settings)
    assert problem in str(caught.value) and KEY not in str(caught.value)
    assert file.read_bytes() == content


def test_a_file_that_broke_meanwhile_is_not_overwritten(connections: Connections, file: Path) -> None:
    connections.save(cluster(), OPERATOR)
    file.write_text("cluster: [", encoding="utf-8")
    with pytest.raises(StoreError, match="not YAML"):
        connections.save(cluster(name="other"), OPERATOR)
    assert file.read_text(encoding="utf-8") == "cluster: ["
    assert [one.name for one in connections.list()] == ["cluster"]


def test_what_somebody_wrote_into_the_file_meanwhile_is_kept(connections: Connections, file: Path) -> None:
    connections.save(cluster(), OPERATOR)
    file.write_text(file.read_text(encoding="utf-8") + "hand:\n  url: http://a/v1\n", encoding="utf-8")
    connections.save(cluster(name="other"), OPERATOR)
    assert [one.name for one in connections.list()] == ["cluster", "hand", "other"]


def test_a_failed_write_leaves_everything_as_it_was(
    connections: Connections, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections.save(cluster(), OPERATOR)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assistants.connections.file.os.fsync", full)
    with pytest.raises(StoreError, match="cannot be written: No space left on device"):
        connections.save(cluster(name="other"), OPERATOR)
    assert [path.name for path in file.parent.iterdir()] == ["connections.yaml"]
    assert file.read_bytes() == before
    assert [one.name for one in connections.list()] == ["cluster"]


# The environment


def test_openais_variables_make_a_connection(settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Connections(settings).list() == []
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    found = Connections(settings).get("openai")
    assert (found.url, found.key.get_secret_value()) == ("https://api.openai.com/v1", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", URL)
    found = Connections(settings)
    assert found.find("openai:gpt-4o-mini") is found.environment
    assert found.environment.url == URL
    assert not found.environment.is_for(VISITOR, "gpt-4o-mini")
    with pytest.raises(NotFound):
        found.delete("openai", OPERATOR)


def test_a_saved_one_takes_its_place(settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    connections = Connections(settings)
    connections.save(cluster(name="openai", key=None), OPERATOR)
    assert connections.get("openai").key is None, "a key in the environment is for its own address"
    assert [one.name for one in connections.list()] == ["openai"]


def test_variables_that_cannot_be_used_are_one_sentence(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost")
    with pytest.raises(StoreError, match="OPENAI_BASE_URL or OPENAI_API_KEY cannot be used: url must be a web address"):
        Connections(settings)


# The test of one


def test_a_test_lists_the_models_and_hears_a_word(connections: Connections, server: Server) -> None:
    found = connections.test(cluster(url=server.url, models=[]), OPERATOR)
    assert (found.models, found.model, found.word) == (["m", "n"], "m", "Once")
    assert found.models_ms >= 0 and found.word_ms >= 0
    assert connections.test(cluster(url=server.url, models=["n"]), OPERATOR).model == "n"
    assert connections.list() == []


def test_a_server_that_lists_nothing_is_tested_by_a_word(connections: Connections, server: Server) -> None:
    server.script = [server_that.error(404)]
    found = connections.test(cluster(url=server.url, models=["n"]), OPERATOR)
    assert (found.models, found.model, found.word) == ([], "n", "Once")
    server.script = [server_that.error(404)]
    with pytest.raises(GenerationFailed, match="its URL is wrong"):
        connections.test(cluster(url=server.url, models=[]), OPERATOR)
    server.otherwise = server_that.well(models=())
    with pytest.raises(InvalidInput, match="lists no models"):
        connections.test(cluster(url=server.url, models=[]), OPERATOR)


def test_all_models_of_a_large_provider_can_be_kept(connections: Connections, server: Server) -> None:
    server.otherwise = server_that.well(models=tuple(f"m{number}" for number in range(1200)))
    found = connections.test(cluster(url=server.url, models=[]), OPERATOR)
    assert len(found.models) == 1000
    connections.save(cluster(models=found.models), OPERATOR)
    assert len(connections.names(OPERATOR)) == 1000


def test_a_model_that_thinks_first_works(connections: Connections, server: Server) -> None:
    thinks = server_that.raw(server_that.events(server_that.delta(reasoning_content="Hm")))
    server.script = [server_that.well(models=("m",)), thinks]
    assert connections.test(cluster(url=server.url, models=[]), OPERATOR).word == "Hm"
    assert "max_tokens" not in server.asked[-1].body


def test_a_server_that_only_keeps_the_connection_open_fails_a_test(
    connections: Connections, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistants.connections.testing.WORD_SECONDS", 0.5)
    server.script = [server_that.well(models=("m",)), server_that.slowly(*[": wait\n\n"] * 20, seconds=0.1)]
    with pytest.raises(GenerationFailed, match=r"cluster did not begin to answer within 0\.5 seconds"):
        connections.test(cluster(url=server.url, models=[]), OPERATOR)


def test_a_test_says_what_is_wrong(connections: Connections, server: Server) -> None:
    server.script = [server_that.error(401, KEY)] * 2
    with pytest.raises(GenerationFailed, match="cluster does not accept its key") as caught:
        connections.test(cluster(url=server.url), OPERATOR)
    assert KEY not in str(caught.value)
    with pytest.raises(ModelUnavailable, match="pip install langchain-anthropic"):
        connections.test(Connection(name="claude", provider="anthropic", models=["claude"]), OPERATOR)
    assert SecretStr(KEY) == cluster().key
