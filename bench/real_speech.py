"""Real conversations with labels of who speaks when (RTTM): are voices' boundaries found, and does duetto keep out?

Nobody in them talks to duetto, so whatever it says but a sound of listening is a false start. `DUETTO_REAL_SPEECH` is
the folder: NAME.wav with its lines in any .rttm file there. Where Smart Turn's model file is, it is asked about each
pause: a speaker has finished where another one speaks next.
"""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from duetto.bench.runner import Item, take
from duetto.bench.scenario import load
from duetto.bench.scores.fdb import merged
from duetto.bench.scores.taken import listening
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.trial import Trial
from duetto.perception.audio.endpointing import HEARD, EndpointerSettings, SmartTurn, model_file
from duetto.perception.audio.vad import SileroBatch, VoiceActivity
from duetto.timeline.clock import in_s, s
from duetto.timeline.increment import Span
from duetto.timeline.turn import MIC_RATE, Samples

START = 0.5
"""Seconds into the item at which the recording begins."""
GAP = 0.2
"""Seconds: labelled speech with no more between it is one stretch; voice activity is judged on such stretches."""
PAUSE = 0.2
"""Seconds of silence with which a pause is judged by sound, and which it must have to be one."""
NEAR = 1.0
"""Seconds: a boundary further off than this was not found."""


def run(folder: Path) -> dict[str, Any]:
    """One row a recording, and all together."""
    place = os.environ.get("DUETTO_REAL_SPEECH")
    if not place:
        return {"left out": "set DUETTO_REAL_SPEECH to a folder of WAV and RTTM files"}
    turns = _turns(Path(place))
    ear = _smart_turn()
    judged: dict[bool, list[float]] = {True: [], False: []}
    found: dict[str, Any] = {}
    onsets: list[float] = []
    ends: list[float] = []
    missed = total = 0
    for name, spoken in sorted(turns.items()):
        speech = _stretches(spoken)
        wav = Path(place) / f"{name}.wav"
        if not wav.is_file():
            continue
        if not np.any(soundfile.read(wav, dtype="int16")[0]):
            found[name] = "left out: digital silence"
            continue
        sound = _sound(wav)
        voices = _voices(sound)
        if ear is not None:
            for finished, probability in _pauses(ear, sound, voices, spoken):
                judged[finished].append(probability)
        near_onsets, near_ends, lost = _boundaries(speech, voices)
        onsets += near_onsets
        ends += near_ends
        missed, total = missed + lost, total + 2 * len(speech)
        trial = _conversation(wav)
        said = [span for span in trial.speech if not listening(trial, span)]
        false = [span for span in said if _holds(speech, in_s(span.start) - START)]
        found[name] = {
            "seconds": round(in_s(trial.duration), 1),
            "stretches": len(speech),
            "sounds of listening": len(trial.speech) - len(said),
            "replies": len(said),
            "false starts (speech went on within 1 s)": len(false),
            "said": " ".join(word.text for word in trial.words),
        }
    found["onset error ms p10 p50 p90"] = _percentiles(onsets)
    found["end error ms p10 p50 p90"] = _percentiles(ends)
    found["boundaries not found within 1 s"] = f"{missed} of {total}"
    if ear is not None:
        found["pauses judged by sound (Smart Turn)"] = _told(judged[True], judged[False])
    return found


