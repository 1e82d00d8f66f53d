"""Phrases heard inside of free speech, by synthetic voices that the acoustic model was not adapted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pytest
from spoken_sound import Room, room, speech

from duetto.perception.audio.agreement import ALONE, SAME, SURE
from duetto.perception.audio.recogniser import Example, MakeSpotter, RecogniserHandler, RecogniserSettings, spotting
from duetto.perception.audio.recognisers.acoustic import acoustics, adapted
from duetto.perception.audio.recognisers.cepstra import Cepstra, Differences
from duetto.perception.audio.recognisers.keywords import ways_of
from duetto.perception.audio.recognisers.spotting import PhraseSpotter
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.timeline.arrival import Arrival, Fault, Hypothesis, Spotted, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Job, Listen, Spot
from duetto.timeline.turn import MIC_RATE, samples_at

PIECE = 1280
START = s(7)


def told(spotter: PhraseSpotter, sound: np.ndarray, *, size: int = PIECE, start: int = START) -> list[Spotted]:
    return [
        one
        for first in range(0, len(sound), size)
        for one in spotter.feed(3, start + samples_at(first, MIC_RATE), sound[first : first + size])
    ]


def heard(spotter: PhraseSpotter, sound: np.ndarray, *, size: int = PIECE, start: int = START) -> list[Spotted]:
    """Each occurrence once, as it was told first."""
    found: list[Spotted] = []
    for one in told(spotter, sound, size=size, start=start):
        if not any(one.phrase == other.phrase and one.start <= other.start + SAME for other in found):
            found.append(one)
    return found


def said(*texts: str, voice: str = "en-us+f1") -> Room:
    """The parts of a sentence one after the other, so that it is known where each is."""
    at, spoken = 0.3, []
    for text in texts:
        spoken.append((at, speech(text, voice)))
        at += len(spoken[-1][1]) / MIC_RATE + 0.02
    return room(at + 0.6, *spoken)


def test_a_word_is_told_inside_of_free_speech_at_its_own_time() -> None:
    spoken = said("the engine is", "basically", "the same one they built twenty years ago")
    (one,) = heard(PhraseSpotter(["basically"]), spoken.sound)
    begin, end = spoken.spans[1]
    assert (one.utterance, one.phrase) == (3, "basically") and ALONE <= one.sure <= 1
    assert abs(one.start - START - begin) < ms(120) and abs(one.end - START - end) < ms(120)


def test_it_is_told_while_the_sentence_goes_on() -> None:
    spoken = said("the engine is", "basically", "the same one they built twenty years ago")
    spotter = PhraseSpotter(["basically"])
    until = spoken.places[1][1] + MIC_RATE // 10
    assert [one.phrase for one in heard(spotter, spoken.sound[:until])] == ["basically"]


def test_each_time_is_told_once_and_of_several_phrases_each() -> None:
    spoken = said(
        "my boss told me", "the deadline", "is on monday and", "the deadline", "will not move", voice="en-gb+m1"
    )
    found = heard(PhraseSpotter(["deadline", "my boss", "banana"]), spoken.sound)
    assert [one.phrase for one in found] == ["my boss", "deadline", "deadline"]


def test_what_only_sounds_like_part_of_it_is_not_told() -> None:
    spoken = said("the basic idea is simple but the details take weeks")
    assert heard(PhraseSpotter(["basically", "deadline"]), spoken.sound) == []


def test_other_pieces_of_the_same_sound_give_about_the_same() -> None:
    spoken = said("we ordered", "a pizza", "and watched the game together")
    times = [heard(PhraseSpotter(["pizza"]), spoken.sound, size=size) for size in (PIECE, 320, 16000, 12345)]
    assert [len(found) for found in times] == [1] * 4
    assert max(found[0].end for found in times) - min(found[0].end for found in times) <= ms(60)


def test_it_is_told_once_more_when_that_is_sure() -> None:
    spoken = said("the engine is", "basically", "the same one they built twenty years ago")
    sures = [one.sure for one in told(PhraseSpotter(["basically"]), spoken.sound)]
    assert len(sures) <= 2 and sures == sorted(sures) and sures[-1] >= SURE


def test_an_example_says_how_well_it_fits_when_this_voice_says_it() -> None:
    order = said("when i say", "good night", "say sweet dreams", voice="en-gb+m1")
    talk = said("at eleven i told everyone", "good night", "and walked home", voice="en-gb+m1")
    usual, learnt = PhraseSpotter(["good night"]), PhraseSpotter(["good night"])
    learnt.learn("good night", order.sound, *order.spans[1])
    assert learnt.examples["good night"].said, "this voice says it with other vowels than the dictionary has"
    before, after = (max(one.sure for one in told(spotter, talk.sound)) for spotter in (usual, learnt))
    assert before < SURE <= after
    again = PhraseSpotter(["good night", "pizza"], learnt.examples)
    assert max(one.sure for one in told(again, talk.sound)) == after


def test_an_example_of_what_nobody_can_pronounce_teaches_nothing() -> None:
    spotter = PhraseSpotter(["x9", "pizza"])
    spotter.learn("x9", said("hello").sound, 0, ms(300))
    spotter.learn("pizza", np.zeros(0, np.int16), 0, 0)
    assert spotter.examples == {}


def test_the_same_sound_in_the_same_pieces_gives_the_same_and_a_gap_begins_anew() -> None:
    spoken = said("i actually enjoyed the film")
    spotter = PhraseSpotter(["actually"])
    first = heard(PhraseSpotter(["actually"]), spoken.sound)
    assert heard(spotter, spoken.sound) == first != []
    assert len(heard(spotter, spoken.sound, start=s(60))) == 1
    half = spoken.places[0][0] + MIC_RATE // 4
    spotter = PhraseSpotter(["actually"])
    assert heard(spotter, spoken.sound[:half]) == []
    assert heard(spotter, spoken.sound[half + MIC_RATE // 5 :], start=s(90)) == [], "half of a word and half of another"


def test_what_nobody_can_pronounce_is_named_and_the_rest_is_listened_for() -> None:
    spotter = PhraseSpotter(["x9", "pizza", "", "in 1984"])
    assert spotter.silent == ("x9", "", "in 1984")
    assert len(heard(spotter, said("we ordered a pizza").sound)) == 1
    assert heard(PhraseSpotter(["?"]), said("hello").sound) == []


def test_a_word_that_no_dictionary_has_is_pronounced_by_its_letters() -> None:
    (way, *_) = ways_of("flumbo", acoustics())
    assert [acoustics().phones[phone] for phone in way.phones] == "F L AH M B AA".split()


# --- the acoustic model and its features --------------------------------------------------------------------------


def test_the_model_is_read_whole_and_its_adaptation_is_for_it() -> None:
    model, moved = acoustics(), adapted()
    assert (len(model.phones), model.weights.shape, len(model.inside)) == (42, (5126, 3, 128), 137053)
    assert np.allclose(model.weights.sum(axis=-1), 1, atol=1e-3)
    assert moved.means.shape == model.means.shape and not np.array_equal(moved.means, model.means)
    assert np.isfinite(moved.offsets).all() and (moved.precisions > 0).all()
    with pytest.raises(ValueError, match="not in tuple"):
        model.number("QQ")


def test_cepstra_are_the_same_in_whatever_pieces_the_sound_comes() -> None:
    sound = said("hello there").sound
    whole = Cepstra().feed(sound)
    cepstra, differences = Cepstra(), Differences()
    pieces = [cepstra.feed(sound[first : first + 777]) for first in range(0, len(sound), 777)]
    assert np.allclose(np.concatenate(pieces), whole, atol=0.02)
    features = np.concatenate([differences.feed(piece) for piece in pieces])
    assert features.shape == (len(whole) - 3, 39)
    assert np.allclose(features[5, 13:26], whole[7] - whole[3], atol=0.05)


# --- beside a recogniser ------------------------------------------------------------------------------------------


def do(handler: RecogniserHandler, *jobs: Job) -> list[Arrival]:
    return [arrival for job in jobs for arrival in handler.handle(job)]


def sound_jobs(sound: np.ndarray) -> list[Listen]:
    return [
        Listen(1, samples_at(first, MIC_RATE), sound[first : first + PIECE].tobytes())
        for first in range(0, len(sound), PIECE)
    ]


def test_a_handler_spots_only_while_an_order_needs_it() -> None:
    jobs = sound_jobs(said("we ordered a pizza").sound)
    handler = RecogniserHandler(ScriptedRecogniser(["a", "b"]), PhraseSpotter)
    assert all(isinstance(arrival, Hypothesis) for arrival in do(handler, *jobs))
    assert do(handler, Spot(("pizza", "20 pizzas"))) == [
        Fault("spotting", 'cannot listen for "20 pizzas": nobody can tell how it sounds')
    ]
    found = do(handler, *jobs)
    assert [one.phrase for one in found if isinstance(one, Spotted)] == ["pizza"]
    assert len([one for one in found if isinstance(one, Hypothesis)]) == len(jobs)
    assert do(handler, Spot(())) == []
    assert all(isinstance(arrival, Hypothesis) for arrival in do(handler, *jobs))


def test_engines_that_know_all_words_need_none() -> None:
    assert spotting(RecogniserSettings()) is PhraseSpotter
    assert spotting(RecogniserSettings(engine="whisper")) is None
    assert do(RecogniserHandler(ScriptedRecogniser([])), Spot(("pizza",))) == []


class Knows(ScriptedRecogniser):
    """Gives these words for the first utterance, and none for others."""

    def __init__(self, words: Sequence[TimedWord]) -> None:
        super().__init__([])
        self._words_of_it = list(words)

    def feed(self, samples: np.ndarray, quiet: bool = False) -> list[TimedWord]:
        return self._words_of_it

    def start(self, at: int) -> None:
        self._words_of_it = self._words_of_it if at == 0 else []


def test_an_order_that_was_said_is_the_example_for_its_phrase() -> None:
    order = said("when i say", "good night", "say sweet dreams", voice="en-gb+m1")
    (begin, end), half = order.spans[1], sum(order.spans[1]) // 2
    words = [TimedWord("say", 0, begin, 1.0), TimedWord("good", begin, half, 1.0), TimedWord("night", half, end, 1.0)]
    made: list[PhraseSpotter] = []

    def make(phrases: Sequence[str], examples: Mapping[str, Example]) -> PhraseSpotter:
        made.append(PhraseSpotter(phrases, examples))
        return made[-1]

    handler = RecogniserHandler(Knows(words), make)
    do(handler, *sound_jobs(order.sound), Spot(("good night",)), Spot(("good night", "pizza")))
    alone = PhraseSpotter(["good night"])
    alone.learn("good night", order.sound, begin, end)
    assert made[0].examples == alone.examples != {}
    assert made[1].examples == made[0].examples, "it stays, and of what nobody said there is nothing to learn"
    later = [Listen(2, s(20), job.samples) for job in sound_jobs(order.sound)[:3]]
    do(handler, Spot(()), *later, Spot(("good night",)))
    assert made[2].examples == {}, "the latest utterance has none"


def test_only_the_latest_seconds_of_an_utterance_are_kept_for_examples() -> None:
    long = np.zeros(30 * MIC_RATE, np.int16)
    words = [TimedWord("pizza", s(1), s(2), 1.0)]
    handler = RecogniserHandler(Knows(words), PhraseSpotter)
    assert do(handler, *sound_jobs(long), Spot(("pizza",)))[-1:] == [Hypothesis(1, tuple(words), s(30), False)]


class Breaks:
    """Cannot hear."""

    silent = ()
    examples: ClassVar[dict[str, Example]] = {}

    def learn(self, phrase: str, samples: np.ndarray, start: int, end: int) -> None: ...

    def feed(self, utterance: int, start: int, samples: np.ndarray) -> Sequence[Spotted]:
        raise ZeroDivisionError("oh")


def refuses(phrases: Sequence[str], examples: Mapping[str, Example]) -> Breaks:
    raise OSError("no such file")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (refuses, "the phrases of orders are not listened for: OSError: no such file"),
        (lambda phrases, examples: Breaks(), "phrases are not listened for any more: ZeroDivisionError: oh"),
    ],
)
def test_when_it_fails_the_recogniser_hears_all_the_same(make: MakeSpotter, why: str) -> None:
    handler = RecogniserHandler(ScriptedRecogniser(["one two"]), make)
    jobs = sound_jobs(np.ones(4 * PIECE, np.int16))
    found = do(handler, Spot(("pizza",)), *jobs)
    assert [one for one in found if isinstance(one, Fault)] == [Fault("spotting", why)]
    assert [one.until for one in found if isinstance(one, Hypothesis)] == [ms(80) * n for n in range(1, 5)]
