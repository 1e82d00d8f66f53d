"""Is a phrase heard inside of free speech, how soon, how often where nobody said it, and at which cost?

Sentences read by synthetic voices, each with every phrase listened for at once, after each voice has given the orders
that ask for them; none of the sentences, and none of the voices, was used to make or tune the spotting. A phrase counts
as found if it is told while it is said or up to half a second after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import soxr

from bench.spotting_texts import REPORTED, REPORTED_PHRASES, TUNING, TUNING_PHRASES
from duetto.brain.embedded import language
from duetto.perception.audio.agreement import SAME
from duetto.perception.audio.recogniser import (
    RecogniserHandler,
    RecogniserSettings,
    open_recogniser,
    spotting,
)
from duetto.perception.audio.recognisers.spotting import PhraseSpotter
from duetto.recording.measure import percentile
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Fault, Spotted
from duetto.timeline.clock import Stopwatch, in_ms, ms, s
from duetto.timeline.job import Listen, Spot
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Samples, samples_at

VOICES: Final = (
    VoiceSettings(name="en-us+f1", words_per_minute=165),
    VoiceSettings(name="en-gb+m1", words_per_minute=155, pitch=55),
    VoiceSettings(name="en-us+m2", words_per_minute=175, pitch=40),
    VoiceSettings(name="en-gb+f2", words_per_minute=160, pitch=58),
    VoiceSettings(name="en-us+m6", words_per_minute=150, pitch=45),
)
TUNING_VOICES: Final = (
    VoiceSettings(name="en-us+f3", words_per_minute=160),
    VoiceSettings(name="en-gb+m3", words_per_minute=150, pitch=45),
    VoiceSettings(name="en-us+m4", words_per_minute=175, pitch=55),
    VoiceSettings(name="en-gb+f5", words_per_minute=165, pitch=60),
    VoiceSettings(name="en-us+m7", words_per_minute=155, pitch=40),
)
BEFORE: Final = MIC_RATE * 3 // 10
AFTER: Final = MIC_RATE * 6 // 10
PIECE: Final = MIC_RATE * 40 // 1000
LATE: Final = ms(500)
ORDER: Final = "when i say {} say okay"
"""Each voice gives this order for each phrase."""
ROOM: Final = 12.0
"""Noise of the room, int16 steps."""


class Feeds(Protocol):
    """What hears phrases, as `Spotter` does."""

    def feed(self, utterance: int, start: int, samples: Samples) -> Sequence[Spotted]: ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence as it sounds: int16 (n,) at MIC_RATE, and each word's first and last ns."""

    voice: str
    sound: Samples
    words: tuple[tuple[str, int, int], ...]

    def places(self, phrase: str) -> list[tuple[int, int]]:
        """From when to when (ns) the phrase is said, each time."""
        wanted = phrase.split()
        spans = [self.words[at : at + len(wanted)] for at in range(len(self.words) - len(wanted) + 1)]
        return [(span[0][1], span[-1][2]) for span in spans if [word for word, _, _ in span] == wanted]


@dataclass(slots=True)
class Tally:
    """said, found: how often. false: where and by whom nothing was said. delays: from the end (ns) to being told."""

    said: int = 0
    found: int = 0
    false: list[str] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)


def speak(texts: Sequence[str], voices: Sequence[VoiceSettings]) -> list[Spoken]:
    """Each text by each voice, in a room."""
    found: list[Spoken] = []
    noise = np.random.default_rng(4)
    for voice in voices:
        with reading(voice) as reader:
            for text in texts:
                speech = reader.read(text)
                sound = soxr.resample(np.frombuffer(speech.samples, "<i2"), VOICE_RATE, MIC_RATE) * 0.6
                sound = np.concatenate([np.zeros(BEFORE), sound, np.zeros(AFTER)])
                sound += noise.normal(0, ROOM, len(sound))
                shift = samples_at(BEFORE, MIC_RATE)
                words = tuple(
                    (word.text, shift + samples_at(word.start, VOICE_RATE), shift + samples_at(word.end, VOICE_RATE))
                    for word in speech.words
                )
                found.append(Spoken(voice.name, np.clip(np.rint(sound), -32768, 32767).astype(np.int16), words))
    return found


class Agreed:
    """Tells them as in a conversation: with all that the embedded recogniser has to say about it.

    voice: whose; None where the orders were typed.
    """

    def __init__(self, phrases: Sequence[str], voice: VoiceSettings | None) -> None:
        settings = RecogniserSettings(language=language())
        self._handler = RecogniserHandler(open_recogniser(settings), spotting(settings))
        orders = speak([ORDER.format(phrase) for phrase in phrases], [voice]) if voice is not None else []
        for number, order in enumerate(orders, 1):
            for first in range(0, len(order.sound), PIECE):
                piece = order.sound[first : first + PIECE].astype("<i2").tobytes()
                quiet = first >= len(order.sound) - AFTER
                self._do(Listen(-number, samples_at(first, MIC_RATE), piece, quiet=quiet))
            self._do(Listen(-number, samples_at(len(order.sound), MIC_RATE), b"", last=True))
            self._do(Spot(tuple(phrases[:number])))
        self._do(Spot(tuple(phrases)))

    def _do(self, job: Listen | Spot) -> None:
        for told in self._handler.handle(job):
            if isinstance(told, Fault):
                raise ValueError(str(told))

    def feed(self, utterance: int, start: int, samples: Samples) -> list[Spotted]:
        arrivals = self._handler.handle(Listen(utterance, start, samples.astype("<i2").tobytes()))
        return [one for one in arrivals if isinstance(one, Spotted)]


