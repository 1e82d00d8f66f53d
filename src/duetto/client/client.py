"""A conversation with a duetto server: sound, typing and pictures in, events out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from types import TracebackType
from typing import Any, Final, Literal, Self

import msgspec
import pybase64
from numpy.typing import NDArray

from duetto.brain.tools import Tool, ToolHandler, as_tools
from duetto.client.event import Called, Closed, Ended, Event, Resumed, Standing
from duetto.client.line import Line
from duetto.client.mailbox import Mailbox
from duetto.client.playback import Playback
from duetto.client.reading import BackAgain, Calls, News, Owed, Pong, SettingsTaken, Welcome
from duetto.client.settings import ClientSettings, ConversationOver, realtime_url
from duetto.client.sound import SoundOut
from duetto.orders import Kept, Orders
from duetto.timeline.arrival import Outcome
from duetto.timeline.command import Command, Give, TakeBack
from duetto.timeline.job import Call
from duetto.timeline.turn import VOICE_RATE

MOST_CALLS: Final = 32
"""Tools that may be at work at once."""


class Client:
    """`async with Client("ws://127.0.0.1:8000") as talk:` then `talk.hear(…)`, and `async for event in talk`.

    key: the server's API key, "" for none. tools: functions that the server may call; they run here. A connection that
    drops is made again, and the conversation goes on where it was. Raises ClientError on entry where none can be begun,
    ValueError for settings that cannot be; its methods raise ConversationOver once the conversation has ended.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        tools: Iterable[Tool | Callable[..., Any]] = (),
        settings: ClientSettings | None = None,
    ) -> None:
        self.settings = settings or ClientSettings()
        self._tools = as_tools(tools)
        for one in self._tools:
            if one.spec.question:
                raise ValueError(f"tools: {one.name} asks the user first, which a tool of a client cannot")
        self._line = Line(realtime_url(url, self.settings.model), key, self.settings)
        self._handler = ToolHandler(self._tools)
        self._welcome: Welcome | None = None
        self._calls = Calls()
        self._call_count = self._at_work = 0
        self._mail = Mailbox(self.settings.events)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pings: dict[str, asyncio.Future[None]] = {}
        self._ping_count = 0
        self._sound = SoundOut()
        self._playbacks: list[Playback] = []
        self._kept = Kept()
        self.orders = Orders(self._command, self._kept)
        """Its standing orders, given, listed and withdrawn by the program: see `duetto.orders`."""

    # --- beginning and end ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._welcome = await self._line.open(self._hello(), self._session(), self._take)
        self._spawn(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the conversation. Again is harmless."""
        self._finish("closed by the client")
        await self._line.hang_up()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._handler.close()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """What happens, `Closed` last. One at a time may read."""
        while (event := await self._mail.get()) is not None:
            yield event

    @property
    def welcome(self) -> Welcome:
        """What the server said of the conversation. Raises RuntimeError before it has begun."""
        if self._welcome is None:
            raise RuntimeError("the conversation has not begun: `async with Client(…) as talk`")
        return self._welcome

    @property
    def missed(self) -> int:
        """Events that were thrown away because nobody read them."""
        return self._mail.missed

    # --- what a user does -------------------------------------------------------------------------------------

    async def hear(self, samples: NDArray[Any], rate: int) -> None:
        """The user's next sound: int16 or float (n,) or (n, channels). Returns when it may be followed by more.

        It is sent at the pace of time, 0.4 s ahead: a whole file may be given at once. Raises ValueError.
        """
        for piece in self._sound.chunks(samples, rate):
            if (early := self._sound.early()) > 0:
                await asyncio.sleep(early)
            data = pybase64.b64encode(piece.astype("<i2").tobytes()).decode()
            await self._line.send({"type": "input_audio_buffer.append", "audio": data})
            self._sound.sent(piece)

    async def key(
        self, op: Literal["insert", "delete", "send"], text: str = "", position: int = 0, count: int = 0
    ) -> None:
        """An edit of the line being typed, as it is made: it is perceived before it is sent."""
        await self._line.send({"type": "duetto.key", "op": op, "text": text, "position": position, "count": count})

    async def type(self, text: str) -> None:
        """A whole line is typed and sent."""
        await self._line.send({"type": "duetto.line", "text": text})

    async def see(self, jpeg: bytes, stream: Literal["camera", "screen"] = "camera") -> None:
        """A picture of now. Raises ValueError for what is not a JPEG."""
        if not jpeg.startswith(b"\xff\xd8"):
            raise ValueError("jpeg: not a JPEG, it does not begin with FF D8")
        image = pybase64.b64encode(jpeg).decode()
        await self._line.send({"type": "duetto.frame", "stream": stream, "image": image})

    async def stop(self) -> None:
        """Say no more of what is being said."""
        await self._line.send({"type": "response.cancel"})

    async def update(self, **session: Any) -> None:
        """Change settings of the conversation, as `session.update` has them: `instructions="…"`."""
        await self._line.send({"type": "session.update", "session": {"type": "realtime", **session}})

    async def send(self, event: dict[str, Any]) -> None:
        """Any other event of the OpenAI Realtime protocol."""
        await self._line.send(event)

    async def ping(self) -> None:
        """Returns when the server has answered: it then has everything that was sent before."""
        self._ping_count += 1
        name = f"ping{self._ping_count}"
        answer = self._pings[name] = asyncio.get_running_loop().create_future()
        try:
            await self._line.send({"type": "duetto.ping", "id": name})
            await answer
        finally:
            self._pings.pop(name, None)

    async def played(self, response: str, milliseconds: float) -> None:
        """How much of a response's sound was really played: at its end, or when it was cut. See `playback`."""
        await self._line.send({"type": "duetto.played", "response_id": response, "played_ms": milliseconds})

    def playback(self) -> Playback:
        """A queue of all sound from now on for a loudspeaker, which tells the server what was played."""
        loop = asyncio.get_running_loop()

        def tell(response: str, milliseconds: float) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(lambda: self._spawn(self.played(response, milliseconds)))

        made = Playback(tell)
        self._playbacks.append(made)
        return made

    # --- inside -----------------------------------------------------------------------------------------------

    def _hello(self) -> dict[str, Any]:
        hello = {"delta_ms": self.settings.delta_ms, "horizon_ms": self.settings.horizon_ms}
        given = {name: value for name, value in hello.items() if value is not None}
        return {"type": "duetto.hello", "increments": self.settings.increments, **given}

    def _session(self) -> dict[str, Any]:
        pcm = {"type": "audio/pcm", "rate": VOICE_RATE}
        output: dict[str, Any] = {"format": pcm}
        if self.settings.voice is not None:
            output["voice"] = self.settings.voice
        audio = {"input": {"format": pcm, "transcription": {"model": "duetto"}}, "output": output}
        session: dict[str, Any] = {"type": "realtime", "audio": audio}
        if self.settings.instructions is not None:
            session["instructions"] = self.settings.instructions
        specs = [one.spec for one in self._tools]
        if specs:
            session["tools"] = [
                {"type": "function", "name": spec.name, "description": spec.description, "parameters": spec.parameters}
                for spec in specs
            ]
        return {**session, **(self.settings.session or {})}

    async def _run(self) -> None:
        self._finish(await self._line.run(self._take))

    def _take(self, news: News) -> None:
        match news:
            case Owed():
                self._calls.owed(news.response)
                self._call_count += 1
                self._spawn(self._do(news, self._call_count))
            case Pong(name):
                answer = self._pings.get(name)
                if answer is not None and not answer.done():
                    answer.set_result(None)
            case Welcome() | BackAgain() | SettingsTaken():
                pass
            case _:
                if isinstance(news, Resumed) and news.restored:
                    self._calls = Calls()  # responses of before have no end
                    self._kept.replace(())
                if isinstance(news, Standing):
                    self._kept.replace(news.orders)
                if isinstance(news, Ended) and self._calls.ended(news.response):
                    self._spawn(self._line.send({"type": "response.create"}))
                for playback in self._playbacks:
                    playback.on_event(news)
                self._mail.put(news)

    async def _do(self, owed: Owed, number: int) -> None:
        """Carry out a call and answer it: whatever the tool does, there is an answer."""
        outcome = Outcome(number, f"more than {MOST_CALLS} calls at once", failed=True)
        if self._at_work < MOST_CALLS:
            self._at_work += 1
            try:
                async for arrival in self._handler.handle(Call(number, owed.name, owed.arguments)):
                    if isinstance(arrival, Outcome):
                        outcome = arrival
            finally:
                self._at_work -= 1
        self._mail.put(Called(owed.name, owed.arguments, outcome.text, outcome.failed))
        output = f"failed: {outcome.text}" if outcome.failed else outcome.text
        item = {"type": "function_call_output", "call_id": owed.call_id, "output": output}
        await self._line.send({"type": "conversation.item.create", "item": item})
        if self._calls.answered(owed.response):
            await self._line.send({"type": "response.create"})

    def _command(self, command: Command) -> None:
        if self._line.over:
            raise ConversationOver("the conversation is over")
        match command:
            case Give(order):
                self._spawn(self._line.put({"type": "duetto.order", "order": msgspec.to_builtins(order)}))
            case TakeBack(names):
                self._spawn(self._line.put({"type": "duetto.withdraw", "names": [n for n in names if n != "*"]}))
            case _:
                raise TypeError(f"a client gives and withdraws standing orders (got {type(command).__name__})")

    def _finish(self, why: str) -> None:
        if self._line.over:
            return
        self._line.end(why)
        self._mail.put(Closed(why))
        for answer in self._pings.values():
            if not answer.done():
                answer.set_exception(ConversationOver(f"the conversation is over: {why}"))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ConversationOver):
            self._finish(f"an error in the client: {error!r}")
