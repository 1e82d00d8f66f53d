from __future__ import annotations

import base64
import io
import wave
from typing import Any

import numpy as np
import pytest
from live_rig import MODEL, SETUP, Rig, sound

from duetto.timeline.clock import ms, s
from duetto.timeline.command import Answer, Manner, Remember, Say, Stop
from duetto.timeline.increment import Span
from duetto.timeline.turn import DELTA
from duetto.wire.gpt_live import LiveSetup, Wrong
from duetto.wire.happening import Noticed, ReplyHeard, TurnBegan, TurnEnded, TurnWords
from duetto.wire.seat import Refused

STEP = DELTA // ms(1)


def started(**session: Any) -> Rig:
    rig = Rig()
    rig.start(**session)
    return rig


# --- sound ----------------------------------------------------------------------------------------------------------


def test_sound_goes_out_in_every_micro_turn_silence_too() -> None:
    rig = started()
    for voice in (0, 500, 0):
        rig.step(voice=voice)
    deltas = rig.take()
    assert [set(event) for event in deltas] == [{"type", "delta"}] * 3
    assert [(len(sound(event)), int(sound(event)[0])) for event in deltas] == [(960, 0), (960, 500), (960, 0)]


@pytest.mark.parametrize(
    ("format", "size"),
    [
        ({"type": "audio/pcm", "rate": 16000}, 32_000),
        ({"type": "audio/pcmu", "rate": 8000}, 8_000),
        ({"type": "audio/pcma", "rate": 8000}, 8_000),
    ],
)
def test_sound_has_the_session_s_format_both_ways(format: dict[str, Any], size: int) -> None:
    rig = started(audio={"format": format})
    for _ in range(100):
        rig.step(voice=8000)
    out = b"".join(base64.b64decode(event["delta"]) for event in rig.take())
    assert abs(len(out) - 4 * size) <= 0.1 * size, "4 s, but for what the resampler holds back"
    rig.send("session.input_audio.append", audio=base64.b64encode(bytes(size // 10)).decode())
    ((samples, rate),) = rig.seat.heard
    assert rate == format["rate"] and len(samples) == rate // 10


def test_what_the_user_says_is_heard_and_silence_while_muted() -> None:
    rig = started()
    loud = np.full(240, 9000, dtype="<i2")
    rig.audio(loud)
    rig.send("session.input_audio.mute", event_id="m")
    rig.audio(loud)
    rig.send("session.input_audio.unmute")
    rig.audio(loud)
    assert [(int(samples.max()), rate) for samples, rate in rig.seat.heard] == [
        (9000, 24000),
        (0, 24000),
        (9000, 24000),
    ]
    assert rig.types() == ["session.input_audio.muted", "session.input_audio.unmuted"]
    assert rig.events[0]["client_event_id"] == "m"


def test_too_much_sound_is_refused_and_said_so_once_a_second() -> None:
    rig = started()
    rig.seat.refuse = Refused("flood", "10 s of sound wait, as many as may")
    for _ in range(3):
        rig.audio(np.zeros(240, dtype="<i2"))
    error = rig.error()
    assert (error["type"], error["code"], error["param"]) == ("rate_limit_error", "rate_limit_exceeded", "audio")
    rig.now += s(1)
    rig.seat.now = rig.now
    rig.audio(np.zeros(240, dtype="<i2"))
    assert rig.error()["code"] == "rate_limit_exceeded"


def test_sound_of_a_media_transport() -> None:
    rig = Rig(session={"model": MODEL})
    rig.wire.hear(np.full(480, 0.5, dtype=np.float32), 48000)
    rig.send("session.input_audio.mute")
    rig.wire.hear(np.full(480, 0.5, dtype=np.float32), 48000)
    assert [float(samples.max()) for samples, _ in rig.seat.heard] == [0.5, 0.0]


# --- words ----------------------------------------------------------------------------------------------------------


def test_a_word_of_the_user_counts_once_it_stays_and_the_rest_at_the_end() -> None:
    rig = started()
    rig.step(TurnBegan(1, 0), TurnWords(1, "what is"), edits=[rig.word("what", 100, 300), rig.word("is", 320, 400)])
    rig.wait(200)
    rig.step(TurnWords(1, "what is the wheel"))
    assert not rig.said("input")
    rig.wait(400)
    assert rig.said("input") == "what is"
    rig.step(TurnWords(1, "what is the weather"))
    rig.wait(280)
    assert rig.said("input") == "what is the"
    rig.step(TurnEnded(1, rig.now), TurnWords(1, "what is the weather like", final=True))
    assert rig.said("input") == "what is the weather like"
    rig.wait(1000)
    assert rig.said("input") == "what is the weather like"


def test_words_of_the_user_have_the_recogniser_s_times() -> None:
    rig = started()
    edits = [rig.word("hello", 100, 480), rig.word("there", 500, 900)]
    rig.step(TurnBegan(1, ms(150)), edits=edits)
    rig.step(TurnWords(1, "hello there", final=True))
    rig.step(TurnBegan(2, ms(5000)), edits=[rig.word("bye", 5000, 5300, turn=2)])
    rig.step(TurnWords(2, "bye", final=True))
    spans = [(one["start_ms"], one["end_ms"]) for one in rig.of("session.input_transcript.delta")]
    assert spans == [(100, 480), (500, 900), (5000, 5300)]
    assert rig.said("input") == "hello there bye"


def test_words_without_times_lie_in_order_between_the_turn_s_beginning_and_now() -> None:
    rig = started()
    rig.step(TurnBegan(1, 0))
    rig.wait(400)
    rig.step(TurnWords(1, "one two three", final=True))
    events = rig.of("session.input_transcript.delta")
    times = [time for one in events for time in (one["start_ms"], one["end_ms"])]
    assert times == sorted(times) and times[0] == 0 and times[-1] <= rig.now // ms(1) and times[1] > 0


@pytest.mark.parametrize(
    ("settled", "final", "said"),
    [
        ("turn on the lights", "turn on the light please", "turn on the lights please"),
        ("turn on a lamp", "please turn on a lamp now", "turn on a lamp now"),
        ("Turn on, the", "turn on the light", "Turn on, the light"),
        ("something else", "", "something else"),
        ("a b", "a b", "a b"),
    ],
)
def test_what_was_said_is_never_repeated_nor_taken_back(settled: str, final: str, said: str) -> None:
    rig = started()
    rig.step(TurnBegan(1, 0), TurnWords(1, settled))
    rig.wait(600)
    assert rig.said("input") == settled
    rig.step(TurnWords(1, final, final=True))
    assert rig.said("input") == said


def test_words_that_come_after_the_last_ones_of_their_turn_are_none() -> None:
    rig = started()
    rig.step(TurnBegan(1, 0), TurnWords(1, "yes", final=True))
    for turn in range(2, 30):
        rig.step(TurnBegan(turn, rig.now))
    rig.step(edits=[rig.word("yes", 0, 100, status="committed")])
    rig.wait(800)
    assert rig.said("input") == "yes"


def test_words_of_duetto_are_told_as_they_are_heard() -> None:
    rig = started()
    rig.step(ReplyHeard(1, "Good", Span(ms(1000), ms(1200)), ms(200)))
    rig.step(ReplyHeard(1, "evening.", Span(ms(1200), ms(1700)), ms(700)))
    first, second = rig.of("session.output_transcript.delta")
    assert (first["delta"], first["start_ms"], first["end_ms"]) == ("Good", 1000, 1200)
    assert (second["delta"], second["start_ms"], second["end_ms"]) == (" evening.", 1200, 1700)


def test_a_part_that_fails_is_told() -> None:
    rig = started()
    rig.step(Noticed("recogniser", "the recogniser fails"), Noticed("recogniser", "it works again", working=True))
    assert [event["code"] for event in rig.of("info")] == ["recogniser_failed", "recogniser_working"]


# --- what the application adds --------------------------------------------------------------------------------------


def test_appended_instructions_and_thoughts_are_remembered_in_silence() -> None:
    rig = started()
    rig.seat.now, rig.seat.waiting = ms(2000), ms(120)
    rig.send("session.instructions.append", event_id="i", content="Be kind.", delegation_id=None)
    rig.send("session.thinking.append", content="The order ships tomorrow.")
    assert rig.seat.commands == [
        Remember("instructions:0", "system", "Be kind."),
        Remember("thinking:1", "system", "The order ships tomorrow."),
    ]
    first, second = rig.take()
    assert first["type"] == "session.instructions.appended" and first["client_event_id"] == "i"
    assert (first["start_ms"], first["end_ms"]) == (2120, 2120)
    assert second["type"] == "session.thinking.appended" and "client_event_id" not in second


def test_commentary_is_spoken_as_it_is_or_in_the_brain_s_own_words() -> None:
    rig = started()
    rig.send("session.commentary.append", content="It ships tomorrow.", delegation_id=None)
    assert rig.seat.commands == [Say("It ships tomorrow.", tag="commentary:0")]
    assert rig.types() == ["session.commentary.appended"]
    rig = Rig(LiveSetup(commentary="answer"))
    rig.start()
    rig.send("session.commentary.append", content="It ships tomorrow.", delegation_id=None)
    remember, answer = rig.seat.commands
    assert remember == Remember("commentary:0", "system", "It ships tomorrow.")
    assert isinstance(answer, Answer) and answer.instructions


@pytest.mark.parametrize("kind", ["instructions", "thinking", "commentary"])
def test_what_is_appended_has_a_limit(kind: str) -> None:
    rig = started()
    for content, code in (
        ("x" * 3001, "string_above_max_length"),
        ("字" * 1001, "string_above_max_length"),
        (" \n", "invalid_value"),
    ):
        rig.send(f"session.{kind}.append", content=content, delegation_id=None)
        error = rig.error()
        assert (error["code"], error["param"]) == (code, "content")
    rig.send(f"session.{kind}.append", content="x", delegation_id="dlg_1")
    assert rig.error()["param"] == "delegation_id"
    assert not rig.seat.commands
    rig.send(f"session.{kind}.append", content="word " * 500, delegation_id=None)
    assert rig.types() == [f"session.{kind}.appended"]


# --- a clip ---------------------------------------------------------------------------------------------------------


def play(rig: Rig, samples: np.ndarray[Any, Any], **fields: Any) -> None:
    audio = base64.b64encode(samples.astype("<i2").tobytes()).decode()
    rig.send("session.output_audio.fixture.play", audio=audio, **fields)


def test_a_clip_is_played_in_place_of_the_talk() -> None:
    rig = started()
    play(rig, np.full(1200, 3000), event_id="f")
    assert rig.seat.commands == [Stop(), Manner(ends="told", answers=False)]
    (playing,) = rig.take()
    assert playing["type"] == "session.output_audio.fixture.playing" and playing["client_event_id"] == "f"
    rig.audio(np.ones(240, dtype="<i2"))
    assert not rig.seat.heard, "what comes meanwhile is lost"
    rig.send("session.commentary.append", content="Hello.", delegation_id=None)
    assert rig.error()["code"] == "fixture_active"
    play(rig, np.full(1200, 1))
    assert rig.error()["code"] == "fixture_active"
    rig.step(voice=32000)
    rig.step()
    first, second, played = rig.take()
    assert set(sound(first)) == {32767}, "over the end of what was being said"
    assert list(sound(second)) == [3000] * 240 + [0] * 720
    assert played["type"] == "session.output_audio.fixture.played" and played["client_event_id"] == "f"
    assert rig.seat.commands[2:] == [Manner()]
    rig.audio(np.ones(240, dtype="<i2"))
    assert len(rig.seat.heard) == 1


@pytest.mark.parametrize(
    "audio", ["", "AAAA", "####", *(base64.b64encode(bytes(48_000 * 30 + more)).decode() for more in (2, 48_000))]
)
def test_a_clip_that_cannot_be_is_refused_and_nothing_is_stopped(audio: str) -> None:
    rig = started()
    rig.send("session.output_audio.fixture.play", audio=audio)
    error = rig.error()
    assert (error["code"], error["param"]) == ("invalid_value", "audio")
    assert not rig.seat.commands


# --- beside, and the end --------------------------------------------------------------------------------------------


def test_one_that_is_attached_sees_the_sound_of_both_with_times() -> None:
    rig = started(audio={"format": {"type": "audio/pcm", "rate": 16000}})
    attached, ear = rig.attach()
    assert ear.take()[0]["session"]["id"] == rig.wire.id
    rig.send("session.input_audio.mute")
    rig.audio(np.full(16000, 9000, dtype="<i2"))
    rig.step(ReplyHeard(1, "Hi", Span(0, ms(100)), ms(100)), voice=500)
    rig.step(voice=500)
    assert ear.types() == ["session.input_audio.muted", "session.input_audio.append", "session.output_transcript.delta"]
    (heard,) = ear.of("session.input_audio.append")
    assert 0.9 * 24000 < len(sound(heard)) <= 24000 and sound(heard).max() > 8000, "as it was before the muting"
    first, second = ear.of("session.output_audio.delta")
    assert len(sound(first)) == 960 and "event_id" not in first
    assert (first["start_ms"], second["start_ms"]) == (STEP, 2 * STEP) == (first["end_ms"] - STEP, first["end_ms"])
    attached.receive('{"type": "session.thinking.append", "content": "x", "event_id": "a"}')
    assert ear.events[-1]["client_event_id"] == rig.events[-1]["client_event_id"] == "a"
    rig.take(), ear.take()
    attached.receive('{"type": "session.input_audio.append", "audio": ""}')
    assert ear.error()["code"] == "unsupported_event" and not rig.events
    attached.close()
    rig.step()
    assert not ear.events and len(rig.events) == 1


def test_so_many_may_be_attached_and_to_a_session_only() -> None:
    rig = Rig()
    with pytest.raises(Wrong, match="no such session"):
        rig.attach()
    rig.start()
    for _ in range(8):
        rig.attach()
    with pytest.raises(Wrong, match="at most 8"):
        rig.attach()


def test_a_session_is_closed_with_what_it_used() -> None:
    rig = started()
    _, ear = rig.attach()
    rig.wait(16_000)
    (used,) = rig.of("session.usage.updated")
    assert used["usage"] == {"seconds": 15}
    rig.take(), ear.take()
    rig.send("session.close", event_id="bye")
    (closed,) = rig.take()
    assert closed["reason"] == "close_requested" and closed["client_event_id"] == "bye"
    assert closed["usage"] == {"seconds": 16} and closed["session"]["status"] == "active"
    assert ear.types() == ["session.closed"]
    assert rig.seat.closed and rig.wire.closed and rig.finished == 1
    rig.send("session.close")
    assert rig.error()["code"] == "session_closed"
    rig.step()
    rig.wire.close()
    rig.wire.hear(np.zeros(1, dtype=np.int16), 24000)
    assert not rig.events and rig.finished == 1


@pytest.mark.parametrize(("how", "reason"), [("hang_up", "close_requested"), ("end", "connection_lost")])
def test_a_session_that_is_ended_from_elsewhere(how: str, reason: str) -> None:
    rig = started()
    if how == "hang_up":
        rig.wire.hang_up()
    else:
        rig.seat.end("the server is going down")
        assert rig.events.pop(0)["error"]["message"] == "the server is going down"
    (closed,) = rig.events
    assert closed["reason"] == reason and rig.finished == 1


@pytest.mark.parametrize(("graceful", "reason"), [(True, "remote_hangup"), (False, "connection_lost")])
def test_a_client_that_goes_ends_its_session_and_those_attached_are_told(graceful: bool, reason: str) -> None:
    rig = started()
    _, ear = rig.attach()
    rig.wire.close(graceful=graceful)
    assert ear.events[-1]["reason"] == reason and not rig.events and rig.seat.closed


def test_a_client_that_goes_before_its_session() -> None:
    rig = Rig()
    rig.wire.close()
    assert rig.finished == 1 and not rig.events and not rig.host.seats


def test_a_session_expires() -> None:
    rig = Rig(LiveSetup(lifetime_s=1))
    rig.start()
    rig.wait(1000)
    assert rig.events[-1]["reason"] == "expired" and rig.seat.closed


def test_a_session_may_be_recorded_where_the_server_and_the_client_want_it() -> None:
    setup = LiveSetup(record_s=1)
    rig = Rig(setup)
    assert rig.start(store=True)["store"] is True
    for index in range(30):
        rig.step(voice=2000 if index < 10 else 0, mic=1000)
    file = rig.wire.recording()
    assert file is not None
    with wave.open(io.BytesIO(file)) as wav:
        assert (wav.getnchannels(), wav.getframerate(), wav.getsampwidth()) == (2, 24000, 2)
        sound = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2").reshape(-1, 2)
    assert 1.0 <= len(sound) / 24000 < 1.1
    assert abs(int(np.median(sound[:24000, 0])) - 1000) < 50, "the user is on the left"
    assert not sound[:960, 1].any() and set(sound[960 : 11 * 960, 1]) == {2000}, "duetto is on the right, and later"
    rig = Rig(setup)
    rig.start()
    rig.step()
    assert rig.wire.recording() is None and SETUP.record_s == 0
