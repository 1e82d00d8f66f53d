"""Targets by a name on the command line: `openai-realtime:ws://127.0.0.1:8000/v1/realtime`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from duetto.bench.targets.gemini_live import GeminiLive
from duetto.bench.targets.gpt_live import GPTLive
from duetto.bench.targets.openai_realtime import OpenAIRealtime
from duetto.bench.targets.wire import Dialect, WireTarget

KINDS: Final = ("openai-realtime", "gpt-live", "gemini-live")
_PATHS: Final = {
    "openai-realtime": "/v1/realtime",
    "gpt-live": "/v1/live/sessions",
    "gemini-live": "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
}
_MODELS: Final = {"openai-realtime": "gpt-realtime", "gpt-live": "gpt-live-1", "gemini-live": "models/gemini-live"}


def wire_target(name: str, key: str = "") -> WireTarget:
    """KIND:URL, with `?model=…` where the model matters; the wire's usual path where the URL has none.

    key: the server's API key, "" for none. Raises ValueError.
    """
    kind, _, url = name.partition(":")
    if kind not in KINDS:
        raise ValueError(f"--target: KIND:URL with one of {', '.join(KINDS)} (got {name!r})")
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ValueError(f"--target: a URL as in {kind}:ws://127.0.0.1:8000 (got {url!r})")
    query = dict(parse_qsl(parts.query))
    if "key" in query or "@" in parts.netloc:  # the report carries the command
        raise ValueError("--target: the key belongs in DUETTO_BENCH_KEY, not in the URL")
    model = query.pop("model", _MODELS[kind])
    headers: dict[str, str] = {}
    make: Callable[[], Dialect]
    match kind:
        case "openai-realtime":
            query["model"] = model
            make = OpenAIRealtime
        case "gpt-live":
            make = partial(GPTLive, model)
        case _:
            make = partial(GeminiLive, model)
    if key:
        headers = {"x-goog-api-key": key} if kind == "gemini-live" else {"Authorization": f"Bearer {key}"}
    path = parts.path if parts.path not in ("", "/") else _PATHS[kind]
    return WireTarget(kind, urlunsplit((scheme, parts.netloc, path, urlencode(query), "")), make, headers)
