"""A server with an engine and wires that only write down what they are given."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from dataclasses import dataclass, field

from duetto.models.model import MicroTurn, Output, Timing
from duetto.server.run import Listener, bind, serve
from duetto.server.service import Service
from duetto.server.settings import Limits, ServerSettings
from duetto.server.wires import Wires
from duetto.testing.seat import FakeHost
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import Turn
from duetto.wire.seat import Opening

UNIX = 1_800_000_000.0


class FakeEngine(FakeHost):
    """An engine whose time the test makes pass."""

    def __init__(self):
        super().__init__()
        self.draining = False
        self.mark = ""
        self.closing = asyncio.Event()
        self.failure = None

    def open(self, opening):
        seat = super().open(opening)
        seat.id = f"{self.mark}{seat.id}"
        return seat

    async def run(self):
        await self.closing.wait()
        if self.failure is not None:
            raise self.failure

    def close(self):
        for seat in self.seats:
            if not seat.closed:
                seat.end("the server is closing")
        self.closing.set()


async def settle():
    """Let every task that can go on do so: nothing here waits for a socket or for time."""
    for _ in range(50):
        await asyncio.sleep(0)


class Script:
    """What a follower finds: happenings that the test puts there before a micro-turn."""

    def __init__(self):
        self.next = []

    def follow(self, micro_turn):
        found, self.next = self.next, []
        return found


def micro_turn(index=0, delta=ms(40), outputs=(), voice=b""):
    span = Span(index * delta, (index + 1) * delta)
    turn = Turn(index, 0, span)
    outputs = outputs or (Output(span.end),)
    return MicroTurn(index, span, (turn,) * len(outputs), outputs, voice, Timing(ms(1), ms(2), 0, {"ears": ms(1)}, {}))


class EchoWire:
    """Opens its seat with the first message, and answers each with itself. Words it knows: see `receive`."""

    def __init__(self, line, setup=None, left=None):
        self.line = line
        self.left = left or threading.Event()
        self.setup = setup
        self.received = []
        self.happened = []
        self.closed = 0
        self.seat = None
        self.heard = []
        self.sound = b""
        self.connected = False
        self.drained = None
        self.asides = []

    def receive(self, message):
        self.received.append(message)
        match message:
            case "crash":
                raise RuntimeError("a fault of ours")
            case "bye":
                self.line.send("last words")
                self.line.finish(1000, "bye")
                return
            case "big":
                for _ in range(64):
                    self.line.send("x" * 65536)
                return
            case _ if self.seat is None:
                self.seat = self.line.open(Opening(record="record" in message))
        self.line.send(json.dumps({"echo": message}))

    def happen(self, happenings, micro_turn):
        self.happened.append((list(happenings), micro_turn))
        self.sound = micro_turn.voice
        for happening in happenings:
            self.line.send(json.dumps({"happened": type(happening).__name__}))

    def close(self):
        self.closed += 1
        self.left.set()

    def connect(self, send):
        self.connected = True
        self.line.send('{"connected":true}')

    def hear(self, samples, rate):
        self.heard.append((samples, rate))

    def drain(self, seconds):
        self.drained = seconds
        self.line.send(json.dumps({"leaving": seconds}))

    def attach(self, send):
        aside = Aside(self, send)
        self.asides.append(aside)
        return aside

    def recording(self):
        return b"RIFF" if self.setup.track else None


class Aside:
    def __init__(self, wire, send):
        self.wire, self.send, self.received, self.closed = wire, send, [], False
        send('{"attached":true}')

    def receive(self, message):
        self.received.append(message)
        self.send(json.dumps({"aside": message}))

    def close(self):
        self.closed = True


@dataclass
class Rig:
    """service, and its fakes. moment: the steady clock, unless `clock` is one. left: a wire has closed."""

    settings: ServerSettings = field(default_factory=lambda: ServerSettings(limits=Limits(hello_s=0)))
    peers: object = None
    mark: str = ""
    clock: object = None
    wires: object = None

    def __post_init__(self):
        self.moment = 0.0
        self.left = threading.Event()
        self.unix = UNIX
        self.made = []
        self.script = Script()
        self.engine = FakeEngine()

        def maker(setup):
            def make(line):
                wire = EchoWire(line, setup, self.left)
                self.made.append(wire)
                if setup.track:
                    wire.seat = line.open(Opening())
                return wire

            return make

        self.service = Service(
            self.settings,
            self.engine,
            self.wires or (lambda shelf, waiting: Wires(maker, maker, maker, self.described)),
            follower=lambda: self.script,
            now=self.clock or (lambda: self.moment),
            unix=lambda: self.unix,
            peers=self.peers,
            mark=self.mark,
        )

    @staticmethod
    def described(session):
        return {"id": "", "object": "realtime.session", **session}


class Running:
    """The rig behind real sockets, on a loop in a thread. `do(f)` runs f there and gives what it returns."""

    def __init__(self, make_rig, https=None, neighbours=None):
        self.make_rig = make_rig
        self.neighbours = neighbours
        self.https = https
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.result = None
        self.problem = None

    def _run(self):
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.problem = error
        finally:
            self.ready.set()

    async def _serve(self):
        self.loop = asyncio.get_running_loop()
        self.stop, self.hurry = asyncio.Event(), asyncio.Event()
        self.rig = self.make_rig()
        listeners = [Listener(bind("127.0.0.1", 0))]
        if self.https is not None:
            listeners.append(Listener(bind("127.0.0.1", 0), self.https.context()))
        self.ports = [listener.address[1] for listener in listeners]
        self.result = await serve(
            self.rig.service,
            listeners,
            stop=self.stop,
            hurry=self.hurry,
            started=self.ready.set,
            neighbours=self.neighbours,
        )

    def do(self, work):
        """Run something on the server's loop: a function, or a coroutine function."""

        async def there():
            found = work(self.rig)
            return await found if asyncio.iscoroutine(found) else found

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(10)

    @property
    def http(self):
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def ws(self):
        return f"ws://127.0.0.1:{self.ports[0]}"


@contextlib.contextmanager
def running(make_rig=Rig, https=None, neighbours=None):
    server = Running(make_rig, https, neighbours)
    server.thread.start()
    assert server.ready.wait(20)
    assert server.problem is None, server.problem
    try:
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            server.loop.call_soon_threadsafe(server.stop.set)
            server.loop.call_soon_threadsafe(server.hurry.set)
        server.thread.join(20)
        assert not server.thread.is_alive()
        if server.problem is not None:
            raise server.problem
