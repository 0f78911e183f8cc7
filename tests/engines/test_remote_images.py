"""Models that draw elsewhere, against a server on this machine that misbehaves: a picture or a sentence."""

import io
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from PIL import Image
from pydantic import SecretStr

from assistants.engines.drawing import Drawing, Drawn, Quiet, Step
from assistants.engines.remote import Patience, RemoteImages, open_remote_image
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable
from tests.engines.misbehaving import Behaviour, Handler, Server, error, hang, page

KEY = "sk-do-not-tell-1234567890"
CAT = Drawing("a cat", width=64, height=48, seeds=(5, 6))


@pytest.fixture
def server(shared: Server) -> Server:
    return shared.reset(drawn())


@pytest.fixture
def engine(server: Server) -> Iterator[RemoteImages]:
    patience = Patience(pause=0.01, longest_pause=0.1)
    with closing(open_remote_image("cluster", "m", url=server.url, key=SecretStr(KEY), patience=patience)) as engine:
        yield engine


def drawn(kind: str = "WEBP") -> Behaviour:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, kind, xmp=b"<x/>")
    return answering({"b64_json": b64encode(file.getvalue()).decode()})


def noted(bodies: list[dict], behaviour: Behaviour) -> Behaviour:
    """Note what is asked, for one connection is one handler."""

    def behave(one: Handler) -> None:
        bodies.append(one.body)
        behaviour(one)

    return behave


def answering(*data: object) -> Behaviour:
    return lambda one: one.reply(200, json.dumps({"created": 1, "data": data}))


def test_each_seed_is_asked_for_and_comes_as_a_plain_png(engine: RemoteImages, server: Server) -> None:
    bodies: list[dict] = []
    server.otherwise = noted(bodies, drawn())
    marks = [mark for mark in engine.draw(CAT) if not isinstance(mark, Quiet)]
    assert [type(mark) for mark in marks] == [Drawn, Step, Drawn, Step]
    assert [(mark.index, mark.seed) for mark in marks if isinstance(mark, Drawn)] == [(0, 5), (1, 6)]
    picture = Image.open(io.BytesIO(marks[0].png))
    assert (picture.format, picture.size, picture.info) == ("PNG", (64, 48), {})
    asked = {"model": "m", "prompt": "a cat", "n": 1, "size": "64x48", "response_format": "b64_json", "seed": 5}
    assert bodies == [asked, asked | {"seed": 6}]
    assert server.asked[0].path == "/v1/images/generations"
    assert "seeds" not in engine.facts.made_with


def test_what_a_server_does_not_take_is_left_out_and_what_passes_is_tried_again(
    engine: RemoteImages, server: Server
) -> None:
    bodies: list[dict] = []
    server.script += [noted(bodies, one) for one in (error(400, "unknown: seed"), error(503), drawn("PNG"))]
    assert any(isinstance(mark, Drawn) for mark in engine.draw(replace(CAT, seeds=(5,))))
    assert ["seed" in body for body in bodies] == [True, False, False]
    assert set(bodies[-1]) == {"model", "prompt", "n", "size"}


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (error(400, f"no such size, {KEY}"), "cluster refuses the request: no such size, …"),
        (error(401), "cluster does not accept its key"),
        (error(500, "boom"), "cluster broke: boom."),
        (page(), "does not answer as a model does|answered without a picture"),
        (answering(), "cluster answered without a picture"),
        (answering({"b64_json": "no picture"}), "cluster answered without a picture"),
        (answering({"url": "http://127.0.0.1:1/secret"}), "cluster answered with an address"),
    ],
)
def test_what_does_not_pass_is_said_in_a_sentence(
    engine: RemoteImages, server: Server, behaviour: Behaviour, sentence: str
) -> None:
    server.otherwise = behaviour
    with pytest.raises(GenerationFailed, match=sentence):
        list(engine.draw(CAT))


def test_closing_the_drawing_closes_the_connection(engine: RemoteImages, server: Server) -> None:
    server.otherwise = hang()
    marks = engine.draw(CAT)
    assert isinstance(next(marks), Quiet)
    marks.close()
    assert server.left.wait(5)


def test_it_takes_words_only(engine: RemoteImages) -> None:
    with pytest.raises(InvalidInput, match="takes no negative"):
        next(engine.draw(replace(CAT, negative="dogs")))
    engine.close()
    with pytest.raises(ModelUnavailable, match="cluster:m is closed"):
        next(engine.draw(CAT))
