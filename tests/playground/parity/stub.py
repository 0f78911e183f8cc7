"""A server that speaks OpenAI's protocol and says what it is told to say: what both tools are held against.

python -m tests.playground.parity.stub 7915
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers ``/v1/chat/completions``, at once or as a stream."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Say what the last message says behind its ``Say: ``."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = asked["messages"][-1]["content"].removeprefix("Say: ")
        if asked.get("stream"):
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop"}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "stub", "choices": [choice]}
            self.reply("text/event-stream", f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n")
        else:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            answer = {"id": "1", "object": "chat.completion", "created": 0, "model": "stub", "choices": [choice]}
            self.reply("application/json", json.dumps(answer))

    def reply(self, kind: str, body: str) -> None:
        """Send a whole answer."""
        data = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing in the terminal."""


@contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """Lend the address of a running stub."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    with serving(int(sys.argv[1])) as url:
        print(url, flush=True)
        threading.Event().wait()
