"""Any server that speaks one of the public wires, ours or another's: the user plays the scenario to it in real time.

What is on the wire is a `Dialect`; what a listener's player makes of it is a `Listener`. The target only keeps time.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import msgspec
import numpy as np
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from duetto.bench.cast import Cast, script_for
from duetto.bench.scenario import LONGEST, Scenario
from duetto.bench.targets.listener import Came, Listener
from duetto.bench.targets.target import Take
from duetto.bench.uttered import places, uttered
from duetto.perception.audio.resampler import Resampler
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.timeline.clock import NS_PER_S, Clock, Deadline, WallClock, ms, s
from duetto.timeline.turn import VOICE_RATE, Key, Samples, samples_before

SLICE: Final = ms(20)
"""How finely (ns) the user speaks and listens."""
PATIENCE: Final = 15.0
"""Seconds that a connection, and a session's setup, may take."""
TAIL: Final = s(20)
"""ns after which it is over all the same."""
LARGEST: Final = 64 * 2**20
"""Bytes of a message."""

Message = dict[str, Any]


class WireFailed(RuntimeError):
    """The server cannot be reached, refuses, or hung up in the midst of an item."""


class Dialect(Protocol):
    """One conversation in the words of one wire. No socket, no clock.

    rate: samples per second of the user's sound on it.
    """

    rate: int

    @property
    def greetings(self) -> Sequence[Message]:
        """Sent at once."""
        ...

    def greeted(self, message: Message) -> Sequence[Message] | None:
        """While it is set up: what to answer to a message; None when the conversation can begin. Raises WireFailed."""
        ...

    def sound(self, data: bytes) -> Message:
        """The user's next sound: int16 little-endian mono at `rate`."""
        ...

    def line(self, text: str) -> Sequence[Message]:
        """A line that the user typed. Raises WireFailed where the wire has nothing for it."""
        ...

    def read(self, message: Message) -> Iterable[Came]:
        """What a message means to a listener."""
        ...

    def cut(self, reply: str, played: int) -> Sequence[Message]:
        """What to tell the server when a reply was cut after `played` ns of its sound."""
        ...

    @property
    def farewell(self) -> Sequence[Message]:
        """Sent at the end."""
        ...


class Line(Protocol):
    """What carries a dialect, once a conversation has begun."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def clock(self) -> Clock: ...
    def send(self, *messages: Message) -> None:
        """Raises WireFailed when the server has hung up."""
        ...

    def arrived(self) -> Iterable[tuple[int, Message]]:
        """What has come, with the media time (ns) of each. Raises WireFailed when the server has hung up."""
        ...


class Connects(Line, Protocol):
    """A line that is not there yet."""

    def begin(self) -> None:
        """Connect, and set the conversation up; its time begins. Raises WireFailed."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class WireTarget:
    """kind: what the report calls the wire. url, headers: of the server. dialect: makes one for each item.

    quiet: seconds of silence of both after which an item is over, when the user has done everything.
    """

    kind: str
    url: str
    dialect: Callable[[], Dialect]
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    quiet: float = 4.0

    @property
    def name(self) -> str:
        return f"{self.kind}, {self.url.split('?')[0]}"

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        return take(Connection(self.url, self.headers, self.dialect()), scenario, cast, self.quiet)


def take(connection: Connects, scenario: Scenario, cast: Cast, quiet: float) -> Take:
    """Let the user play the scenario over a connection, which is closed then. quiet: as in `WireTarget`."""
    if scenario.model or scenario.orders:
        raise WireFailed("an item with a scripted model or orders of its own can be taken by duetto in process only")
    with ExitStack() as stack:
        speak = stack.enter_context(reading(cast.user))
        whos = {step.who for step in scenario.steps} - {"user"}
        others: dict[str, Callable[[str], Samples]] = {
            who: stack.enter_context(reading(cast.others[who])) for who in sorted(whos)
        }
        found = places(scenario, speak.read)
        mouth = Mouth()
        user = SimulatedUser(
            script_for(scenario, cast), speak, others=others, mic=mouth, keys=mouth, noise_db=scenario.noise
        )
    try:
        connection.begin()
        take = play(connection, user, mouth, scenario.noise, round(quiet * NS_PER_S))
        return replace(take, typed=tuple(user.typed), uttered=uttered(user.spoken, found))
    finally:
        connection.close()


