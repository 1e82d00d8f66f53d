"""`duetto talk`: a conversation over the machine's own microphone, loudspeaker, camera and keyboard."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duetto.cli import llm as thinking
from duetto.cli import settings as options
from duetto.cli.errors import INCOMPLETE, clear_ending, clear_errors

if TYPE_CHECKING:
    from duetto.cli.keeping import Keeper
    from duetto.media.speaker import SpeakerObserver
    from duetto.models.model import Observer
    from duetto.session import Feeder, Inputs
    from duetto.timeline.clock import Clock


def run(
    microphone: Annotated[str | None, typer.Option(help="Name or number of the microphone.")] = None,
    speaker: Annotated[str | None, typer.Option(help="Name or number of the loudspeaker.")] = None,
    camera: Annotated[int | None, typer.Option(help="Number of the camera; none is used without it.")] = None,
    keyboard: Annotated[bool, typer.Option(help="Read what is typed, key by key.")] = True,
    out: Annotated[Path | None, typer.Option(help="Folder for the recording; without it nothing is kept.")] = None,
    delta: options.Delta = options.DELTA_MS,
    horizon: options.Horizon = options.HORIZON_MS,
    open_vocabulary: options.OpenVocabulary = False,
    recogniser: options.RecogniserName = options.RECOGNISER,
    voice: options.VoiceName = options.VOICE,
    smart_turn: options.SmartTurn = False,
    llm: thinking.Llm = None,
    model: thinking.Model = "",
    instructions: thinking.Instructions = "",
    llm_sees: thinking.Sees = 0,
    tools: thinking.ToolsFile = None,
    mcp: thinking.Mcp = None,
    reasoner: thinking.Reasoner = "",
    quiet: options.Quiet = False,
) -> None:
    """Talk with duetto over microphone and speaker.

    Use headphones: without them its own voice comes back through the microphone. Ctrl-C ends it.
    """
    from duetto.cli.keeping import keep, summary
    from duetto.cli.running import displays, folder, starting, stopped_by_signals

    with ExitStack() as stack:
        with clear_errors():
            from duetto.assembly import build_session
            from duetto.timeline.clock import WallClock

            chosen = options.settings_of(
                delta_ms=delta,
                horizon_ms=horizon,
                open_vocabulary=open_vocabulary,
                recogniser=recogniser,
                voice=voice,
                smart_turn=smart_turn,
            )
            chosen = thinking.with_llm(chosen, llm, model, instructions, llm_sees)
            functions = thinking.all_tools(chosen, tools, mcp, reasoner)
            clock = WallClock()
            feeders, inputs, loudspeaker = open_devices(microphone, speaker, camera, keyboard, clock, stack)
            if out:
                folder(out)
            kept: list[Keeper] = []

            def observers() -> list[Observer]:
                if out:
                    kept.extend(keep(out, chosen, clock, title="talk", sources={}, stack=stack))
                shown = displays(quiet=quiet, partials=False, total=None)
                for display in shown:
                    stack.callback(display.close)
                return [*kept, loudspeaker, *shown]

            with starting(quiet=quiet):
                session = build_session(chosen, clock, inputs, feeders=feeders, observers=observers, tools=functions)
        with clear_ending(), stopped_by_signals(session) as interruption:
            session.run()
    whole = summary(out, kept, quiet=quiet) if out else True
    raise typer.Exit(interruption.status or (0 if whole else INCOMPLETE))


def open_devices(
    microphone: str | None, speaker: str | None, camera: int | None, keyboard: bool, clock: Clock, stack: ExitStack
) -> tuple[list[Feeder], Inputs, SpeakerObserver]:
    """Feeders for the devices, the inputs that they fill, and the loudspeaker, one of the feeders for its notices."""
    from duetto.media.camera import CameraFeeder
    from duetto.media.keyboard import KeyboardFeeder
    from duetto.media.microphone import MicrophoneFeeder
    from duetto.media.speaker import SpeakerObserver
    from duetto.perception.audio.input import AudioInput
    from duetto.perception.text.input import KeysInput
    from duetto.perception.video.input import VideoInput
    from duetto.session import Inputs

    loudspeaker = SpeakerObserver(_device(speaker))
    stack.callback(loudspeaker.close)
    sound = MicrophoneFeeder(AudioInput, _device(microphone))
    stack.callback(sound.close)
    pictures = typing = None
    if camera is not None:
        pictures = CameraFeeder(VideoInput(), camera, clock=clock)
        stack.callback(pictures.close)
    if keyboard:
        typing = KeyboardFeeder(KeysInput(), clock=clock)
        stack.callback(typing.close)
    inputs = Inputs(mic=sound.input, camera=pictures.input if pictures else None, keys=typing.input if typing else None)
    return [f for f in (sound, pictures, typing, loudspeaker) if f is not None], inputs, loudspeaker


def _device(name: str | None) -> int | str | None:
    return int(name) if name is not None and name.isdecimal() else name
