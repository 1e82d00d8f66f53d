"""The scripted model over HTTP: an OpenAI-compatible server for tests, with faults on demand and a log."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Literal

import msgspec

from duetto.brain.chat.model import CallRequest
from duetto.testing.model.script import Asked, Performance, Script
from duetto.timeline.clock import NS_PER_S, Stopwatch

MOST_BODY: Final = 64 << 20
"""Bytes of a request, at most."""
HANG_S: Final = 3600.0
"""Seconds that a hang lasts where the client does not end it."""
CLOSING_S: Final = 0.02
"""Seconds after which the server notices that it is to end."""


class _Message(msgspec.Struct):
    role: str


@dataclass
class Exchange:
    """One request and what became of it. at, ended: ns since the server began.

    sent: tokens sent. state "cancelled": the client closed the connection before the answer's end.
    """

    asked: Asked
    at: int
    sent: int = 0
    state: Literal["running", "done", "cancelled", "failed"] = "running"
    ended: int | None = None
    over: threading.Event = field(default_factory=threading.Event)


class ScriptedModel:
    """An OpenAI-compatible server on this machine: `/v1/chat/completions` (streamed or whole), `/v1/models`.

    Use as a context manager; `url` is what a client's base URL is set to. `log` has every request so far, in order of
    their coming; each is marked cancelled as soon as the client has closed its connection.
    """

    def __init__(self, script: Script, *, model: str = "scripted", port: int = 0) -> None:
        """port: 0 for any free one. Listens on the loopback interface only."""
        self.model = model
        self.log: list[Exchange] = []
        self._script = script
        self._lock = threading.Lock()
        self._watch = Stopwatch()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(CLOSING_S,), name="scripted-model", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> ScriptedModel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def now(self) -> int:
        """Ns since the server began."""
        return self._watch.wall_ns()

    def begin(self, asked: Asked) -> tuple[Exchange, Performance]:
        """For the handler: a request has come."""
        with self._lock:
            exchange = Exchange(asked, self.now())
            self.log.append(exchange)
            return exchange, self._script.perform(asked)

    def end(self, exchange: Exchange, state: Literal["done", "cancelled", "failed"]) -> None:
        """For the handler: it is over."""
        exchange.state, exchange.ended = state, self.now()
        exchange.over.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.closing = threading.Event()
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what this server is for."""


def _handler(owner: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(_Conversation):
        model = owner

    return Handler


class _Gone(Exception):
    """The client has closed its connection."""


class _Conversation(BaseHTTPRequestHandler):
    model: ScriptedModel
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the log is `ScriptedModel.log`."""

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/v1/models":
            self._whole(200, {"object": "list", "data": [{"id": self.model.model, "object": "model"}]})
        else:
            self._error(404, f"no such path: {self.path}")

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MOST_BODY:
            self._error(413, f"body: at most {MOST_BODY} bytes (got {length})")
            return
        body = self.rfile.read(length)
        if self.path.rstrip("/") != "/v1/chat/completions":
            self._error(404, f"no such path: {self.path}")
            return
        try:
            request = msgspec.json.decode(body, type=dict[str, Any])
            msgspec.convert(request["messages"], list[_Message])
            messages = tuple(request["messages"])
            tools = tuple(one["function"]["name"] for one in request.get("tools") or ())
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            self._error(400, f"messages: {error!r}")
            return
        exchange, played = self.model.begin(Asked(messages, tools))
        try:
            done = self._answer(exchange, played, streamed=bool(request.get("stream")))
            self.model.end(exchange, "done" if done else "failed")
        except (_Gone, OSError):
            self.close_connection = True
            self.model.end(exchange, "cancelled")

    # --- answers ----------------------------------------------------------------------------------------------

    def _answer(self, exchange: Exchange, played: Performance, *, streamed: bool) -> bool:
        match played.fault:
            case "busy":
                self._error(429, "busy on purpose", retry_after="0.2")
                return False
            case "refused":
                self._error(401, "no such key")
                return False
            case "overflow":
                self._error(400, "This model's maximum context length is exceeded")
                return False
            case "broken":
                self._error(500, "broken on purpose")
                return False
            case "hang":
                self._wait(HANG_S)
                return False
        if not streamed:
            self._wait((played.first + played.gap * len(played.tokens)) / NS_PER_S)
            exchange.sent = len(played.tokens)
            self._whole(200, self._completion("".join(played.tokens), played.calls))
            return True
        return self._stream(exchange, played)

    def _stream(self, exchange: Exchange, played: Performance) -> bool:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        half = len(played.tokens) // 2
        wait = played.first
        for index, token in enumerate(played.tokens):
            if index == half and played.fault in ("cut", "stall", "nonsense"):
                if played.fault == "stall":
                    self._wait(HANG_S)
                elif played.fault == "nonsense":
                    self._chunk(b"data: {this is no JSON\n\n")
                    self._chunk(b"")
                self.close_connection = True
                return False
            self._wait(wait / NS_PER_S)
            wait = played.gap
            self._event({"content": token})
            exchange.sent += 1
        for index, call in enumerate(played.calls):
            self._wait(wait / NS_PER_S)
            wait = played.gap
            for delta in _call_deltas(index, call):
                self._event({"tool_calls": [delta]})
        self._event({}, finish="tool_calls" if played.calls else "stop")
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")
        return True

    def _event(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {
            "id": "chatcmpl-scripted",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self.model.model,
            "choices": [choice],
        }
        self._chunk(b"data: " + msgspec.json.encode(event) + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _completion(self, text: str, calls: tuple[CallRequest, ...]) -> dict[str, Any]:
        made = [
            {"id": f"call_{n}", "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for n, c in enumerate(calls)
        ]
        message: dict[str, Any] = {"role": "assistant", "content": text, **({"tool_calls": made} if made else {})}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if made else "stop"}
        return {
            "id": "chatcmpl-scripted",
            "object": "chat.completion",
            "created": 0,
            "model": self.model.model,
            "choices": [choice],
        }

    def _error(self, status: int, text: str, retry_after: str = "") -> None:
        self._whole(status, {"error": {"message": text, "type": "scripted", "code": status}}, retry_after)

    def _whole(self, status: int, value: Any, retry_after: str = "") -> None:
        body = msgspec.json.encode(value)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        if retry_after:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def _wait(self, seconds: float) -> None:
        """Wait, but no longer than the client is there. Raises _Gone when it has left, or the server closes."""
        watch = Stopwatch()
        server = self.server
        assert isinstance(server, _Server)
        while (left := seconds - watch.wall_ns() / NS_PER_S) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 0.05))
            if server.closing.is_set():
                raise _Gone
            if readable and self.connection.recv(1, socket.MSG_PEEK) == b"":
                raise _Gone


def _call_deltas(index: int, call: CallRequest) -> Iterator[dict[str, Any]]:
    """A call in pieces, as servers stream it: its name first, then its arguments in two halves."""
    half = len(call.arguments) // 2
    head = {"name": call.name, "arguments": ""}
    yield {"index": index, "id": f"call_{index}", "type": "function", "function": head}
    yield {"index": index, "function": {"arguments": call.arguments[:half]}}
    yield {"index": index, "function": {"arguments": call.arguments[half:]}}
