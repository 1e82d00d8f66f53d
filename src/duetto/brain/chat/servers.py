"""Language-model servers on this machine: who listens on the usual ports, and which models a server has."""

from __future__ import annotations

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

USUAL: Final = {"Ollama": 11434, "llama.cpp": 8080, "vLLM": 8000, "SGLang": 30000, "LM Studio": 1234}
"""Ports that servers listen on if nobody tells them otherwise."""
LISTEN_S: Final = 0.5
"""Seconds that a server on this machine is given to answer."""
_MOST: Final = 1 << 20


class ModelServer(msgspec.Struct, frozen=True):
    """A server that speaks OpenAI's API. name: whose port it is on. url: its base URL. models: their names."""

    name: str
    url: str
    models: tuple[str, ...]


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


def models_of(url: str, *, key: str = "", limit_s: float = 5.0) -> tuple[str, ...]:
    """The names of a server's models. Raises OSError where it cannot be reached, ValueError for an odd answer."""
    request = urllib.request.Request(url.rstrip("/") + "/models")
    if request.type not in ("http", "https"):
        raise ValueError(f"url: http:// or https:// is needed (got {url!r})")
    if key:
        request.add_header("authorization", f"Bearer {key}")
    with urllib.request.urlopen(request, timeout=limit_s) as answer:
        body = answer.read(_MOST)
    try:
        return tuple(model.id for model in msgspec.json.decode(body, type=_Models).data)
    except msgspec.DecodeError as error:
        raise ValueError(f"url: {url} has no list of models: {error}") from None


def local_servers() -> tuple[ModelServer, ...]:
    """The servers that listen on this machine's usual ports. Takes half a second at most."""

    def ask(name: str, port: int) -> ModelServer | None:
        url = f"http://127.0.0.1:{port}/v1"
        try:
            return ModelServer(name, url, models_of(url, limit_s=LISTEN_S))
        except (OSError, ValueError):
            return None

    with ThreadPoolExecutor(len(USUAL)) as pool:
        found = pool.map(lambda item: ask(*item), USUAL.items())
        return tuple(server for server in found if server is not None)