def play(line: Line, user: SimulatedUser, mouth: Mouth, noise_db: float, quiet: int) -> Take:
    """Let both talk until the user is through and both have been silent for `quiet` ns."""
    listener = Listener()
    dialect = line.dialect
    resampler = None if dialect.rate == VOICE_RATE else Resampler(VOICE_RATE, dialect.rate)
    noise = np.random.default_rng(2)
    now = 0
    done: int | None = None  # since when the user has done everything
    while now < s(LONGEST):
        user.feed(now + SLICE)
        sound = mouth.take(samples_before(now + SLICE, VOICE_RATE) - samples_before(now, VOICE_RATE), noise, noise_db)
        line.clock.sleep_until(now + SLICE)
        for text in mouth.lines():
            line.send(*dialect.line(text))
        data = sound if resampler is None else resampler.push(sound)
        if len(data):
            line.send(dialect.sound(data.astype("<i2").tobytes()))
        for at, message in line.arrived():
            for came in dialect.read(message):
                for reply, played in listener.take(at, came):
                    line.send(*dialect.cut(reply, played))
        user.hear(now, listener.sound(now, now + SLICE), listener.said(now))
        now += SLICE
        if user.finished:
            done = now if done is None else done
            if now >= min(max(done, listener.sounded_until) + quiet, done + TAIL):
                break
    line.send(*dialect.farewell)
    return Take(
        mouth.whole, listener.sound(0, now), tuple(user.spoken), tuple(listener.words()), ended=tuple(listener.ended)
    )


class Mouth:
    """Where the user's sound and keys go: a microphone, which hears the room when the user is through."""

    def __init__(self) -> None:
        self._waiting: list[Samples] = []
        self._all: list[Samples] = []
        self._line = ""
        self._lines: list[str] = []

    def push(self, what: Samples | Key) -> None:
        if not isinstance(what, Key):
            self._waiting.append(what)
            return
        match what.op:
            case "insert":
                self._line = self._line[: what.position] + what.text + self._line[what.position :]
            case "delete":
                self._line = self._line[: what.position] + self._line[what.position + what.count :]
            case "send":
                self._lines.append(self._line)
                self._line = ""

    def close(self) -> None:
        """The room goes on."""

    def lines(self) -> list[str]:
        found, self._lines = self._lines, []
        return found

    def take(self, count: int, noise: np.random.Generator, noise_db: float) -> Samples:
        sound = np.concatenate([np.zeros(0, np.int16), *self._waiting])
        self._waiting.clear()
        if len(sound) < count:
            room = noise.normal(0.0, 32767 * 10 ** (noise_db / 20), count - len(sound)).astype(np.int16)
            sound = np.concatenate([sound, room])
        self._all.append(sound)
        return sound

    @property
    def whole(self) -> Samples:
        return np.concatenate([np.zeros(0, np.int16), *self._all])


class Connection:
    """A connection to a server. A thread reads, so that each message has the moment at which it came."""

    def __init__(self, url: str, headers: dict[str, str], dialect: Dialect) -> None:
        self.dialect = dialect
        self._url = url
        self._headers = headers
        self._clock = WallClock()
        self._messages: queue.Queue[tuple[int, Message] | WireFailed] = queue.Queue()
        self._stack = ExitStack()
        self._reader = threading.Thread(target=self._read, name="duetto-bench-wire", daemon=True)

    def begin(self) -> None:
        """Connect, and set the conversation up; its time begins. Raises WireFailed."""
        try:
            self._socket: ClientConnection = self._stack.enter_context(
                connect(
                    self._url,
                    additional_headers=self._headers,
                    compression=None,
                    max_size=LARGEST,
                    open_timeout=PATIENCE,
                    close_timeout=2,
                )
            )
        except (InvalidHandshake, InvalidURI, OSError, EOFError, TimeoutError) as error:
            raise WireFailed(f"{self._url.split('?')[0]}: {error}") from None
        self._reader.start()
        self.send(*self.dialect.greetings)
        deadline = Deadline(PATIENCE)
        while True:
            try:
                found = self._messages.get(timeout=deadline.left())
            except queue.Empty:
                raise WireFailed(f"no conversation within {PATIENCE:g} s") from None
            if isinstance(found, WireFailed):
                raise found
            answer = self.dialect.greeted(found[1])
            if answer is None:
                break
            self.send(*answer)
        self._clock.start()  # what came before is nothing that a listener hears

    @property
    def clock(self) -> Clock:
        return self._clock

    def send(self, *messages: Message) -> None:
        try:
            for message in messages:
                self._socket.send(msgspec.json.encode(message).decode())
        except ConnectionClosed as error:
            raise WireFailed(f"the server hung up: {error}") from None

    def arrived(self) -> Iterable[tuple[int, Message]]:
        """What has come, with when. Raises WireFailed when the server has hung up."""
        while True:
            try:
                found = self._messages.get_nowait()
            except queue.Empty:
                return
            if isinstance(found, WireFailed):
                raise found
            yield found

    def close(self) -> None:
        with suppress(ConnectionClosed, OSError):
            self._stack.close()

    def _read(self) -> None:
        try:
            while True:
                data = self._socket.recv()
                at = self._clock.now()
                self._messages.put((at, msgspec.json.decode(data, type=Message)))
        except ConnectionClosed as error:
            self._messages.put(WireFailed(f"the server hung up: {error}"))
        except Exception as error:
            self._messages.put(WireFailed(f"the server sent what is no JSON object: {error!r}"))
