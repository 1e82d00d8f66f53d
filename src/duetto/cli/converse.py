"""`duetto converse`: a conversation with recordings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duetto.cli import llm as thinking
from duetto.cli import settings as options
from duetto.cli.errors import INCOMPLETE, clear_ending, clear_errors, fail

if TYPE_CHECKING:
    from duetto.cli.keeping import Keeper
    from duetto.models.model import Observer
    from duetto.session import Feeder, Inputs


def run(
    out: Annotated[Path, typer.Option(help="Folder for the recording: session.mcap, session.wav, timeline.svg.")],
    mic: Annotated[Path | None, typer.Option(help="Sound file, or a video's sound track, as the microphone.")] = None,
    camera: Annotated[Path | None, typer.Option(help="Video file as the camera.")] = None,
    keys: Annotated[Path | None, typer.Option(help="JSON Lines file of keystrokes.")] = None,
    realtime: Annotated[bool, typer.Option("--realtime", help="In real time, not as fast as it goes.")] = False,
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
    partials: options.Partials = False,
    quiet: options.Quiet = False,
) -> None:
    """Converse with recordings of sound, video, typing."""
    from duetto.cli.keeping import keep, summary
    from duetto.cli.running import displays, folder, starting, stopped_by_signals

    with ExitStack() as stack:
        with clear_errors():
            from duetto.assembly import build_session
            from duetto.timeline.clock import VirtualClock, WallClock

            if mic is None and camera is None and keys is None:
                fail("--mic, --camera or --keys: at least one of them is needed")
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
            clock = WallClock() if realtime else VirtualClock()
            feeders, inputs, total = open_files(mic, camera, keys, stack)
            named = {"mic": mic, "camera": camera, "keys": keys}
            sources = {stream: path.name for stream, path in named.items() if path is not None}
            folder(out)
            kept: list[Keeper] = []

            def observers() -> list[Observer]:
                kept.extend(keep(out, chosen, clock, title="converse", sources=sources, stack=stack))
                shown = displays(quiet=quiet, partials=partials, total=total)
                for display in shown:
                    stack.callback(display.close)
                return [*kept, *shown]

            with starting(quiet=quiet):
                session = build_session(chosen, clock, inputs, feeders=feeders, observers=observers, tools=functions)
        with clear_ending(), stopped_by_signals(session) as interruption:
            session.run()
    whole = summary(out, kept, quiet=quiet)
    raise typer.Exit(interruption.status or (0 if whole else INCOMPLETE))


def open_files(
    mic: Path | None, camera: Path | None, keys: Path | None, stack: ExitStack
) -> tuple[list[Feeder], Inputs, int | None]:
    """Feeders for the files, the inputs that they fill, and the longest duration (ns) that one of them has."""
    from duetto.media.audio_file import AudioFileFeeder
    from duetto.media.keys_file import KeysFileFeeder
    from duetto.media.video_file import VideoFileFeeder
    from duetto.perception.audio.input import AudioInput
    from duetto.perception.text.input import KeysInput
    from duetto.perception.video.input import VideoInput
    from duetto.session import Inputs

    sound = pictures = typing = None
    if mic is not None:
        sound = AudioFileFeeder(mic, AudioInput)
        stack.callback(sound.close)
    if camera is not None:
        pictures = VideoFileFeeder(camera, VideoInput(), sound=sound)
        stack.callback(pictures.close)
    if keys is not None:
        typing = KeysFileFeeder(keys, KeysInput())
        stack.callback(typing.close)
    inputs = Inputs(
        mic=sound.input if sound else None,
        camera=pictures.input if pictures else None,
        keys=typing.input if typing else None,
    )
    there = [feeder for feeder in (sound, pictures, typing) if feeder is not None]
    durations = [feeder.duration for feeder in there if feeder.duration is not None]
    return [*there], inputs, max(durations, default=None)
