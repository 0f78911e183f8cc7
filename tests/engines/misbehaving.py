"""A server that speaks the OpenAI protocol on this machine, and misbehaves as it is told to, a request at a time."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_SECONDS = 20
WORDS = ["Once", " upon", " a", " time"]
LOGPROB = {"token": "Once", "logprob": -0.5, "bytes": [79], "top_logprobs": []}


class Handler(BaseHTTPRequestHandler):
    """One request: noted, then served by the next behaviour of the script."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.body = json.loads(self.rfile.read(length) or "null")
        self.server.asked.append(self)
        behave = self.server.script.pop(0) if self.server.script else self.server.otherwise
        behave(self)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    # What behaviours are made of

    def reply(self, status: int, body: str = "", kind: str = "application/json", **headers: str) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())

    def chunk(self, delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}
        self.event(json.dumps({"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}))

    def say(self, *words: str) -> None:
        self.begin()
        self.chunk({"role": "assistant", "content": ""})
        for word in words:
            self.chunk({"content": word})

    def conclude(self, reason: str = "stop") -> None:
        self.chunk({}, reason)
        usage = {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}
        self.event(json.dumps({"id": "1", "object": "chat.completion.chunk", "choices": [], "usage": usage}))
        self.event("[DONE]")

    def wait_for_the_end(self) -> None:
        self.connection.settimeout(HANG_SECONDS)
        if self.connection.recv(1) == b"":
            self.server.left.set()


Behaviour = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """Serves the behaviours of ``script`` one after the other, then ``otherwise``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Behaviour] = []
        self.otherwise: Behaviour = well()
        self.asked: list[Handler] = []
        self.left = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def reset(self, otherwise: Behaviour | None = None) -> "Server":
        """Forget what was asked and is to come; do ``otherwise`` from now on, or else well."""
        self.script.clear()
        self.asked.clear()
        self.left.clear()
        self.otherwise = otherwise or well()
        return self


@contextmanager
def serving() -> Iterator[Server]:
    """Run a server."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def well(*words: str, reason: str = "stop", models: tuple[str, ...] = ("m",)) -> Behaviour:
    """Answer as one should, and list models where they are asked for."""

    def behave(one: Handler) -> None:
        if one.command == "GET":
            return one.reply(200, json.dumps({"object": "list", "data": [{"id": name} for name in models]}))
        one.say(*(words or WORDS))
        one.conclude(reason)

    return behave


def error(status: int, message: str = "no", **headers: str) -> Behaviour:
    """Answer with an error."""
    return lambda one: one.reply(status, json.dumps({"error": {"message": message}}), **headers)


def page(status: int = 200) -> Behaviour:
    """Answer with a web page."""
    return lambda one: one.reply(status, "<html><body>Welcome</body></html>", "text/html")


def cut(*words: str) -> Behaviour:
    """Close the connection in the middle of the answer, as if it had ended."""
    return lambda one: one.say(*words)


def torn(*words: str) -> Behaviour:
    """Break the connection in the middle of a chunk of HTTP."""

    def behave(one: Handler) -> None:
        one.send_response(200)
        one.send_header("content-type", "text/event-stream")
        one.send_header("transfer-encoding", "chunked")
        one.end_headers()
        for word in words:
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            data = f"data: {json.dumps({'choices': [choice]})}\n\n".encode()
            one.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        one.wfile.write(b"ff\r\ndata: {")
        one.close_connection = True

    return behave


def hang(*words: str) -> Behaviour:
    """Fall silent after some words, or before anything where there are none, until the other side leaves."""

    def behave(one: Handler) -> None:
        if words:
            one.say(*words)
        one.wait_for_the_end()

    return behave


def garble(*words: str) -> Behaviour:
    """Send something that is not JSON after some words."""

    def behave(one: Handler) -> None:
        one.say(*words)
        one.event('{"choices": [{"delta"')

    return behave


def break_off(*words: str) -> Behaviour:
    """Send an error in the stream, as vLLM does."""

    def behave(one: Handler) -> None:
        one.say(*words)
        one.event('{"error": {"message": "CUDA out of memory"}}')

    return behave


def with_logprobs(one: Handler) -> None:
    """Answer with log-probabilities."""
    one.say()
    one.chunk({"content": "Once"}, logprobs={"content": [LOGPROB]})
    one.conclude()


def without(*fields: str) -> Behaviour:
    """Refuse requests that have one of the fields, as strict servers do."""

    def behave(one: Handler) -> None:
        unknown = [name for name in fields if name in one.body]
        if unknown:
            one.reply(400, json.dumps({"error": {"message": f"Unrecognized request argument: {unknown[0]}"}}))
        else:
            well('{"a": 1}')(one)

    return behave


def raw(*parts: str | bytes, status: int = 200, kind: str = "text/event-stream", **headers: str) -> Behaviour:
    """Send these pieces as they are, each in a packet of its own, and close the connection."""

    def behave(one: Handler) -> None:
        one.send_response(status)
        for name, value in {"content-type": kind, "connection": "close", **headers}.items():
            one.send_header(name.replace("_", "-"), value)
        one.end_headers()
        one.close_connection = True
        for part in parts:
            one.wfile.write(part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part)
            one.wfile.flush()

    return behave


def delta(text: str | None = None, finish: str | None = None, **fields: Any) -> str:
    """Return the JSON of a chunk."""
    content = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": {**content, **fields}, "finish_reason": finish}
    return json.dumps({"object": "chat.completion.chunk", "choices": [choice]})


def whole(text: str | None = "Once upon a time", finish: str | None = "stop", **fields: Any) -> str:
    """Return the JSON of an answer that is no stream."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **fields}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}
    return json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage})


def events(*data: str, done: bool = True) -> str:
    """Return Server-Sent Events."""
    return "".join(f"data: {one}\n\n" for one in [*data, *(["[DONE]"] if done else [])])


def in_deltas(*texts: str, finish: str | None = "stop", **fields: Any) -> Behaviour:
    """Answer with these texts, each in a delta of its own."""
    return raw(events(*(delta(text) for text in texts), delta(finish=finish, **fields)))


def then_waits(*parts: str) -> Behaviour:
    """Send these pieces and leave the connection open."""

    def behave(one: Handler) -> None:
        one.begin()
        for part in parts:
            one.wfile.write(part.encode())
            one.wfile.flush()
        one.wait_for_the_end()

    return behave


def slowly(*parts: str, seconds: float) -> Behaviour:
    """Send these pieces with a pause after each."""

    def behave(one: Handler) -> None:
        one.begin()
        for part in parts:
            one.wfile.write(part.encode())
            one.wfile.flush()
            time.sleep(seconds)

    return behave
