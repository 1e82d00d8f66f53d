"""The user cuts in while duetto counts aloud, anywhere within a micro-turn: how soon does it duck, and fall silent?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.conversation import hold
from bench.understanding import VOICES
from duetto.recording.measure import percentile
from duetto.simulation.script import At, Cue, Hears, Quiet, Says
from duetto.timeline.clock import in_ms, ms, s

TRIALS = 16


def run(folder: Path) -> dict[str, Any]:
    """Interrupt `TRIALS` times per voice."""
    duck: list[int] = []
    silent: list[int] = []
    words = ("stop", "what time is it", "count to three", "what is two plus two")
    for voice in VOICES:
        script: list[Cue] = []
        for n in range(TRIALS):
            script.append(Cue(At(s(0.5)) if n == 0 else Quiet(s(1)), (Says("count to twenty", delay=n),)))
            heard = ("two", "three", "four", "five")[n % 4]
            script.append(Cue(Hears(heard), (Says(words[n % len(words)], delay=ms(n * 37 % 160)),)))
        held = hold(script, folder, voice=voice, name=f"overlap-{voice.name}")
        duck += held.measures.duck
        silent += held.measures.silent
    return {
        "interruptions": TRIALS * len(VOICES),
        "ducked": len(duck),
        "fell_silent": len(silent),
        "ducked_ms": {f"p{p}": in_ms(round(percentile(duck, p))) for p in (10, 50, 90)},
        "silent_ms": {f"p{p}": in_ms(round(percentile(silent, p))) for p in (10, 50, 90)},
    }
