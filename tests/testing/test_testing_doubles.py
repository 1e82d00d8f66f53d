"""The public doubles do what they say, for people test with them."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.speech.voices import open_voice
from duetto.testing.brain import ScriptedBrain
from duetto.testing.handlers import BrokenHandler, HungHandler
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Act, Clause, Gist, Speech
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Ask, Context, Look, Speak
from duetto.timeline.turn import MIC_RATE, VOICE_RATE


def texts(found) -> list[str] | None:
    return None if found is None else [word.text for word in found]


def test_the_recogniser_hears_a_word_at_a_time_and_revises():
    ear = ScriptedRecogniser(["set a/the timer"], pace=ms(200))
    ear.start(s(1))
    piece = np.zeros(MIC_RATE // 10, np.int16)
    assert [texts(ear.feed(piece)) for _ in range(6)] == [
        None,
        ["set"],
        None,
        ["set", "a"],
        None,
        ["set", "the", "timer"],
    ]
    assert texts(ear.feed(piece)) == ["set", "the", "timer"], "the last word lasts as long as the voice"
    assert ear.feed(piece, quiet=True) is None
    assert texts(ear.finish()) == ["set", "the", "timer"]
    assert [(w.start, w.end) for w in ear.finish()] == [
        (s(1), s(1) + ms(200)),
        (s(1) + ms(200), s(1) + ms(400)),
        (s(1) + ms(400), s(1) + ms(700)),
    ]


def test_the_recogniser_s_utterances_come_in_turn_and_end_early_with_all_words():
    ear = ScriptedRecogniser(["wrong/right", "two"])
    ear.start(0)
    assert texts(ear.finish()) == ["right"]
    ear.start(s(1))
    assert texts(ear.finish()) == ["two"]
    ear.start(s(2))
    assert ear.feed(np.zeros(MIC_RATE, np.int16)) is None
    assert texts(ear.finish()) == []
    ear.close()


def ask(text: str) -> Ask:
    return Ask(3, text, "spoken", True, Context(0, 0))


def test_the_brain_answers_what_it_was_told_to():
    stop = Act(0, withdraw=("*",), stop=True)
    brain = ScriptedBrain({"hello": ["Hi.", "There."], "stop": []}, halves=["remind me"], acts={"stop": stop})
    assert list(brain.reply(ask("hello"))) == [Gist(3, "whole"), Clause(3, 0, "Hi."), Clause(3, 1, "There.")]
    assert list(brain.reply(ask("stop"))) == [Gist(3, "whole"), Act(3, withdraw=("*",), stop=True)]
    assert next(brain.reply(ask("remind me"))) == Gist(3, "half")
    assert next(brain.reply(ask("huh"))) == Gist(3, "none")
    brain.keep(3)
    brain.forget(4)
    assert [a.text for a in brain.asked] == ["hello", "stop", "remind me", "huh"]
    assert (brain.kept, brain.forgotten) == ([3], [4])
    assert brain.language().phrases == ("hello", "stop")


def test_the_voice_s_words_are_where_it_says_they_are():
    voice = ScriptedVoice(chunk=1000, lead_ms=30)
    chunks = list(voice.say("Hello, you two."))
    sound = np.concatenate([c.samples for c in chunks])
    words = [w for c in chunks for w in c.words]
    assert [w.text for w in words] == ["Hello,", "you", "two."]
    assert [(w.end - w.start) * 1000 // VOICE_RATE for w in words] == [300, 180, 180]
    assert words[0].start == VOICE_RATE * 30 // 1000
    assert all(len(c.samples) <= 1000 for c in chunks)
    said = np.zeros(len(sound), bool)
    for word in words:
        said[word.start : word.end] = True
        assert np.abs(sound[word.start : word.end]).max() == pytest.approx(8000, rel=0.02)
        assert np.array_equal(sound[word.start : word.end], voice.tone(word.text))
    assert not sound[~said].any()
    begun = 0
    for chunk in chunks:
        assert all(begun <= w.start < begun + len(chunk.samples) for w in chunk.words)
        begun += len(chunk.samples)


def test_the_voice_can_fail_and_can_be_plugged_in():
    with pytest.raises(RuntimeError, match="cannot say 'two'"):
        list(ScriptedVoice(fails_on="two").say("one two three"))
    plugged = open_voice(VoiceSettings(engine="duetto.testing.voice:make_voice", words_per_minute=350))
    assert plugged.ms_per_letter == 30
    (speech,) = VoiceHandler(plugged).handle(Speak(1, "hello", 10**6))
    assert isinstance(speech, Speech) and speech.end and [w.text for w in speech.words] == ["hello"]


def test_handlers_fail_as_they_say():
    with pytest.raises(RuntimeError, match="broken on purpose"):
        list(BrokenHandler().handle(Look(0, b"")))
    let_go, begun, found = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        found.append(list(HungHandler(let_go).handle(Look(0, b""))))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(10)
    assert found == []
    let_go.set()
    thread.join(10)
    assert found == [[]]
