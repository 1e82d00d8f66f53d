"""One process of the server, whole: engine, protocols, sockets. Or several, each like this one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import uvloop

from duetto.engine import Engine, EngineSettings, Opening, SharedStaff
from duetto.engine.memory import keep
from duetto.server.joints import Facts, joined
from duetto.server.neighbours import Neighbours
from duetto.server.processes import Place, supervise
from duetto.server.recordings import JOURNAL, SOUND
from duetto.server.run import Listener, bind, serve, signals
from duetto.server.service import Service
from duetto.server.settings import ServerSettings, is_loopback
from duetto.server.tls import Certificate, certificate, own_names, state_folder
from duetto.timeline.clock import NS_PER_S, WallClock
from duetto.wire.follower import Follower

if TYPE_CHECKING:
    from duetto.assembly import Settings
    from duetto.brain.tools import Tool
    from duetto.models.model import Observer

log = logging.getLogger("duetto.server")


@dataclass(frozen=True)
class Plan:
    """What a process of the server is to be; pickled for each. session: of every conversation.

    tools: makes the tools of the server's own, for all conversations.
    """

    server: ServerSettings
    session: Settings
    tools: Callable[[], tuple[Tool, ...]] = tuple

    @property
    def brain(self) -> str:
        """What decides what to say, for those who ask."""
        return self.session.chat.model if self.session.chat is not None else "embedded"


def unix() -> float:
    """Unix time, s."""
    return WallClock().epoch_ns / NS_PER_S


def today() -> datetime:
    return datetime.fromtimestamp(unix(), UTC)


def prepare(settings: ServerSettings) -> tuple[ServerSettings, Certificate | None]:
    """Settings with what the machine has put in the place of defaults, and the certificate. Raises OSError."""
    state = settings.state if settings.state is not None else state_folder()
    names = [*own_names(), *settings.names]
    if not is_loopback(settings.host) and settings.host not in ("", "0.0.0.0", "::"):
        names.append(settings.host)
    settings = replace(settings, state=state, names=tuple(dict.fromkeys(names)))
    if settings.https_port is None:
        return settings, None
    return settings, certificate(state / "tls", settings.names, today())


def run(plan: Plan, started: Callable[[ServerSettings, Certificate | None], None]) -> int:
    """Serve until SIGTERM or Ctrl-C. started: is called when connections are accepted, with the ports in use.

    Returns the exit status. Raises OSError, ValueError, WorkerFailed.
    """
    settings, files = prepare(plan.server)
    many = settings.workers > 1
    http = bind(settings.host, settings.port, shared=many)
    settings = replace(settings, port=http.getsockname()[1])
    https = None
    if settings.https_port is not None:
        https = bind(settings.host, settings.https_port, shared=many)
        settings = replace(settings, https_port=https.getsockname()[1])
    plan = replace(plan, server=settings)

    def ready() -> None:
        started(settings, files)

    if not many:
        return _serve(plan, files, ready, http=Listener(http), https=https)
    with tempfile.TemporaryDirectory(prefix="duetto-") as folder, http, https or contextlib.nullcontext():
        return supervise(settings.workers, run_one, plan, files, folder, drain_s=settings.drain_s, started=ready)


def run_one(place: Place, plan: Plan, files: Certificate | None, folder: str) -> None:
    """One process of several. Ends with status 1 when its engine fails."""
    start_log()
    settings = plan.server
    http = Listener(bind(settings.host, settings.port, shared=True))
    https = bind(settings.host, settings.https_port, shared=True) if settings.https_port is not None else None
    if _serve(plan, files, place.ready, http=http, https=https, place=place, folder=folder):
        sys.exit(1)


def _serve(
    plan: Plan,
    files: Certificate | None,
    ready: Callable[[], None],
    *,
    http: Listener,
    https: socket.socket | None = None,
    place: Place | None = None,
    folder: str = "",
) -> int:
    listeners = [http]
    renew: Callable[[], None] | None = None
    if https is not None and files is not None:
        context = files.context()
        listeners.append(Listener(https, context))

        def renew() -> None:
            settings = plan.server
            assert settings.state is not None and files is not None
            certificate(settings.state / "tls", settings.names, today())
            context.load_cert_chain(files.chain, files.key)

    mark = place.mark if place is not None else ""
    neighbours = Neighbours(Path(folder), mark, place.count) if place is not None and place.count > 1 else None
    staff = SharedStaff(plan.session, tools=plan.tools())
    staff.wait_ready()

    async def main() -> bool:
        loop = asyncio.get_running_loop()
        stop, hurry = asyncio.Event(), asyncio.Event()
        engine = Engine(
            plan.session,
            staff,
            engine=EngineSettings(most=plan.server.limits.sessions),
            observers=_recorder(plan),
            names=lambda: mark + secrets.token_hex(10),
            on_tick=lambda late, took: service.house.metrics.ticked(late, took),
        )
        service = make_service(plan, engine, loop.time, mark)
        if place is not None:
            _end_with_parent(place, stop)
        keep()
        with signals(stop, hurry, interrupts=place is None):
            return await serve(
                service, listeners, stop=stop, hurry=hurry, started=ready, neighbours=neighbours, renew=renew
            )

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return 0 if runner.run(main()) else 1


def make_service(plan: Plan, engine: Engine, now: Callable[[], float], mark: str) -> Service:
    """The service on an engine, with the protocols joined to it. now: seconds of a steady clock."""
    from duetto.server.rtc.aiortc_peer import AiortcPeerFactory

    settings = plan.server
    facts = Facts(
        unix=unix,
        horizon=plan.session.cascade.speech.horizon,
        brain=plan.brain,
        voice=plan.session.voice.name,
        follows=plan.session.chat is not None,
        records=settings.recordings is not None,
        grace_s=settings.grace_s,
    )
    return Service(
        settings,
        engine,
        lambda shelf, waiting: joined(facts, shelf, waiting),
        follower=Follower,
        now=now,
        unix=unix,
        peers=AiortcPeerFactory(),
        mark=mark,
    )


def _recorder(plan: Plan) -> Callable[[str, Opening, Settings, int], Iterable[Observer]] | None:
    """Makes what records the sessions that ask for it, where the server allows it."""
    folder = plan.server.recordings
    if folder is None:
        return None

    def watchers(session: str, opening: Opening, settings: Settings, start: int) -> Iterable[Observer]:
        if not opening.record:
            return ()
        from duetto.assembly import session_info
        from duetto.media.wav import StereoWavWriter
        from duetto.recording.journal import Journal

        place = folder / session
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        info = session_info(settings, WallClock(), title=opening.title)
        return Journal(place / JOURNAL, info), StereoWavWriter(place / SOUND)

    return watchers


def _end_with_parent(place: Place, stop: asyncio.Event) -> None:
    """A process whose parent has died ends too, as if it had been told to."""

    def on_parent() -> None:
        asyncio.get_running_loop().remove_reader(place.parent.fileno())
        stop.set()

    asyncio.get_running_loop().add_reader(place.parent.fileno(), on_parent)


def start_log() -> None:
    """What goes wrong goes to standard error, a line each."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s: %(message)s")
