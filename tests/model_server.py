"""A server that speaks OpenAI's language on loopback: as it should, or as it should not."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from loopback import serving

Reply = Callable[[BaseHTTPRequestHandler], None]
WAIT = 20
"""Seconds after which a server that was told to hang gives up, should a test fail."""


class ModelServer:
    """Answers each request with the next of `replies`, and the last one for ever after.

    `gone` is set once a client has hung up on a reply that waits for that.
    """

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [says("Clarify explains ", "biases [1].")]
        self.url = ""
        self.asked: list[dict] = []
        self.keys: list[str | None] = []
        self.times: list[float] = []
        self.gone = threading.Event()
        self.waiting = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        if size := int(request.headers["Content-Length"] or 0):
            self.asked.append(json.loads(request.rfile.read(size)))
        self.keys.append(request.headers["Authorization"])
        self.times.append(time.monotonic())
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        reply(request)

    def hangs(self, before: Reply = lambda _: None) -> Reply:
        """After `before` says nothing more, until the client goes."""

        def reply(request: BaseHTTPRequestHandler) -> None:
            before(request)
            self.waiting.set()
            request.connection.settimeout(WAIT)
            try:
                has_left = request.connection.recv(1) == b""
            except ConnectionError:
                has_left = True
            if has_left:
                self.gone.set()

        return reply


@contextmanager
def model_server(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[ModelServer]:
    """A server with an address."""
    server = ModelServer(*replies)
    with serving(server.answer, tls) as url:
        server.url = f"{url}/v1"
        yield server


def event(delta: dict, reason: str | None = None, **more: object) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": reason}
    said = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
    return f"data: {json.dumps({**said, 'choices': [choice], **more})}\n\n".encode()


def head(
    request: BaseHTTPRequestHandler, status: int = 200, kind: str = "text/event-stream", **more: str
) -> None:
    """Status and headers."""
    request.send_response(status)
    request.send_header("Content-Type", kind)
    for name, value in more.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.flush()


def starts(*pieces: str) -> Reply:
    """Some words, and no end."""
    return raw(b"".join(event({"content": piece}) for piece in pieces))


def says(*pieces: str, finish: str | None = "stop", usage: dict | None = None) -> Reply:
    """Words, why they end, and what they took."""
    body = b"".join(event({"content": piece}) for piece in pieces)
    if finish:
        body += event({}, finish)
    if usage:
        said = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
        body += f"data: {json.dumps({**said, 'choices': [], 'usage': usage})}\n\n".encode()
    return raw(body + b"data: [DONE]\n\n" if finish else body)


def raw(*parts: bytes, kind: str = "text/event-stream", pause: float = 0.0) -> Reply:
    """Bytes as they are, in parts."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        head(request, kind=kind)
        for part in parts:
            request.wfile.write(part)
            request.wfile.flush()
            time.sleep(pause)

    return reply


def refuses(status: int, body: str = "{}", kind: str = "application/json", **more: str) -> Reply:
    """An error."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        head(request, status, kind, **more)
        request.wfile.write(body.encode())

    return reply