def _turns(folder: Path) -> dict[str, list[tuple[Span, str]]]:
    """By recording, who speaks when."""
    raw: dict[str, list[tuple[Span, str]]] = {}
    for path in sorted(folder.glob("*.rttm")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if fields[:1] == ["SPEAKER"]:
                span = Span(s(float(fields[3])), s(float(fields[3]) + float(fields[4])))
                raw.setdefault(fields[1], []).append((span, fields[7]))
    return {name: sorted(turns, key=lambda turn: turn[0].start) for name, turns in raw.items()}


def _stretches(turns: list[tuple[Span, str]]) -> list[tuple[float, float]]:
    """In which anybody speaks (s), joined over gaps of up to `GAP`."""
    return [(in_s(a.start), in_s(a.end)) for a in merged([span for span, _ in turns], s(GAP))]


def _sound(wav: Path) -> Samples:
    """Its first channel at MIC_RATE, int16 (n,)."""
    sound, rate = soundfile.read(wav, dtype="int16", always_2d=True)
    mono: Samples = np.ascontiguousarray(sound[:, 0])
    return mono if rate == MIC_RATE else soxr.resample(mono, rate, MIC_RATE).astype(np.int16)


def _smart_turn() -> SmartTurn | None:
    try:
        model_file(EndpointerSettings())
    except ValueError:
        return None
    return SmartTurn()


def _pauses(
    ear: SmartTurn, sound: Samples, voices: list[tuple[float, float]], turns: list[tuple[Span, str]]
) -> list[tuple[bool, float]]:
    """Of each pause of at least `PAUSE`: whether another one speaks next, and what Smart Turn makes of it."""
    found = []
    for (_, end), following in pairwise(voices):
        before = [who for span, who in turns if in_s(span.start) < end - 0.1]
        after = [who for span, who in turns if in_s(span.start) > end]
        going_on = any(in_s(span.start) < end - NEAR / 2 and in_s(span.end) > following[0] for span, _ in turns)
        if following[0] - end < PAUSE or not before or (not after and not going_on):
            continue
        until = int((end + PAUSE) * MIC_RATE)
        heard = sound[max(0, until - HEARD) : until]
        found.append((not going_on and after[0] != before[-1], ear.finished(heard)))
    return found


def _told(ends: list[float], pauses: list[float]) -> str:
    """How well probabilities tell ends of turns from other pauses."""
    if not ends or not pauses:
        return f"{len(ends)} ends, {len(pauses)} other pauses: too few"
    above = np.mean([(a > b) + (a == b) / 2 for a in ends for b in pauses])
    found, kept = np.mean(np.array(ends) >= 0.5), np.mean(np.array(pauses) < 0.5)
    return f"AUC {above:.2f}; told right: {found:.0%} of {len(ends)} ends, {kept:.0%} of {len(pauses)} other pauses"


def _voices(samples: Samples) -> list[tuple[float, float]]:
    """The voices that duetto's own activity finds (s)."""
    activity, model = VoiceActivity(), SileroBatch()
    found: list[tuple[float, float]] = []
    begun: float | None = None
    for first in range(0, len(samples), 512):
        activity.step(samples[first : first + 512], model)
        if activity.active and begun is None and activity.since is not None:
            begun = in_s(activity.since)
        elif not activity.active and begun is not None and activity.ended is not None:
            found.append((begun, in_s(activity.ended)))
            begun = None
    return found if begun is None else [*found, (begun, len(samples) / MIC_RATE)]


def _boundaries(
    speech: list[tuple[float, float]], voices: list[tuple[float, float]]
) -> tuple[list[float], list[float], int]:
    """Errors (ms) of the nearest onsets and ends, and how many have none near."""
    onsets: list[float] = []
    ends: list[float] = []
    for start, end in speech:
        for errors, moment, candidates in (
            (onsets, start, [a for a, _ in voices]),
            (ends, end, [b for _, b in voices]),
        ):
            error = min((c - moment for c in candidates), key=abs, default=NEAR + 1)
            if abs(error) <= NEAR:
                errors.append(1000 * error)
    return onsets, ends, 2 * len(speech) - len(onsets) - len(ends)


def _conversation(wav: Path) -> Trial:
    """Duetto listens to the recording."""
    with tempfile.TemporaryDirectory(prefix="duetto-") as folder:
        path = Path(folder) / "real" / "talk.toml"
        path.parent.mkdir()
        path.write_text(
            f'about = "people talking"\n[[steps]]\nat = {START}\nsays = "talk"\nsound = "{wav.resolve()}"\n'
            '[[expect]]\nkind = "wait"\n',
            encoding="utf-8",
        )
        (Path(folder) / "sounds").mkdir()
        trial = take(DuettoTarget(), Item(load(path), 0), 1, Path(folder))
    if trial.error:
        raise RuntimeError(trial.error)
    return trial


def _holds(speech: list[tuple[float, float]], moment: float) -> bool:
    """Somebody speaks at that moment (s), or goes on within a second."""
    return any(start - NEAR <= moment < end for start, end in speech)


def _percentiles(values: list[float]) -> str:
    return " ".join(f"{p:.0f}" for p in np.percentile(values, (10, 50, 90))) if values else "–"
