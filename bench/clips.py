"""Clips for a load: what three people say to a machine, with pauses, and an interruption in each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soxr

from bench.peers.load import RATE, Turn, write_clips
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE

NOISE_DB = -66.0
"""Noise of a quiet microphone, dB of full scale."""
PEAK = 0.6
SILENCE_BEFORE_S = 0.5
ANSWERED_S = 5.5
"""Silence after what is answered at length."""
OVER_AFTER_S = 2.2
"""Silence after what is answered, before the user speaks over the answer."""
SPEAKERS = (
    (
        "en-us+f2",
        ("What have you found out about it?", "And what about the weather today?", "Stop, what time is it now?"),
    ),
    (
        "en-us+m3",
        ("Tell me the news of this morning.", "How far is it to the station?", "Wait, I meant the other one."),
    ),
    ("en-gb+f4", ("Could you read me my messages?", "When does the next train leave?", "No, not that, the later one.")),
)


def make_clips(path: Path) -> None:
    """Write them: see `bench.peers.load.read_clips`."""
    noise = np.random.default_rng(5)
    clips = []
    for voice, (first, second, over) in SPEAKERS:
        parts: list[np.ndarray] = []
        turns: list[Turn] = []
        at = 0
        with reading(VoiceSettings(name=voice, words_per_minute=165)) as reader:
            for text, after, interrupts in (
                (first, ANSWERED_S, False),
                (second, OVER_AFTER_S, False),
                (over, ANSWERED_S, True),
            ):
                sound = soxr.resample(reader(text).astype(np.float32), VOICE_RATE, RATE, quality="HQ")
                heard = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
                sound = sound[heard[0] : heard[-1] + 1] / np.abs(sound).max() * PEAK
                before = round(SILENCE_BEFORE_S * RATE) if not parts else 0
                start = at + before
                parts += [np.zeros(before, np.float32), sound, np.zeros(round(after * RATE), np.float32)]
                turns.append(Turn(start / RATE, (start + len(sound)) / RATE, interrupts, text))
                at = start + len(sound) + round(after * RATE)
        whole = np.concatenate(parts)
        whole = whole + noise.standard_normal(len(whole)).astype(np.float32) * 10 ** (NOISE_DB / 20)
        clips.append((np.rint(np.clip(whole, -1, 1) * 32767).astype(np.int16), turns))
    write_clips(path, clips)
