"""The embedded recogniser on synthetic speech, with a language small enough to be built at once."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from spoken_sound import room, speech

from duetto.perception.audio.recogniser import RecogniserHandler, RecogniserSettings, open_recogniser
from duetto.timeline.arrival import Hypothesis
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Listen
from duetto.timeline.language import Language
from duetto.timeline.turn import MIC_RATE, samples_at

NUMBERS = ("one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve",)
LANGUAGE = Language(
    phrases=("what is <number> (plus | minus | times) <number>", "count to <number>", "stop", "thank you [very much]"),
    slots={"number": NUMBERS},
)
START = s(3)


def listen(recogniser, sound: np.ndarray, *, utterance: int = 1) -> list[Hypothesis]:
    handler = RecogniserHandler(recogniser)
    found: list[Hypothesis] = []
    for first in range(0, len(sound), 1280):
        piece = sound[first : first + 1280]
        found += handler.handle(Listen(utterance, START + samples_at(first, MIC_RATE), piece.tobytes()))
    found += handler.handle(Listen(utterance, START + samples_at(len(sound), MIC_RATE), b"", last=True))
    return found


def text(hypothesis: Hypothesis) -> str:
    return " ".join(word.text for word in hypothesis.words)


@pytest.fixture(scope="module")
def sentence() -> np.ndarray:
    return room(2.6, (0.3, speech("what is twelve times seven"))).sound


@pytest.fixture(scope="module")
def heard(sentence) -> list[Hypothesis]:
    return listen(open_recogniser(RecogniserSettings(language=LANGUAGE)), sentence)


def test_the_final_words_are_right(heard):
    assert heard[-1].final and text(heard[-1]) == "what is twelve times seven"
    assert not any(hypothesis.final for hypothesis in heard[:-1])


def test_words_appear_while_they_are_spoken(heard):
    said = [text(hypothesis) for hypothesis in heard]
    assert said[0] == ""
    known = next(h for h in heard if text(h).startswith("what is twelve"))
    assert known.until < START + s(1.5), "long before the sentence ends"
    growing = list(dict.fromkeys(said))
    assert len(growing) >= 4
    steps = pairwise(growing)
    assert any(not later.startswith(earlier) for earlier, later in steps), "a guess was revised"


def test_words_have_their_times(heard):
    words = heard[-1].words
    assert all(a.start < a.end <= b.start + ms(20) for a, b in pairwise(words))
    assert START + ms(200) < words[0].start < START + ms(450)
    assert START + s(1.6) < words[-1].end < START + s(2.3)
    assert all(0 < word.confidence <= 1 for word in words)


def test_the_same_sound_gives_the_same_hypotheses(heard, sentence):
    assert listen(open_recogniser(RecogniserSettings(language=LANGUAGE)), sentence) == heard


def test_one_utterance_after_another_and_one_cut_off(sentence):
    recogniser = open_recogniser(RecogniserSettings(language=LANGUAGE))
    recogniser.start(0)
    recogniser.feed(sentence[:9000])
    stop = room(1.4, (0.3, speech("count to ten"))).sound
    assert text(listen(recogniser, stop, utterance=2)[-1]) == "count to ten"
    assert text(listen(recogniser, sentence, utterance=3)[-1]) == "what is twelve times seven"
    recogniser.close()
    recogniser.close()


def test_silence_has_no_words():
    found = listen(open_recogniser(RecogniserSettings(language=LANGUAGE)), room(1).sound)
    assert [hypothesis.words for hypothesis in found] == [()] * len(found)


def test_an_open_vocabulary_hears_what_is_in_no_phrase():
    sound = room(2, (0.3, speech("the weather is good today", "en-us"))).sound
    said = text(listen(open_recogniser(RecogniserSettings(language=LANGUAGE, open_vocabulary=True)), sound)[-1]).split()
    assert len(said) >= 3
    assert set(said) & {"the", "weather", "is", "good", "today"}
    assert not set(said) <= {"what", "is", "count", "to", "stop", "thank", "you", "times", "plus", "minus"}


def test_a_language_without_phrases_is_refused():
    with pytest.raises(ValueError, match="language: it has no phrases"):
        open_recogniser(RecogniserSettings(language=Language()))


def test_a_model_of_one_s_own_is_refused():
    with pytest.raises(ValueError, match="model: pocketsphinx brings its own"):
        open_recogniser(RecogniserSettings(language=LANGUAGE, model="somewhere"))


def quiet_from(sound: np.ndarray, moment: float) -> list[Hypothesis]:
    """What is heard when nobody speaks any more from that moment (s) on."""
    handler = RecogniserHandler(open_recogniser(RecogniserSettings(language=LANGUAGE)))
    found: list[Hypothesis] = []
    for first in range(0, len(sound), 1280):
        job = Listen(
            1, samples_at(first, MIC_RATE), sound[first : first + 1280].tobytes(), quiet=first >= moment * MIC_RATE
        )
        found += handler.handle(job)
    return found


def test_at_a_pause_whole_phrases_count_for_more_than_cut_off_ones_and_more_may_follow(sentence):
    found = quiet_from(sentence, 2.3)
    assert text(found[-1]) == "what is twelve times seven"
    first_part = speech("what is twelve")
    pause = 0.3 + len(first_part) / MIC_RATE
    sound = room(pause + 2.4, (0.3, first_part), (pause + 0.8, speech("times seven"))).sound
    handler = RecogniserHandler(open_recogniser(RecogniserSettings(language=LANGUAGE)))
    said: list[str] = []
    for first in range(0, len(sound), 1280):
        quiet = pause + 0.1 <= first / MIC_RATE < pause + 0.7
        job = Listen(1, samples_at(first, MIC_RATE), sound[first : first + 1280].tobytes(), quiet=quiet)
        (hypothesis,) = handler.handle(job)
        said.append(text(hypothesis))
    assert said[round((pause + 0.6) * MIC_RATE) // 1280].startswith("what is twelve")
    assert said[-1] == "what is twelve times seven"


def test_speech_that_is_not_in_the_language_is_hardly_believed(heard):
    assert heard[-1].words[-1].confidence > 0.6
    foreign = room(3.4, (0.3, speech("the neighbors are away on holiday this week"))).sound
    (*_, last) = listen(open_recogniser(RecogniserSettings(language=LANGUAGE)), foreign)
    assert not last.words or last.words[-1].confidence < 0.25
