import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from duetto.speech.shaping import QUIET
from duetto.speech.voice import VoiceHandler, make_handler
from duetto.speech.voices.espeak import TEXT_LIMIT, EspeakVoice, synthesise
from duetto.speech.words import split_words
from duetto.timeline.arrival import Speech
from duetto.timeline.job import More, Speak

SENTENCE = "Hello, world! It is 3:45 on the 1,234th of the month; don't go in a U.S.A. shop (really)."


@pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3", "en-us+m5"])
def test_every_word_has_its_time_in_order_and_words_sound_where_they_are_said(voice):
    samples, words = synthesise(SENTENCE, voice)
    assert [word.text for word in words] == [token.text for token in split_words(SENTENCE)]
    assert all(a.end <= b.start + 1 for a, b in pairwise(words))
    assert all(word.end - word.start > 24 * 20 for word in words)
    assert all(np.sqrt(np.mean(samples[w.start : w.end].astype(float) ** 2)) > 300 for w in words)
    gap = samples[words[1].end : words[2].start]  # the pause after "world!"
    assert gap.size > 24 * 100
    assert np.abs(gap[24 * 20 : -24 * 20]).max() <= QUIET


def test_voices_differ():
    sounds = [synthesise("hello", voice)[0] for voice in ("en-us", "en-gb", "en-us+f3")]
    assert len({sound.tobytes() for sound in sounds}) == 3


def test_rate_and_speed():
    slow, _ = synthesise("one two three four five", words_per_minute=120)
    fast, _ = synthesise("one two three four five", words_per_minute=240)
    assert slow.size > 1.5 * fast.size
    narrow, words = synthesise("one two three", rate=16_000)
    assert words[-1].end <= narrow.size
    with pytest.raises(ValueError, match="rate"):
        synthesise("one", rate=0)


@pytest.mark.parametrize("text", ["", "   ", "...", "–", "\x00\x01", "\ud800", "\n\n"])
def test_text_with_nothing_to_say_is_silent_and_no_error(text):
    samples, words = synthesise(text)
    assert not words
    assert samples.size == 0


@pytest.mark.parametrize(
    "text",
    [
        "😀 🎉",
        "<speak>hi</speak> &amp;",
        "[[h@loU]]",
        "Zwölf naïve cafés",
        "日本語",
        "a\x01+10S b",
        "x" * 900,
        "\u202eabc",
    ],
)
def test_odd_text_is_spoken_with_a_word_each(text):
    samples, words = synthesise(text)
    assert samples.any()
    assert len(words) == len(split_words("".join(c if c.isprintable() else " " for c in text)))
    assert words[-1].end <= samples.size


def test_long_text_comes_in_pieces_with_times_that_go_on():
    text = " ".join(f"This is sentence number {i}." for i in range(40))
    samples, words = synthesise(text)
    assert len(words) == 200
    assert all(a.start < b.start for a, b in pairwise(words))
    assert samples.size / 24_000 > 40
    with pytest.raises(ValueError, match=f"at most {TEXT_LIMIT}"):
        EspeakVoice().say("x" * (TEXT_LIMIT + 1))


def test_one_clause_can_be_left_and_another_begun_in_between():
    handler = VoiceHandler(EspeakVoice())
    (first,) = handler.handle(Speak(1, "The first clause goes on for a while.", 2400))
    (other,) = handler.handle(Speak(2, "Another one.", 2400))
    (more,) = handler.handle(More(1, 2400))
    assert all(isinstance(answer, Speech) and len(answer.samples) == 4800 for answer in (first, other, more))
    chunks = EspeakVoice().say("This will be cut off")
    next(chunks)
    chunks.close()
    assert synthesise("still well")[0].any()


def test_the_reply_starts_at_once():
    (speech,) = VoiceHandler(EspeakVoice()).handle(Speak(1, "Hello there.", 2400))
    samples = np.frombuffer(speech.samples, "<i2")
    assert np.flatnonzero(np.abs(samples.astype(int)) > QUIET)[0] <= 240


def test_an_unknown_voice_is_refused_by_name():
    for name in ("nosuch", "", "en-us; rm", "x" * 100):
        with pytest.raises(ValueError, match="name: espeak-ng has no voice"):
            EspeakVoice(name)
    with pytest.raises(ValueError, match="nosuch"):
        make_handler('{"name": "nosuch"}')


def test_a_fresh_process_makes_the_same_sound_for_the_same_words():
    """Inside one process the library carries its state (a slow wavering of pitch) from clause to clause."""
    code = (
        "import sys, zlib; from duetto.speech.voices.espeak import synthesise\n"
        "print([zlib.crc32(synthesise(t)[0].tobytes()) for t in ('Seven things.', 'And more.')])\n"
        "print('av' in sys.modules, 'onnxruntime' in sys.modules, 'cv2' in sys.modules)"
    )
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout for _ in range(2)}
    assert len(runs) == 1
    assert runs.pop().endswith(b"False False False\n")


@pytest.mark.parametrize("text", ["In Dresden", "There are", "Let me look", "of the", "I"])
def test_a_beginning_is_shorter_than_the_same_as_a_sentence_and_has_all_its_words(text):
    voice = EspeakVoice("en-us")
    sounds = []
    for goes_on in (False, True):
        chunks = list(voice.say(text, goes_on=goes_on))
        words = [word for chunk in chunks for word in chunk.words]
        assert [word.text for word in words] == text.split()
        sounds.append(words[-1].end)
    assert sounds[1] < sounds[0], "no last word is drawn out, for it is not the last"
    assert sum(chunk.samples.size for chunk in chunks) - sounds[1] < 0.01 * voice.rate, "nor is there a pause"