def listen(spoken: Spoken, spotter: Feeds, start: int, tallies: dict[str, Tally]) -> None:
    """Have one sentence heard from media time `start` (ns) on, and count."""
    told: dict[str, list[tuple[int, int, int]]] = {}
    last: dict[str, int] = {}
    for first in range(0, len(spoken.sound), PIECE):
        piece = spoken.sound[first : first + PIECE]
        now = samples_at(first + len(piece), MIC_RATE)
        utterance = start // ms(1) + 1  # a sentence is one, numbered by when it begins
        for one in spotter.feed(utterance, start + samples_at(first, MIC_RATE), piece):
            if one.phrase in last and one.start <= last[one.phrase] + SAME:
                continue  # the keyword model tells it once more when it is sure
            last[one.phrase] = one.start
            told.setdefault(one.phrase, []).append((one.start - start, one.end - start, now))
    for phrase, tally in tallies.items():
        open_ = spoken.places(phrase)
        tally.said += len(open_)
        for begin, _, now in told.get(phrase, []):
            here = next(((a, b) for a, b in open_ if begin < b and a < now <= b + LATE), None)
            if here is None:
                near = [word for word, a, b in spoken.words if begin < b and a < now]
                tally.false.append(f"{spoken.voice}: {' '.join(near)}")
            else:
                open_.remove(here)
                tally.found += 1
                tally.delays.append(now - here[1])


def measure(
    texts: Sequence[str],
    phrases: Sequence[str],
    voices: Sequence[VoiceSettings],
    ears: Callable[[Sequence[str], VoiceSettings], Feeds],
) -> dict[str, Any]:
    """All of the sentences one after another by each voice, as a conversation with pauses."""
    sentences = speak(texts, voices)
    tallies = {phrase: Tally() for phrase in phrases}
    watch, length = Stopwatch(), 0
    for voice in voices:
        spotter, at = ears(phrases, voice), 0
        for spoken in sentences:
            if spoken.voice == voice.name:
                listen(spoken, spotter, at, tallies)
                length += samples_at(len(spoken.sound), MIC_RATE)
                at += samples_at(len(spoken.sound), MIC_RATE) + s(2)
    took = watch.wall_ns()
    delays = [delay for tally in tallies.values() for delay in tally.delays]
    alarms = sum(len(tally.false) for tally in tallies.values())
    spotter = ears(phrases[:1], voices[0])
    watch = Stopwatch()
    listen(sentences[0], spotter, 0, {})
    one = watch.wall_ns() / samples_at(len(sentences[0].sound), MIC_RATE)
    return {
        "phrases": len(phrases),
        "said": sum(tally.said for tally in tallies.values()),
        "found": round(
            sum(tally.found for tally in tallies.values()) / sum(tally.said for tally in tallies.values()), 3
        ),
        "false_per_10_min_and_phrase": round(alarms / len(phrases) / (length / s(600)), 2),
        "after_the_end_ms": {f"p{p}": in_ms(round(percentile(delays, p))) for p in (10, 50, 90)},
        "of_a_core_with_all": round(took / length, 3),
        "of_a_core_with_one": round(one, 3),
        "minutes": round(length / s(60), 1),
        "by_phrase": {
            phrase: f"{tally.found}/{tally.said}, {len(tally.false)} false" for phrase, tally in tallies.items()
        },
        "false_alarms": {phrase: ", ".join(tally.false) for phrase, tally in tallies.items() if tally.false},
    }


def run(folder: Path) -> dict[str, Any]:
    """The reported sentences, phrases and voices: as told in a conversation, with typed orders, by one model alone."""
    return _both(REPORTED, REPORTED_PHRASES, VOICES)


def tune(folder: Path) -> dict[str, Any]:
    """Those that thresholds and searches were chosen on."""
    return _both(TUNING, TUNING_PHRASES, TUNING_VOICES)


def _both(texts: Sequence[str], phrases: Sequence[str], voices: Sequence[VoiceSettings]) -> dict[str, Any]:
    typed = measure(texts, phrases, voices, lambda phrases, voice: Agreed(phrases, None))
    alone = measure(texts, phrases, voices, lambda phrases, voice: PhraseSpotter(phrases))
    return {
        **measure(texts, phrases, voices, Agreed),
        **{f"typed: {name}": value for name, value in typed.items()},
        **{f"alone: {name}": value for name, value in alone.items()},
    }
