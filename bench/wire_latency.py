"""How soon a server gives way and answers, seen from its socket, in real time, on each wire.

The user asks duetto to count, and speaks a question over it. Given way: from the first sample of the question to the
last sound of the counting that came. Answered: from the last sample of the user's to the first sound that came; both
for the request to count and for the question. Sound is what is louder than -50 dBFS in 10 ms; the user's voice is
trimmed, and a sample counts from the moment at which it would have been spoken: sound is sent every 20 ms.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.serving import serving
from duetto.bench.cast import VOICES
from duetto.bench.targets.listener import Sounded
from duetto.bench.targets.named import KINDS, wire_target
from duetto.bench.targets.wire import SLICE, Connection, WireFailed, WireTarget
from duetto.perception.audio.resampler import Resampler
from duetto.recording.measure import percentile
from duetto.simulation.sound import AUDIBLE
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.clock import in_ms, ms, s
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at, samples_before

TRIALS: Final = int(os.environ.get("DUETTO_TRIALS", "20"))
"""Per wire."""
SILENT_DB: Final = -50.0
NOISE_DB: Final = -66.0
"""Level of the user's room."""
COUNTS: Final = ("count to twenty", "count to thirty", "count from three to twenty", "count up to twenty five")
QUESTIONS: Final = (
    "what is twelve times seven",
    "what is forty two divided by six",
    "how much is nineteen plus twenty four",
    "what is one hundred minus thirty seven",
    "how many miles are in ten kilometers",
    "what is the square root of eighty one",
    "how many inches are in two feet",
    "what day is it today",
    "what time is it",
    "how many minutes are in three hours",
)
BEGIN: Final = ms(600)
"""Silence (ns) before the user begins."""
LEAST: Final = ms(900)
"""ns of counting that are heard at least before the user speaks over it; up to 1.1 s more by the trial."""
OVER: Final = ms(200)
"""The user speaks over the agent where its last sound came so many ns before at most: there are gaps between words."""
PATIENCE: Final = s(4)
"""ns after which no answer comes any more."""
AFTER: Final = ms(200)
"""ns of the answer that are waited for."""


@dataclass(slots=True)
class Trial:
    """What came of one conversation, ns; None where it did not come. failed: what went wrong."""

    counted: int | None = None
    gave_way: int | None = None
    answered: int | None = None
    failed: str = ""
    late: list[int] = field(default_factory=list)


class Room:
    """The user's side of one conversation: sends sound at the pace of time, and notes when sound came."""

    def __init__(self, line: Connection, seed: int) -> None:
        self.line = line
        self.now = 0
        self.late: list[int] = []
        self._noise = np.random.default_rng(seed)
        rate = line.dialect.rate
        self._resampler = None if rate == VOICE_RATE else Resampler(VOICE_RATE, rate)
        self.came: list[int] = []
        """When each message with audible sound came."""

    def quiet(self, until: int) -> None:
        """Say nothing until a media time (ns)."""
        while self.now < until:
            self._slice(np.zeros(0, np.int16))

    def wait_sound(self, since: int, limit: int) -> int | None:
        """Say nothing until sound comes that came after `since`; None after `limit` ns."""
        end = self.now + limit
        while self.now < end:
            found = next((at for at in self.came if at > since), None)
            if found is not None:
                return found
            self._slice(np.zeros(0, np.int16))
        return None

    def say(self, clip: Samples) -> tuple[int, int]:
        """Speak. Returns when (ns) its first and its last sample were spoken."""
        begin = self.now
        size = samples_before(SLICE, VOICE_RATE)
        for first in range(0, len(clip), size):
            self._slice(clip[first : first + size])
        return begin, begin + samples_at(len(clip), VOICE_RATE)

    def _slice(self, clip: Samples) -> None:
        size = samples_before(SLICE, VOICE_RATE)
        sound = self._noise.normal(0.0, 32767 * 10 ** (NOISE_DB / 20), size)
        sound[: len(clip)] += clip
        self.now += SLICE
        self.line.clock.sleep_until(self.now)
        self.late.append(self.line.clock.now() - self.now)
        data = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
        if self._resampler is not None:
            data = self._resampler.push(data)
        if len(data):
            self.line.send(self.line.dialect.sound(data.astype("<i2").tobytes()))
        for at, message in self.line.arrived():
            if any(isinstance(came, Sounded) and audible(came.samples) for came in self.line.dialect.read(message)):
                self.came.append(at)


