import msgspec
import numpy as np
import pytest
import soxr

from duetto.speech.shaping import Shaper
from duetto.speech.voice import VoiceHandler, VoiceSettings, make_handler
from duetto.speech.words import ends_sentence, pieces, split_words, spread
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Fault, Speech, SpokenWord
from duetto.timeline.clock import ms
from duetto.timeline.job import Forget, Hush, More, Speak
from duetto.timeline.turn import VOICE_RATE

SCRIPTED = "duetto.testing.voice:make_voice"


def collect(handler, text, portion, clause=1):
    """All answers for a clause, and their sound put together."""
    answers = list(handler.handle(Speak(clause, text, portion)))
    while not answers[-1].end:
        answers += handler.handle(More(clause, portion))
    return answers, np.frombuffer(b"".join(answer.samples for answer in answers), "<i2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world!", ["Hello,", "world!"]),
        ("well – yes ...", ["well –", "yes ..."]),
        ("– first", ["– first"]),
        ("... – first", ["... – first"]),
        ("a & b = 7 %", ["a", "&", "b", "=", "7", "%"]),
        ("日本 go。", ["日", "本", "go。"]),
        (" \n ", []),
        ("…", []),
        ("so 😀", ["so", "😀"]),
    ],
)
def test_words_keep_their_spelling_and_punctuation(text, words):
    tokens = split_words(text)
    assert [token.text for token in tokens] == words
    assert all(text[token.start : token.end] == token.text for token in tokens)


def test_pieces_end_with_a_sentence_or_comma_where_there_is_one():
    text = "One two. Three four five, six seven eight nine ten eleven"
    assert [[t.text for t in piece] for piece in pieces(split_words(text), 20)] == [
        ["One", "two."],
        ["Three", "four", "five,"],
        ["six", "seven", "eight", "nine"],
        ["ten", "eleven"],
    ]
    assert [len(piece) for piece in pieces(split_words("x" * 50 + " y"), 20)] == [1, 1]
    assert ends_sentence('He said "no."') and not ends_sentence("and so,")


def test_spread_shares_time_by_letters():
    assert spread(["a", "the", ""], 100, 800) == (
        SpokenWord("a", 100, 300),
        SpokenWord("the", 300, 700),
        SpokenWord("", 700, 800),
    )


@pytest.mark.parametrize("portion", [100, 999, 4800, 10**6])
def test_a_clause_comes_in_portions_with_each_word_once_and_no_empty_last_one(portion):
    handler = VoiceHandler(ScriptedVoice(lead_ms=300))
    answers, sound = collect(handler, "one two.", portion)
    assert all(len(answer.samples) == 2 * portion for answer in answers[:-1])
    assert 0 < len(answers[-1].samples) <= 2 * portion
    words = [word for answer in answers for word in answer.words]
    assert [word.text for word in words] == ["one", "two."]
    assert words[0].start == pytest.approx(240, abs=8)  # 10 ms of silence before the first sound
    assert words[1].start - words[0].start == 220 * 24
    assert sound.size == pytest.approx((10 + 180 + 40 + 180 + 200) * 24, abs=16)
    before = 0
    for answer in answers:
        before += len(answer.samples) // 2
        assert answer.end or all(word.start < before for word in answer.words)


def test_an_end_that_falls_on_a_portion_is_told_with_it():
    handler = VoiceHandler(ScriptedVoice())
    _, sound = collect(handler, "one", 10**6)
    (answer,) = handler.handle(Speak(2, "one", sound.size))
    assert answer.end
    (answer,) = handler.handle(Speak(3, "one", sound.size - 1))
    assert not answer.end


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100])
def test_any_rate_is_resampled_as_one_stream(rate):
    voice = ScriptedVoice(rate=rate, lead_ms=50, gap_ms=0)
    answers, sound = collect(VoiceHandler(voice, VoiceSettings(sentence_pause=0)), "seven.", 777)
    whole = soxr.resample(voice.tone("seven."), rate, VOICE_RATE)
    (word,) = [word for answer in answers for word in answer.words]
    assert word.end == pytest.approx(sound.size, abs=120)
    common = min(sound.size - word.start, whole.size) - 200
    difference = sound[word.start :][:common].astype(float) - whole[:common]
    assert np.sqrt(np.mean(difference**2)) < 400  # one sample of doubt about the start at 8 kHz


def test_pauses_follow_the_punctuation():
    settings = VoiceSettings(clause_pause=ms(50), sentence_pause=ms(300))
    handler = VoiceHandler(ScriptedVoice(), settings)
    sizes = [collect(handler, text, 10**6)[1].size for text in ("one,", "one.")]
    assert sizes[1] - sizes[0] == 250 * 24


def test_after_a_beginning_there_is_no_pause():
    (answer,) = VoiceHandler(ScriptedVoice()).handle(Speak(1, "one two", 10**6, goes_on=True))
    assert answer.end and len(answer.samples) == 2 * answer.words[-1].end


def test_text_without_sound_ends_at_once():
    (answer,) = VoiceHandler(ScriptedVoice()).handle(Speak(1, "…", 4800))
    assert answer == Speech(1, b"", (), True)


def test_silence_alone_is_no_sound():
    shaper = Shaper(VOICE_RATE, 100)
    for _ in range(5):
        shaper.push(np.zeros(1000, np.int16), (SpokenWord("hm", 0, 500),))
    assert shaper.ready == 0
    shaper.finish()
    samples, words, end = shaper.take(1000)
    assert samples.size == 0 and end
    assert [word.end for word in words] == [0] * 5


