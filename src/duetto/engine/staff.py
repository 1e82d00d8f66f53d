"""The workers that all conversations of an engine share: one recogniser process, one voice process, and threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace

import msgspec

from duetto.assembly import BESIDE, Settings, chat_of
from duetto.brain.brain import BrainHandler
from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import ChatModel, ChatRequest, Piece
from duetto.brain.chat.opening import open_model
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.embedded import EmbeddedBrain, language
from duetto.brain.tools import Tool, ToolHandler, as_tools
from duetto.perception.audio.endpointing import EndpointHandler, SmartTurn
from duetto.perception.audio.recognisers.many import SharedRecogniserSettings
from duetto.perception.video.faces import VisionHandler
from duetto.perception.video.ocr import ReadingHandler
from duetto.workers.shared import Hub, in_process, in_thread, on_loop
from duetto.workers.worker import Worker

_HEARS = "duetto.perception.audio.recognisers.many:make_many"
_SPEAKS = "duetto.speech.many:make_many"


class SharedStaff:
    """Starts the shared workers that `settings` ask for; `wait_ready` before the first conversation.

    tools: of the server's own, for all conversations. model: makes the language model; None for one behind an
    OpenAI-compatible server. listening: how many utterances are heard at once, and the like.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        tools: Iterable[Tool | Callable[..., object]] = (),
        model: Callable[[ChatSettings], ChatModel] | None = None,
        listening: SharedRecogniserSettings | None = None,
    ) -> None:
        """Raises ValueError for tools without a language model."""
        recogniser = settings.recogniser
        if recogniser.language is None:
            recogniser = replace(recogniser, language=language())
        heard = replace(listening or SharedRecogniserSettings(), recogniser=recogniser)
        own = as_tools(tools)
        self._hubs: list[Hub] = []
        self._voice = settings.voice
        try:
            self._hubs.append(in_process("recogniser", _HEARS, _json(heard), nice=BESIDE))
            self._hubs.append(in_process("voice", _SPEAKS, _json(settings.voice)))
            if settings.endpointer is not None:
                smart_turn = SmartTurn(settings.endpointer)
                self._hubs.append(in_thread("endpointer", lambda _: EndpointHandler(smart_turn)))
            self._hubs.append(in_thread("vision", lambda _: VisionHandler()))
            self._hubs.append(in_thread("reader", lambda _: ReadingHandler()))
            self._hubs.extend(_thinkers(settings, own, model))
        except BaseException:
            self.close()
            raise

    def wait_ready(self) -> None:
        """Block until all stand. Raises WorkerFailed when one does not; all are closed then."""
        try:
            for hub in self._hubs:
                hub.wait_ready()
        except BaseException:
            self.close()
            raise

    def seat(self, seat: str, settings: Settings, ring: Callable[[], None]) -> Sequence[Worker]:
        """Workers for one conversation; its voice may be another."""
        made: list[Worker] = []
        try:
            for hub in self._hubs:
                own = _json(settings.voice) if hub.part == "voice" and settings.voice != self._voice else None
                made.append(hub.worker(seat, own, ring))
        except BaseException:
            for worker in made:
                worker.close()
            raise
        return made

    def behind(self) -> dict[str, int]:
        """Jobs of all conversations that each part has not done."""
        return {hub.part: hub.behind() for hub in self._hubs}

    def close(self) -> None:
        for hub in self._hubs:
            hub.close()


def _thinkers(
    settings: Settings, tools: tuple[Tool, ...], model: Callable[[ChatSettings], ChatModel] | None
) -> list[Hub]:
    """Who decides what to say, and the tools that it may call."""
    if settings.chat is None:
        if tools:
            raise ValueError("tools: the embedded brain calls none; a language model is needed (settings.chat)")
        EmbeddedBrain()  # compiles the phrases once, before anybody waits for it
        return [in_thread("brain", lambda _: BrainHandler(EmbeddedBrain()))]
    chat = chat_of(settings)
    shared = (model or open_model)(chat)  # one client, with its connections, for all
    lent = tuple(replace(one, close=None) for one in tools)
    return [
        on_loop("brain", lambda _: ChatHandler(_Lent(shared), chat, lent), end=shared.close),
        on_loop("tools", lambda _: ToolHandler(lent), end=ToolHandler(tools).close),
    ]


class _Lent:
    """A language model that others ask too: a conversation that ends does not close it, and none has it read ahead, for
    what it reads for one takes the place of what it has read for another.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        return self._model.stream(request)

    async def close(self) -> None:
        return


def _json(settings: object) -> str:
    return msgspec.json.encode(settings).decode()
