"""Conversations that share the voice's process: each is spoken to in its own voice, however they take turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import numpy as np
import pytest

from duetto.speech.many import IDLE_VOICES, Voices
from duetto.speech.voice import Chunk, VoiceSettings
from duetto.timeline.arrival import Speech, SpokenWord
from duetto.timeline.clock import Deadline, ms
from duetto.timeline.job import More, Speak
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.shared import Hub, in_process
from duetto.workers.worker import BROKEN, Result

PIECE = VOICE_RATE // 5
HERS = VoiceSettings(name="en-gb+f3", words_per_minute=230, pitch=70, sentence_pause=ms(50))
HIS = VoiceSettings(name="en-us", words_per_minute=150)
TEXTS = ("Twelve times seven is eighty four.", "The weather is fine today.")


@contextmanager
def voices() -> Iterator[Hub]:
    hub = in_process("voice", "duetto.speech.many:make_many")
    try:
        hub.wait_ready()
        yield hub
    finally:
        hub.close()


class Speaker:
    """A conversation that has its clauses spoken piece by piece."""

    def __init__(self, hub: Hub, settings: VoiceSettings | None) -> None:
        self._bell = threading.Event()
        text = None if settings is None else msgspec.json.encode(settings).decode()
        self.worker = hub.worker("one", text, self._bell.set)
        self._ticket = 0
        self.sound: list[bytes] = []
        self.words: list[SpokenWord] = []

    def say(self, text: str, voice: str = "", speed: float = 1.0) -> Iterator[None]:
        """One piece more each time."""
        self._ticket += 1
        self.worker.submit(self._ticket, Speak(1, text, PIECE, voice, speed))
        while not self._take():
            yield
            self._ticket += 1
            self.worker.submit(self._ticket, More(1, PIECE))

    def _take(self) -> bool:
        end = False
        for result in self.answer(self._ticket):
            assert result.error is None, result.error
            if isinstance(result.arrival, Speech):
                self.sound.append(result.arrival.samples)
                self.words += result.arrival.words
                end = result.arrival.end
        return end

    def answer(self, ticket: int) -> list[Result]:
        found: list[Result] = []
        deadline = Deadline(20)
        while not any(r.done for r in found):
            assert not deadline.passed()
            self._bell.wait(deadline.left())
            self._bell.clear()
            found += [r for r in self.worker.collect() if r.ticket in (ticket, BROKEN)]
        return found

    @property
    def samples(self) -> Samples:
        return np.frombuffer(b"".join(self.sound), "<i2")


def alone(settings: VoiceSettings) -> list[Speaker]:
    with voices() as hub:
        speakers = [Speaker(hub, settings) for _ in TEXTS]
        for speaker, text in zip(speakers, TEXTS, strict=True):
            list(speaker.say(text))
    return speakers


def in_turns() -> tuple[list[Speaker], list[Speaker]]:
    """Each of the two says the texts, a piece of the one and a piece of the other."""
    with voices() as hub:
        pairs = [(Speaker(hub, HERS), Speaker(hub, HIS)) for _ in TEXTS]
        for (hers, his), text in zip(pairs, TEXTS, strict=True):
            going = [hers.say(text), his.say(text)]
            while going:
                going = [say for say in going if next(say, "over") != "over"]
    return [hers for hers, _ in pairs], [his for _, his in pairs]


def loudness(samples: Samples) -> np.ndarray:
    """Of each 10 ms, in dB above the quietest that counts."""
    frames = samples[: len(samples) // 240 * 240].astype(float).reshape(-1, 240)
    return np.maximum(0, 10 * np.log10(np.square(frames).mean(axis=1) + 1) - 20)


def tone(samples: Samples) -> np.ndarray:
    """The long-term spectrum up to 4 kHz in dB, in bands of 200 Hz."""
    frames = samples[: len(samples) // 480 * 480].astype(float).reshape(-1, 480) * np.hanning(480)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1))).mean(axis=0)
    return 10 * np.log10(power[:80].reshape(-1, 4).mean(axis=1) + 1)


@pytest.fixture(scope="module")
def mixed() -> tuple[list[Speaker], list[Speaker]]:
    return in_turns()


@pytest.mark.parametrize(("settings", "index"), [(HERS, 0), (HIS, 1)])
def test_in_turns_each_sounds_as_it_does_alone(settings, index, mixed):
    for one, other in zip(alone(settings), mixed[index], strict=True):
        assert abs(len(one.samples) - len(other.samples)) <= 0.001 * len(one.samples)
        assert [word.text for word in one.words] == [word.text for word in other.words]
        for a, b in zip(one.words, other.words, strict=True):
            assert abs(a.start - b.start) <= 0.004 * VOICE_RATE and abs(a.end - b.end) <= 0.02 * VOICE_RATE
        size = min(len(one.samples), len(other.samples))
        assert np.corrcoef(loudness(one.samples[:size]), loudness(other.samples[:size]))[0, 1] > 0.98
        assert np.abs(tone(one.samples) - tone(other.samples)).mean() < 1.5


def test_the_two_are_different_voices(mixed):
    hers, his = mixed
    assert len(hers[0].samples) < 0.8 * len(his[0].samples)
    assert np.abs(tone(hers[0].samples) - tone(his[0].samples)).mean() > 4


def test_the_same_turns_give_the_same_samples(mixed):
    again = in_turns()
    for before, after in zip(mixed, again, strict=True):
        assert [one.sound for one in before] == [one.sound for one in after]


def test_who_asks_for_an_unknown_voice_gets_the_usual_one():
    with voices() as hub:
        other, usual = Speaker(hub, VoiceSettings(name="marin")), Speaker(hub, None)
        for speaker in (other, usual):
            list(speaker.say("Hello."))
        assert len(other.samples) > VOICE_RATE // 4
        assert abs(len(other.samples) - len(usual.samples)) < VOICE_RATE // 100  # but for the phase of its periods


def test_a_voice_that_cannot_be_for_another_reason_is_told_to_whoever_asked_for_it():
    with voices() as hub:
        wrong, usual = Speaker(hub, VoiceSettings(engine="gramophone")), Speaker(hub, None)
        wrong.worker.submit(1, Speak(1, "Hello.", PIECE))
        (result,) = wrong.answer(1)
        assert result.done and "gramophone" in result.error
        list(usual.say("Hello."))
        assert len(usual.samples) > VOICE_RATE // 4


def test_a_voice_is_opened_once_and_closed_when_nobody_has_it_for_long():
    opened: list[str] = []
    closed: list[str] = []

    class Noted:
        rate = VOICE_RATE

        def __init__(self, settings: VoiceSettings) -> None:
            self.name = settings.name
            opened.append(self.name)

        def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
            yield Chunk(np.zeros(len(text), np.int16))

        def close(self) -> None:
            closed.append(self.name)

    voices = Voices(Noted)
    first, second = voices.lend(VoiceSettings(name="a")), voices.lend(VoiceSettings(name="a", clause_pause=0))
    assert opened == ["a"] and first.rate == second.rate
    first.close()
    first.close()
    for number in range(IDLE_VOICES + 2):
        voices.lend(VoiceSettings(name=str(number))).close()
    assert closed == ["0", "1"], "those that were idle longest; the one in use stays"
    second.close()
    assert closed == ["0", "1", "a"]
    voices.close()
    assert sorted(closed) == sorted(opened)


def test_a_conversation_that_changes_its_voice_sounds_as_one_that_began_with_it():
    slow = VoiceSettings(name="en-gb+f3", words_per_minute=88)
    with voices() as hub:
        began, changed, unknown = Speaker(hub, slow), Speaker(hub, None), Speaker(hub, None)
        list(began.say(TEXTS[0]))
        list(changed.say(TEXTS[0], "en-gb+f3", 0.5))
        list(unknown.say(TEXTS[0], "nobody+x9", 0.5))
    assert abs(len(began.samples) - len(changed.samples)) < VOICE_RATE // 50
    assert np.abs(tone(began.samples) - tone(changed.samples)).mean() < 1.0
    assert np.abs(tone(began.samples) - tone(unknown.samples)).mean() > 2.0 and unknown.samples.any()
