"""Phrases heard inside of free speech, by synthetic voices that the acoustic model was not adapted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from spoken_sound import Room, room, speech

from duetto.perception.audio.recogniser import MakeSpotter, RecogniserHandler, RecogniserSettings, spotting
from duetto.perception.audio.recognisers.acoustic import acoustics, adapted
from duetto.perception.audio.recognisers.cepstra import Cepstra, Differences
from duetto.perception.audio.recognisers.keywords import ways_of
from duetto.perception.audio.recognisers.spotting import PhraseSpotter
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.timeline.arrival import Arrival, Fault, Hypothesis, Spotted
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Job, Listen, Spot
from duetto.timeline.turn import MIC_RATE, samples_at

PIECE = 1280
START = s(7)


def heard(spotter: PhraseSpotter, sound: np.ndarray, *, size: int = PIECE, start: int = START) -> list[Spotted]:
    return [
        one
        for first in range(0, len(sound), size)
        for one in spotter.feed(3, start + samples_at(first, MIC_RATE), sound[first : first + size])
    ]


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
    assert (one.utterance, one.phrase) == (3, "basically") and 0.5 <= one.sure <= 1
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


class Breaks:
    """Cannot hear."""

    silent = ()

    def feed(self, utterance: int, start: int, samples: np.ndarray) -> Sequence[Spotted]:
        raise ZeroDivisionError("oh")


def refuses(phrases: Sequence[str]) -> Breaks:
    raise OSError("no such file")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (refuses, "the phrases of orders are not listened for: OSError: no such file"),
        (lambda phrases: Breaks(), "phrases are not listened for any more: ZeroDivisionError: oh"),
    ],
)
def test_when_it_fails_the_recogniser_hears_all_the_same(make: MakeSpotter, why: str) -> None:
    handler = RecogniserHandler(ScriptedRecogniser(["one two"]), make)
    jobs = sound_jobs(np.ones(4 * PIECE, np.int16))
    found = do(handler, Spot(("pizza",)), *jobs)
    assert [one for one in found if isinstance(one, Fault)] == [Fault("spotting", why)]
    assert [one.until for one in found if isinstance(one, Hypothesis)] == [ms(80) * n for n in range(1, 5)]
