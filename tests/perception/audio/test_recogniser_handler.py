"""The seam to recognisers: one hypothesis for each piece of sound, with the right words, time and number."""

from __future__ import annotations

import msgspec
import pytest

from duetto.perception.audio.recogniser import (
    RecogniserHandler,
    RecogniserSettings,
    make_handler,
    open_recogniser,
)
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.timeline.arrival import Hypothesis
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Listen, Look
from duetto.timeline.language import Language

PIECE = bytes(2 * 4000)  # 250 ms


def heard(handler: RecogniserHandler, job: Listen) -> tuple[str, int, bool]:
    (hypothesis,) = handler.handle(job)
    assert isinstance(hypothesis, Hypothesis) and hypothesis.utterance == job.utterance
    return " ".join(w.text for w in hypothesis.words), hypothesis.until, hypothesis.final


def test_each_piece_brings_all_words_so_far():
    handler = RecogniserHandler(ScriptedRecogniser(["what is/his up", "yes"]))
    assert heard(handler, Listen(1, s(1), PIECE)) == ("what", s(1.25), False)
    assert heard(handler, Listen(1, s(1.25), PIECE[:8])) == ("what", s(1.25) + ms(0.25), False)
    assert heard(handler, Listen(1, s(1.25), PIECE)) == ("what is", s(1.5), False)
    assert heard(handler, Listen(1, s(1.5), b"", last=True)) == ("what his up", s(1.5), True)
    assert heard(handler, Listen(2, s(5), PIECE, last=True)) == ("yes", s(5.25), True)


def test_words_have_media_times_from_the_utterance_s_start():
    handler = RecogniserHandler(ScriptedRecogniser(["what is"]))
    (hypothesis,) = handler.handle(Listen(4, s(3), PIECE * 2))
    assert [(w.start, w.end) for w in hypothesis.words] == [(s(3), s(3.25)), (s(3.25), s(3.5))]


class Stumbles(ScriptedRecogniser):
    def feed(self, samples, quiet=False):
        if len(samples) == 1:
            raise RuntimeError("stumbled")
        return super().feed(samples, quiet)


def test_after_an_error_the_rest_of_the_utterance_is_begun_anew():
    recogniser = Stumbles(["one two", "three four"])
    handler = RecogniserHandler(recogniser)
    assert heard(handler, Listen(1, 0, PIECE))[0] == "one"
    with pytest.raises(RuntimeError, match="stumbled"):
        list(handler.handle(Listen(1, s(0.25), bytes(2))))
    assert heard(handler, Listen(1, s(1), PIECE)) == ("three", s(1.25), False)


def test_only_listening_is_done():
    with pytest.raises(TypeError, match=r"a recogniser does Listen \(got Look\)"):
        list(RecogniserHandler(ScriptedRecogniser([])).handle(Look(0, b"")))


def scripted(settings: RecogniserSettings) -> ScriptedRecogniser:
    assert settings.language is not None
    return ScriptedRecogniser(settings.language.phrases)


def test_plug_ins_are_made_from_settings_that_travel_as_json():
    settings = RecogniserSettings(engine=f"{__name__}:scripted", language=Language(phrases=("hello you",)))
    handler = make_handler(msgspec.json.encode(settings).decode())
    assert heard(handler, Listen(1, 0, b"", last=True)) == ("hello you", 0, True)
    handler.close()


def test_unknown_engines_and_wrong_settings_are_named():
    with pytest.raises(ValueError, match=r'engine: one of pocketsphinx, sherpa, whisper, or "package.module:factory"'):
        open_recogniser(RecogniserSettings(engine="dragon"))
    with pytest.raises(msgspec.ValidationError, match="open_vocabulary"):
        make_handler('{"open_vocabulary": "yes"}')
