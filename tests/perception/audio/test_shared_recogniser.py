"""Conversations that share decoders: each hears, word for word, what it would with a decoder of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from spoken_sound import room, speech

from duetto.perception.audio.recogniser import RecogniserHandler, RecogniserSettings, open_recogniser
from duetto.perception.audio.recognisers.forks import Copies, EarLost, Template
from duetto.perception.audio.recognisers.many import Recognisers, SharedRecogniserSettings, make_many
from duetto.perception.audio.recognisers.pool import REUSED, Pool, PooledRecogniser
from duetto.perception.audio.recognisers.template import Heard, Step
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.timeline.arrival import Hypothesis, TimedWord
from duetto.timeline.clock import Deadline
from duetto.timeline.job import Listen
from duetto.timeline.language import Language
from duetto.timeline.turn import MIC_RATE, samples_at
from duetto.workers.frames import Order, Report
from duetto.workers.many import NotNow
from duetto.workers.shared import in_process

NUMBERS = ("one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve",)
LANGUAGE = Language(
    phrases=("what is <number> (plus | minus | times) <number>", "count to <number>", "stop", "thank you [very much]"),
    slots={"number": NUMBERS},
)
SETTINGS = RecogniserSettings(language=LANGUAGE)
TEXTS = ("what is twelve times seven", "count to ten", "thank you very much")
PIECE = 1280


def pieces(sound: np.ndarray, utterance: int) -> Iterator[Listen]:
    """An utterance with a pause in it, in which it seems to be over, and its end."""
    for first in range(0, len(sound), PIECE):
        piece = sound[first : first + PIECE].tobytes()
        yield Listen(utterance, samples_at(first, MIC_RATE), piece, quiet=20 <= first // PIECE < 23)
    yield Listen(utterance, samples_at(len(sound), MIC_RATE), b"", last=True)


@pytest.fixture(scope="module")
def jobs() -> tuple[list[Listen], list[Listen]]:
    """Of two conversations, three sentences each: another voice and another order."""
    first = [room(2.6, (0.3, speech(text))).sound for text in TEXTS]
    second = [room(2.8, (0.3, speech(text, "en-gb+f3"))).sound for text in reversed(TEXTS)]
    return (
        [job for number, sound in enumerate(first, start=1) for job in pieces(sound, number)],
        [job for number, sound in enumerate(second, start=1) for job in pieces(sound, number)],
    )


@pytest.fixture(scope="module")
def alone(jobs) -> list[list[Hypothesis]]:
    """What each hears with a decoder of its own."""
    found = []
    for its in jobs:
        recogniser = open_recogniser(SETTINGS)
        recogniser.shared = True
        handler = RecogniserHandler(recogniser)
        found.append([hypothesis for job in its for hypothesis in handler.handle(job)])
        handler.close()
    return found


@pytest.fixture(scope="module")
def copies() -> Iterator[Copies]:
    made = Copies(SETTINGS)
    yield made
    made.close()


def in_turns(recognisers, jobs) -> list[list[Hypothesis]]:
    """A piece of the one, two of the other."""
    handlers = [RecogniserHandler(recogniser) for recogniser in recognisers]
    going = [iter(its) for its in jobs]
    found: list[list[Hypothesis]] = [[], []]
    while any(len(heard) < len(its) for heard, its in zip(found, jobs, strict=True)):
        for index, times in ((0, 1), (1, 2)):
            for _ in range(times):
                job = next(going[index], None)
                if job is not None:
                    found[index] += handlers[index].handle(job)
    for handler in handlers:
        handler.close()
    return found


def test_words_times_and_confidence_are_those_of_a_decoder_of_one_s_own(copies, jobs, alone):
    pool = Pool(copies.copy, warm=2, most=2)
    assert in_turns([PooledRecogniser(pool), PooledRecogniser(pool)], jobs) == alone
    finals = [[" ".join(w.text for w in h.words) for h in heard if h.final] for heard in alone]
    assert finals[0] == list(TEXTS) and TEXTS[0] in finals[1]
    assert pool.lent == 0
    pool.close()


def test_one_decoder_that_goes_from_voice_to_voice_hears_the_same(copies, jobs, alone):
    pool = Pool(copies.copy, warm=1, most=1)
    handlers = [RecogniserHandler(PooledRecogniser(pool)) for _ in jobs]
    waiting = [list(its) for its in jobs]
    found: list[list[Hypothesis]] = [[], []]
    refused = 0
    while any(waiting):
        for index, handler in enumerate(handlers):
            if waiting[index]:
                try:
                    found[index] += handler.handle(waiting[index][0])
                except NotNow as later:
                    refused += 1
                    assert not later.ready()
                else:
                    waiting[index].pop(0)
    assert found == alone and refused > 3
    pool.close()


def test_an_utterance_that_was_left_open_leaves_nothing_behind(copies, jobs, alone):
    pool = Pool(copies.copy, warm=1, most=1)
    left = RecogniserHandler(PooledRecogniser(pool))
    for job in jobs[1][:20]:
        list(left.handle(job))
    left.close()
    handler = RecogniserHandler(PooledRecogniser(pool))
    assert [found for job in jobs[0] for found in handler.handle(job)] == alone[0]
    handler.close()
    pool.close()


def test_a_decoder_that_ends_costs_its_utterance_and_no_more(copies, jobs, alone):
    pool = Pool(copies.copy, warm=1, most=1)
    recogniser = PooledRecogniser(pool)
    handler = RecogniserHandler(recogniser)
    count = sum(job.utterance == 1 for job in jobs[0])
    first = [found for job in jobs[0][:count] for found in handler.handle(job)]
    list(handler.handle(Listen(90, 0, b"\1\0" * PIECE)))
    decoder = recogniser._decoder
    assert decoder is not None
    os.kill(decoder.number, signal.SIGKILL)
    with pytest.raises(EarLost, match=r"its process (ended|cannot be reached)"):
        list(handler.handle(Listen(90, 0, b"\1\0" * PIECE)))
    assert pool.lent == 0
    (again,) = handler.handle(Listen(90, 0, b"\1\0" * PIECE))
    assert again.words == ()
    list(handler.handle(Listen(90, 0, b"", last=True)))
    assert first == alone[0][:count]
    pool.close()


def test_a_template_that_ends_is_built_again(jobs):
    copies = Copies(RecogniserSettings(language=Language(phrases=("stop",))))
    ear = copies.copy()
    copies._template._process.kill()
    copies._template._process.wait()
    with pytest.raises(EarLost):
        copies._template.copy()
    other = copies.copy()
    assert other.take(Step(b"\1\0" * PIECE, at=0)).error is None
    for one in (ear, other):
        one.close()
    copies.close()
    copies.close()


def test_an_error_in_a_decoder_is_told(copies):
    pool = Pool(copies.copy, warm=0, most=1)
    recogniser = PooledRecogniser(pool)
    recogniser.start(0)
    with pytest.raises(RuntimeError, match="ValueError: buffer size"):
        recogniser._take(b"odd")
    with pytest.raises(LookupError, match="no utterance is open"):
        recogniser.feed(np.zeros(10, np.int16))
    assert pool.lent == 0


def test_what_cannot_be_built_says_why():
    with pytest.raises(ValueError, match="language: it has no phrases"):
        Template(RecogniserSettings(language=Language()))


class Note:
    """A decoder that hears nothing. All that is made and closed is noted."""

    def __init__(self, notes: list[str]) -> None:
        self.used = 0
        self.name = f"d{sum(note.startswith('made') for note in notes)}"
        self._notes = notes
        notes.append(f"made {self.name}")

    def take(self, step: Step) -> Heard:
        self.used += step.at is not None
        return Heard((TimedWord(self.name, 0, 1),), (*step.carried, 1.0))

    def close(self) -> None:
        self._notes.append(f"closed {self.name}")


def test_a_pool_makes_more_when_they_are_needed_and_keeps_the_warm_ones():
    notes: list[str] = []
    pool = Pool(lambda: Note(notes), warm=1, most=2)
    first, second = pool.borrow(), pool.borrow()
    assert notes == ["made d0", "made d1"] and not pool.free
    with pytest.raises(NotNow) as refused:
        pool.borrow()
    pool.give_back(first)
    assert refused.value.ready()
    pool.give_back(second)
    assert notes[2:] == ["closed d1"]
    assert pool.borrow() is first
    first.used = REUSED
    pool.give_back(first)
    assert notes[3:] == ["closed d0"]
    pool.close()


def test_what_an_utterance_leaves_goes_with_the_conversation():
    pool = Pool(lambda: Note([]), warm=1, most=1)
    one, two = PooledRecogniser(pool), PooledRecogniser(pool)
    for recogniser, carried in ((one, (1.0,)), (one, (1.0, 1.0)), (two, (1.0,))):
        recogniser.start(0)
        recogniser.finish()
        assert recogniser._carried == carried


def test_a_pool_that_cannot_make_one_owes_none():
    def broken() -> Note:
        raise EarLost("no")

    pool = Pool(broken, warm=0, most=1)
    for _ in range(3):
        with pytest.raises(EarLost):
            pool.borrow()
    assert pool.free
    with pytest.raises(ValueError, match="warm, most"):
        Pool(broken, warm=2, most=1)


OPENED: list[str] = []


class Many(ScriptedRecogniser):
    def another(self) -> Many:
        return Many(self._texts)


def opens_many(settings: RecogniserSettings) -> Many:
    OPENED.append(settings.model)
    return Many(["yes"])


def opens_one(settings: RecogniserSettings) -> ScriptedRecogniser:
    OPENED.append(settings.model)
    return ScriptedRecogniser(["yes"])


def test_other_engines_share_their_model_if_they_can():
    recognisers = Recognisers(warm=1, most=1)
    for engine, opened in (("opens_many", 1), ("opens_one", 3)):
        OPENED.clear()
        settings = RecogniserSettings(engine=f"{__name__}:{engine}")
        for _ in range(3):
            recogniser, left = recognisers.open(settings)
            recogniser.start(0)
            assert [word.text for word in recogniser.finish()] == ["yes"]
            recogniser.close()
            left()
        assert len(OPENED) == opened
    recognisers.close()


def test_a_seat_hears_with_settings_of_its_own():
    many = make_many(
        msgspec.json.encode(
            SharedRecogniserSettings(RecogniserSettings(engine=f"{__name__}:opens_one", model="usual"), lanes=3)
        ).decode()
    )
    assert many.lanes == 3
    OPENED.clear()
    reports: list[Report] = []
    for seat, model in ((1, ""), (2, "other")):
        text = msgspec.json.encode(RecogniserSettings(engine=f"{__name__}:opens_one", model=model)) if model else b""
        many.do(Order(1, None, seat, text.decode()), reports.append)
        many.do(Order(2, Listen(1, 0, b"", last=True), seat), reports.append)
        many.do(Order(3, None, seat), reports.append)
    assert OPENED == ["usual", "other"]
    assert [report.error for report in reports] == [None] * len(reports)
    many.close()


def test_through_a_hub_two_conversations_hear_what_they_would_alone(jobs, alone):
    settings = SharedRecogniserSettings(SETTINGS, lanes=2, warm=1, most=2)
    hub = in_process(
        "recogniser",
        "duetto.perception.audio.recognisers.many:make_many",
        msgspec.json.encode(settings).decode(),
        nice=5,
    )
    hub.wait_ready()
    bell = threading.Event()
    seats = [hub.worker(str(number), None, bell.set) for number in range(2)]
    for seat, its in zip(seats, jobs, strict=True):
        for ticket, job in enumerate(its):
            seat.submit(ticket, job)
    found: list[list[Hypothesis]] = [[], []]
    deadline = Deadline(30)
    while any(len(heard) < len(its) for heard, its in zip(found, jobs, strict=True)):
        assert not deadline.passed()
        bell.wait(deadline.left())
        bell.clear()
        for seat, heard in zip(seats, found, strict=True):
            heard += [r.arrival for r in seat.collect() if isinstance(r.arrival, Hypothesis)]
    assert found == alone
    hub.close()
