"""What is said in each conformance talk, and what the scripted language model answers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import soundfile
import soxr

from duetto.brain.chat.model import CallRequest
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.testing.model import Asked, Rule, Script
from duetto.testing.model.script import Performance
from duetto.timeline.turn import VOICE_RATE

SAYS = {
    "sum": "what is twelve times seven",
    "count": "count to twenty",
    "over": "what time is it",
    "timer": "set a timer for five minutes",
}
"""Texts of the user, by the names that the clients know them by."""
RATES = (16_000, 24_000)
COUNT = (
    "One, two, three, four. Five, six, seven, eight. Nine, ten, eleven, twelve. "
    "Thirteen, fourteen, fifteen, sixteen. Seventeen, eighteen, nineteen, twenty."
)
DELEGATE = "delegate_to_application"
"""GPT-Live's client delegation, as the brain sees it."""

RULES = (
    Rule("timer", "Your timer is set for five minutes.", outcome=True),
    Rule(r"twelve.*seven|12.*7", "Twelve times seven is eighty four."),
    Rule("count", COUNT),
    Rule(r"\btime\b", "It is noon."),
)
CALL = CallRequest("set_timer", '{"minutes": 5}')


class Talk(Script):
    """Calls the client's function where it has one, and else hands the task on, where it may."""

    def __init__(self) -> None:
        super().__init__(RULES, default="Say that again, please.", first_token=0, rate=200)

    def perform(self, asked: Asked) -> Performance:
        if asked.outcome is None and re.search("timer", asked.words, re.IGNORECASE):
            if CALL.name in asked.tools:
                return Performance((), (CALL,), 0, 0, "")
            if DELEGATE in asked.tools:
                return Performance((), (CallRequest(DELEGATE, '{"task": "Set a timer for five minutes."}'),), 0, 0, "")
        return super().perform(asked)


def speak(folder: Path) -> None:
    """Write what the user says as sound files, once: `sum-24000.wav` and so on. The voice is not duetto's own."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(name, text, rate, folder / f"{name}-{rate}.wav") for name, text in SAYS.items() for rate in RATES]
    if all(path.exists() for *_, path in wanted):
        return
    with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as read:
        for _, text, rate, path in wanted:
            sound = soxr.resample(read(text), VOICE_RATE, rate)
            soundfile.write(path, np.asarray(sound, np.int16), rate, subtype="PCM_16")
