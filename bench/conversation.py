"""A whole conversation with a simulated user and the embedded stack, recorded and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duetto.assembly import Settings, build_session, session_info
from duetto.perception.audio.input import AudioInput
from duetto.perception.text.input import KeysInput
from duetto.perception.video.input import VideoInput
from duetto.recording.journal import Journal
from duetto.recording.measure import Measures, measure
from duetto.recording.reader import Recording
from duetto.session import Inputs
from duetto.simulation.script import Cue
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.clock import Clock, Stopwatch, VirtualClock
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation that was held.

    spoken: the true spans and texts of the user's speech. took: ns of machine time of the session itself.
    """

    recording: Recording
    spoken: tuple[tuple[Span, str], ...]
    measures: Measures
    took: int


def hold(
    script: Sequence[Cue],
    folder: Path,
    *,
    voice: VoiceSettings,
    settings: Settings | None = None,
    clock: Clock | None = None,
    camera: bool = False,
    noise_db: float = -66.0,
    name: str = "conversation",
) -> Held:
    """Let a simulated user with this voice play the script; on a virtual clock unless another is given."""
    settings, clock = settings or Settings(), clock or VirtualClock()
    mic, pictures, keys = AudioInput(VOICE_RATE), VideoInput() if camera else None, KeysInput()
    with reading(voice) as reader:
        user = SimulatedUser(script, reader, mic=mic, camera=pictures, keys=keys, noise_db=noise_db)
    path = folder / f"{name}.mcap"
    session = build_session(
        settings,
        clock,
        Inputs(mic, pictures, None, keys),
        feeders=[user],
        observers=[user, Journal(path, session_info(settings, clock))],
    )
    watch = Stopwatch()
    session.run()
    took = watch.wall_ns()
    spoken = tuple((Span(said.start, said.end), said.text) for said in user.spoken)
    recording = Recording.open(path)
    return Held(recording, spoken, measure(recording, [span for span, _ in spoken]), took)