def test_hush_ends_the_work_and_brings_nothing():
    ended = []

    class Watched(ScriptedVoice):
        def say(self, text, *, goes_on=False):
            try:
                yield from super().say(text)
            finally:
                ended.append(text)

    handler = VoiceHandler(Watched())
    list(handler.handle(Speak(1, "one two three", 100)))
    list(handler.handle(Speak(2, "four five", 100)))
    assert list(handler.handle(Hush(1))) == []
    assert list(handler.handle(Hush(1))) == []
    assert ended == ["one two three"]
    handler.close()
    assert ended == ["one two three", "four five"]


def test_open_clauses_are_bounded_and_a_closed_one_says_so():
    handler = VoiceHandler(ScriptedVoice(), VoiceSettings(open_clauses=2))
    for clause in (1, 2, 3):
        list(handler.handle(Speak(clause, "many words here", 100)))
    (fault,) = handler.handle(More(1, 100))
    assert isinstance(fault, Fault) and fault.clause == 1 and "at most 2" in fault.text
    (speech,) = handler.handle(More(3, 100))
    assert isinstance(speech, Speech)


def test_a_clause_spoken_again_begins_anew():
    handler = VoiceHandler(ScriptedVoice())
    (first,) = handler.handle(Speak(1, "one two", 1000))
    (again,) = handler.handle(Speak(1, "one two", 1000))
    assert first == again


def test_a_voice_that_fails_ends_its_clause_and_no_other():
    handler = VoiceHandler(ScriptedVoice(fails_on="bad", chunk=240))
    (first,) = handler.handle(Speak(1, "good bad", 240))
    assert isinstance(first, Speech)
    (fault,) = handler.handle(More(1, 10**5))
    assert fault == Fault("voice", "the voice could not say it: cannot say 'bad'", clause=1)
    assert collect(handler, "fine", 1000, clause=2)[1].any()


def test_a_job_for_another_part_is_refused():
    with pytest.raises(TypeError, match="Forget"):
        list(VoiceHandler(ScriptedVoice()).handle(Forget(1)))


def test_make_handler_builds_the_voice_that_the_settings_name():
    settings = VoiceSettings(engine=SCRIPTED, words_per_minute=350)
    handler = make_handler(msgspec.json.encode(settings).decode())
    _, sound = collect(handler, "abcd.", 10**6)
    assert sound.size == pytest.approx((4 * 30 + 200) * 24, abs=16)
    handler.close()


@pytest.mark.parametrize(
    ("field", "value"),
    [("words_per_minute", 10), ("pitch", 100), ("volume", -1), ("clause_pause", -1), ("open_clauses", 0),
     ("download_limit_s", 0.0)],
)  # fmt: skip
def test_wrong_settings_are_refused_by_name(field, value):
    with pytest.raises(ValueError, match=field):
        VoiceSettings(**{field: value})
    with pytest.raises(msgspec.ValidationError, match=field):
        make_handler(msgspec.json.encode({field: value}).decode())


def test_an_unknown_engine_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match="engine: one of espeak, kokoro, piper"):
        make_handler('{"engine": "nosuch"}')


class Kin:
    """Opens voices by their names and paces, and knows which are open."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.open: list[str] = []

    def __call__(self, settings: VoiceSettings) -> ScriptedVoice:
        if settings.name == "nobody":
            raise ValueError("name: no such voice")
        kin, name = self, f"{settings.name} {settings.words_per_minute}"
        self.asked.append((settings.name, settings.words_per_minute))
        self.open.append(name)

        class One(ScriptedVoice):
            def close(self) -> None:
                kin.open.remove(name)

        return One(ms_per_letter=settings.words_per_minute)


def test_a_job_can_ask_for_another_voice_and_one_that_there_is_not_is_the_usual():
    kin = Kin()
    usual = collect(VoiceHandler(ScriptedVoice()), "one", 10**5)[1]
    handler = VoiceHandler(ScriptedVoice(), VoiceSettings(name="own", words_per_minute=100), kin)

    def say(clause: int, voice: str, speed: float = 1.0) -> np.ndarray:
        (speech,) = handler.handle(Speak(clause, "one", 10**5, voice, speed))
        assert isinstance(speech, Speech), speech
        return np.frombuffer(speech.samples, "<i2")

    assert np.array_equal(say(1, ""), usual) and np.array_equal(say(2, "nobody"), usual)
    assert len(say(3, "her")) > len(usual) and len(say(4, "her", 0.9)) < len(say(5, "her"))
    assert kin.asked == [("her", 100), ("her", 90)], "what is open already is not opened again"
    list(handler.handle(Speak(6, "many more words", 10, "her", 0.9)))
    say(7, "", 1.5)
    assert kin.asked[-1] == ("own", 150) and kin.open == ["her 90", "own 150"], "two at most, the latest"
    say(8, "him")
    (fault,) = handler.handle(More(6, 10))
    assert isinstance(fault, Fault) and "not open" in fault.text, "its voice is gone"
    handler.close()
    assert kin.open == []


@pytest.mark.parametrize(("speed", "pace"), [(1.0, 175), (0.1, 80), (9.0, 450), (1.2, 210)])
def test_a_pace_stays_within_what_a_voice_can_do(speed: float, pace: int):
    assert VoiceSettings().other("", speed) == VoiceSettings(words_per_minute=pace)
