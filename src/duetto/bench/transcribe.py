"""The agent's words, for a target that does not tell them: from its sound, through a recogniser."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from duetto.bench.trial import AgentWord
from duetto.perception.audio.recogniser import Recogniser, RecogniserSettings, open_recogniser
from duetto.recording.picture.latency import speech
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Samples, samples_at, samples_before

LEAD = ms(200)
"""Sound (ns) before and after a stretch of speech that the recogniser is given with it."""


def transcribe(agent: Samples, settings: RecogniserSettings) -> tuple[AgentWord, ...]:
    """The words of a sound (int16 (n,) at VOICE_RATE), each stretch of speech by itself.

    The embedded recogniser's open vocabulary gets a tenth to half of a synthetic voice's words wrong.
    """
    sound = soxr.resample(agent, VOICE_RATE, MIC_RATE).astype(np.int16)
    recogniser = open_recogniser(settings)
    try:
        return tuple(_words(recogniser, sound, speech(agent, 0)))
    finally:
        recogniser.close()


def _words(recogniser: Recogniser, sound: Samples, spans: list[Span]) -> Iterator[AgentWord]:
    for span in spans:
        first = samples_before(max(0, span.start - LEAD), MIC_RATE)
        last = samples_before(span.end + LEAD, MIC_RATE)
        recogniser.start(samples_at(first, MIC_RATE))
        recogniser.feed(sound[first:last])
        for word in recogniser.finish():
            yield AgentWord(word.text, Span(word.start, max(word.start, word.end)))
