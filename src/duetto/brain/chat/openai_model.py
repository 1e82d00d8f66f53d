"""A language model behind any server that speaks OpenAI's Chat Completions API."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from duetto.brain.chat.model import CallRequest, ChatRequest, ModelTrouble, Piece, function_of
from duetto.brain.chat.settings import ChatSettings
from duetto.workers.worker import describe

if TYPE_CHECKING:
    import openai

_OVERFLOW: Final = ("context length", "context_length", "maximum context", "context size", "too many tokens", "n_ctx")
_NO_KEY: Final = "none"
"""Sent where there is no key: the client wants one, and local servers ignore it."""


class OpenAIModel:
    """Streams from one server over connections that stay open. Raises ValueError without a model's name."""

    def __init__(self, settings: ChatSettings) -> None:
        import openai

        if not settings.model:
            raise ValueError("model: the name of a model is needed")
        self._settings = settings
        self._client = openai.AsyncOpenAI(
            base_url=settings.url or None,
            api_key=os.environ.get(settings.key_variable) or _NO_KEY,
            timeout=openai.Timeout(settings.first_s + 1.0, connect=settings.connect_s),
            max_retries=0,  # the brain retries, and tells; two that retry wait twice
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        import openai

        try:
            stream = await self._client.chat.completions.create(**self._arguments(request))
        except openai.OpenAIError as error:
            raise _trouble(error) from error
        calls: dict[int, _Call] = {}
        try:
            async for chunk in stream:
                for choice in chunk.choices[:1]:
                    delta = choice.delta
                    if delta is None:
                        continue
                    for part in delta.tool_calls or ():
                        calls.setdefault(part.index, _Call()).take(part)
                    if delta.content:
                        yield Piece(delta.content)
        except openai.OpenAIError as error:
            raise _trouble(error) from error
        except Exception as error:  # of the transport, or of a server that sends no JSON
            raise ModelTrouble("broken", describe(error)) from error
        finally:
            await stream.close()
        for call in calls.values():
            yield Piece(call=CallRequest(call.name, call.arguments or "{}"))

    async def close(self) -> None:
        await self._client.close()

    def _arguments(self, request: ChatRequest) -> dict[str, Any]:
        settings = self._settings
        given: dict[str, Any] = {
            "model": settings.model,
            "messages": list(request.messages),
            "stream": True,
            "max_tokens": settings.most_tokens,
        }
        if settings.temperature is not None:
            given["temperature"] = settings.temperature
        if request.tools:
            given["tools"] = [function_of(one) for one in request.tools]
            if request.choice != "auto":
                named = {"type": "function", "function": {"name": request.choice}}
                given["tool_choice"] = "required" if request.choice == "required" else named
        return given


class _Call:
    """A call as its pieces come."""

    def __init__(self) -> None:
        self.name = ""
        self.arguments = ""

    def take(self, part: Any) -> None:
        if part.function is not None:
            self.name += part.function.name or ""
            self.arguments += part.function.arguments or ""


def _trouble(error: openai.OpenAIError) -> ModelTrouble:
    import openai

    text = describe(error)
    if isinstance(error, openai.RateLimitError):
        return ModelTrouble("busy", text, wait_s=_retry_after(error))
    if isinstance(error, openai.APIStatusError):
        if error.status_code >= 500:
            return ModelTrouble("broken", text)
        if any(sign in text.lower() for sign in _OVERFLOW) or error.status_code == 413:
            return ModelTrouble("overflow", text)
        return ModelTrouble("refused", text)
    if any(sign in text.lower() for sign in _OVERFLOW):
        return ModelTrouble("overflow", text)
    return ModelTrouble("broken", text)


def _retry_after(error: openai.APIStatusError) -> float:
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return 0.0
