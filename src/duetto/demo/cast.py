"""The demo's simulated user, ready to play, and the inputs that it fills."""

from __future__ import annotations

from duetto.demo.script import SCRIPT
from duetto.perception.audio.input import AudioInput
from duetto.perception.text.input import KeysInput
from duetto.perception.video.input import VideoInput
from duetto.session import Inputs
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE

VOICE = VoiceSettings(name="en-us+f2", words_per_minute=170, pitch=40)
"""The user's voice: another than duetto's."""


def enter() -> tuple[SimulatedUser, Inputs]:
    """Make the user's speech, which takes a second, and the streams that the session listens to.

    Raises WorkerFailed when the voice cannot speak.
    """
    mic, camera, keys = AudioInput(VOICE_RATE), VideoInput(), KeysInput()
    with reading(VOICE) as reader:
        user = SimulatedUser(SCRIPT, reader, mic=mic, camera=camera, keys=keys)
    return user, Inputs(mic=mic, camera=camera, keys=keys)