def audible(samples: Samples) -> bool:
    """Louder than SILENT_DB in any 10 ms of it."""
    block = VOICE_RATE // 100
    padded = np.pad(samples.astype(np.float64), (0, -len(samples) % block)).reshape(-1, block)
    return bool(len(padded)) and bool(np.sqrt((padded**2).mean(1)).max() > 32768 * 10 ** (SILENT_DB / 20))


def trimmed(samples: Samples) -> Samples:
    """From its first audible sample to its last."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
    return samples[loud[0] : loud[-1] + 1]


def converse(target: WireTarget, count: Samples, question: Samples, number: int) -> Trial:
    """One conversation."""
    trial = Trial()
    line = Connection(target.url, target.headers, target.dialect())
    try:
        line.begin()
        room = Room(line, number)
        trial.late = room.late
        room.quiet(BEGIN + ms(number * 7 % 80))
        _, end = room.say(count)
        began = room.wait_sound(end - ms(500), PATIENCE)
        if began is None:
            trial.failed = "no answer to the request to count"
            return trial
        trial.counted = began - end
        room.quiet(room.now + LEAST + ms(number * 53 % 1100))
        onset, end = room.say(question)
        if not any(onset - OVER < at <= onset for at in room.came):
            trial.failed = "it was not sounding when the user began"
            return trial
        # What of the counting came last: sound that begins anew after a silence is the answer.
        last = onset
        for at in room.came:
            if at > onset:
                if at - last > ms(600):
                    break
                last = at
        trial.gave_way = last - onset
        answered = room.wait_sound(max(last, end - ms(300)), PATIENCE)
        if answered is None:
            trial.failed = "no answer to the question"
            return trial
        trial.answered = answered - end
        room.quiet(room.now + AFTER)
        line.send(*line.dialect.farewell)
    except WireFailed as error:
        trial.failed = str(error)
    finally:
        line.close()
    return trial


def figures(trials: list[Trial]) -> dict[str, Any]:
    """What all conversations on a wire came to."""
    gave_way = [trial.gave_way for trial in trials if trial.gave_way is not None]
    counted = [trial.counted for trial in trials if trial.counted is not None]
    answered = [trial.answered for trial in trials if trial.answered is not None]
    late = [late for trial in trials for late in trial.late]

    def spread(values: list[int]) -> str:
        p10, p50, p90 = (in_ms(round(percentile(values, p))) for p in (10, 50, 90)) if values else (0.0, 0.0, 0.0)
        return f"{p50:.0f} ms ({p10:.0f} to {p90:.0f}), n {len(values)}"

    return {
        "over the agent to last sound": spread(gave_way),
        "user's end to first sound": spread([*counted, *answered]),
        "of it to count": spread(counted),
        "of it after an interruption": spread(answered),
        "failed": [f"{number}: {trial.failed}" for number, trial in enumerate(trials) if trial.failed],
        "client late p99 ms": round(in_ms(round(percentile(late, 99))), 1),
        "medians ms": {
            "yield": round(in_ms(round(percentile(gave_way, 50))), 1) if gave_way else None,
            "answer": round(in_ms(round(percentile([*counted, *answered], 50))), 1) if counted else None,
        },
        "yields ms": [round(in_ms(value), 1) for value in gave_way],
        "answers ms": [round(in_ms(value), 1) for value in (*counted, *answered)],
    }


def clips() -> list[tuple[Samples, Samples]]:
    """A request to count and a question for each trial, every voice in turn, at its own rate."""
    found: list[tuple[Samples, Samples]] = [(np.zeros(0, np.int16), np.zeros(0, np.int16))] * TRIALS
    for place, name in enumerate(VOICES):
        with reading(VoiceSettings(name=name, words_per_minute=150 + 8 * place)) as reader:
            for number in range(place, TRIALS, len(VOICES)):
                count, question = COUNTS[number % len(COUNTS)], QUESTIONS[(number * 3) % len(QUESTIONS)]
                found[number] = trimmed(reader(count)), trimmed(reader(question))
    return found


def run(folder: Path) -> dict[str, Any]:
    """Every wire in turn, one conversation at a time."""
    spoken = clips()
    found: dict[str, Any] = {"trials": TRIALS}
    with serving(folder) as server:
        for kind in KINDS:
            target = wire_target(f"{kind}:{server.ws}")
            converse(target, *spoken[0], 0)  # the first conversation warms what is cold
            trials = [converse(target, *pair, number) for number, pair in enumerate(spoken)]
            found[kind] = figures(trials)
    return found
