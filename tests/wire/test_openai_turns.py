import numpy as np
import pytest
from realtime_rig import Rig, base64_of, sound

from duetto.timeline.clock import ms
from duetto.timeline.command import Answer, Discard, Erase, Over, Remember, Stop
from duetto.wire.audio import Format, to_base64
from duetto.wire.happening import Noticed, ReplyBegan, ReplyEnded, TurnBegan, TurnEnded, TurnWords

SPEECH = "conversation.item.input_audio_transcription"


def rig(turn_detection="server", transcribes=True, **setup):
    found = Rig(**setup)
    found.take()
    audio = {"transcription": {"model": "whisper-1"} if transcribes else None}
    if turn_detection is None:
        audio["turn_detection"] = None
    found.update(audio={"input": audio})
    found.commands()
    return found


def test_sound_is_heard_in_its_format():
    one = rig()
    samples = np.arange(-100, 100).astype(np.int16)
    one.send("input_audio_buffer.append", audio=base64_of(samples))
    assert one.seat.heard[0][1] == 24_000 and (one.seat.heard[0][0] == samples).all()
    one.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    one.send("input_audio_buffer.append", audio=to_base64(Format("pcmu", 8000).encode(samples)))
    assert one.seat.heard[1][1] == 8_000 and len(one.seat.heard[1][0]) == 200
    one.send("input_audio_buffer.append", audio="")
    assert len(one.seat.heard) == 2 and one.take() == []  # appends are not answered


def test_a_turn_by_voice_activity():
    one = rig()
    one.step(TurnBegan(1, ms(1000)))
    (started,) = one.take()
    assert started["type"] == "input_audio_buffer.speech_started"
    assert started["audio_start_ms"] == 700  # with its prefix
    one.step(TurnWords(1, "hello there"))
    assert one.take() == []  # the item is not there yet
    one.step(TurnEnded(1, ms(2000)), TurnWords(1, "hello there you"))
    events = one.take()
    assert [event["type"] for event in events] == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        f"{SPEECH}.delta",
    ]
    item = started["item_id"]
    assert all(event.get("item_id", item) == item for event in events)
    assert events[0]["audio_end_ms"] == 2000
    assert events[1]["previous_item_id"] is None
    assert events[2]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    assert events[4]["delta"] == "hello there"  # what two states agree on
    one.step(TurnWords(1, "hello there young man", final=True))
    delta, completed = one.take()
    assert delta["delta"] == " young man"
    assert completed["type"] == f"{SPEECH}.completed"
    assert completed["transcript"] == "hello there young man"
    assert completed["usage"] == {"type": "duration", "seconds": 1.0}
    one.send("conversation.item.retrieve", item_id=item)
    assert one.of("conversation.item.retrieved")["item"]["content"][0]["transcript"] == "hello there young man"


def test_without_transcription_there_are_no_transcripts():
    one = rig(transcribes=False)
    one.step(TurnBegan(1, 0))
    one.step(TurnEnded(1, ms(40)), TurnWords(1, "a"), TurnWords(1, "a b", final=True))
    assert not any(kind.startswith(SPEECH) for kind in one.types())


def test_deltas_never_take_words_back():
    one = rig()
    one.step(TurnBegan(1, 0), TurnEnded(1, ms(40)))
    for text in ("recognise", "recognise speech", "wreck a nice beach", "wreck a nice beach today"):
        one.step(TurnWords(1, text))
    one.step(TurnWords(1, "wreck a nice beach", final=True))
    deltas = [event["delta"] for event in one.events if event["type"] == f"{SPEECH}.delta"]
    assert deltas == ["recognise"]
    assert one.of(f"{SPEECH}.completed")["transcript"] == "wreck a nice beach"


def test_a_dead_recogniser_is_told_where_words_are_missing():
    one = rig()
    one.step(Noticed("recogniser", "the recogniser has ended"))
    one.step(TurnBegan(1, 0), TurnEnded(1, ms(40)), TurnWords(1, "", final=True))
    failed = one.of(f"{SPEECH}.failed")
    assert failed["error"]["message"] == "the recogniser has ended"
    one.step(Noticed("recogniser", "", working=True))
    one.step(TurnBegan(2, ms(80)), TurnEnded(2, ms(100)), TurnWords(2, "", final=True))
    assert one.of(f"{SPEECH}.completed")["transcript"] == ""


def test_a_turn_that_does_not_count_has_no_item():
    one = rig()
    one.step(TurnBegan(1, 0))
    one.take()
    one.step(TurnEnded(1, ms(40), discarded=True), TurnWords(1, "x", final=True))
    assert one.types() == ["input_audio_buffer.speech_stopped"]


# --- by commit ----------------------------------------------------------------------------------------------------


def test_commit_makes_the_item_at_once_and_the_turn_becomes_it():
    one = rig(None)
    one.append(500)
    one.send("input_audio_buffer.commit")
    assert one.commands() == [Over()]
    events = one.take()
    assert [event["type"] for event in events] == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    item = events[0]["item_id"]
    one.step(TurnBegan(4, ms(10)))
    one.step(TurnEnded(4, ms(50)), taken=[Over()])
    assert one.take() == []
    one.step(TurnWords(4, "what time is it", final=True))
    assert one.of(f"{SPEECH}.completed")["item_id"] == item
    one.commands()
    one.send("conversation.item.delete", item_id=item)
    assert one.commands() == [Erase("turn:4")]


def test_without_voice_activity_nothing_is_told_of_it():
    one = rig(None)
    one.step(TurnBegan(1, 0))
    assert one.take() == []
    one.append()
    one.send("input_audio_buffer.commit")
    item = one.of("input_audio_buffer.committed")["item_id"]
    one.take()
    one.step(TurnEnded(1, ms(40)), TurnWords(1, "a", final=True))
    assert [(e["type"], e["item_id"]) for e in one.take()] == [(f"{SPEECH}.delta", item), (f"{SPEECH}.completed", item)]


def test_two_commits_find_their_turns_in_order():
    one = rig(None)
    items = []
    for _ in range(2):
        one.append()
        one.send("input_audio_buffer.commit")
        items.append(one.take()[0]["item_id"])
    one.step(TurnBegan(1, 0))
    one.step(TurnEnded(1, ms(50)), taken=[Over()])
    one.step(TurnBegan(2, ms(90)), TurnWords(1, "one", final=True))
    one.step(TurnEnded(2, ms(130)), TurnWords(2, "two", final=True), taken=[Over()])
    found = {e["item_id"]: e["transcript"] for e in one.take() if e["type"] == f"{SPEECH}.completed"}
    assert found == dict(zip(items, ("one", "two"), strict=True))


def test_a_commit_of_silence_is_completed_with_no_words():
    one = rig(None)
    one.append()
    one.send("input_audio_buffer.commit")
    item = one.take()[0]["item_id"]
    one.step(taken=[Over()])
    one.wait(3100)
    completed = one.of(f"{SPEECH}.completed")
    assert (completed["item_id"], completed["transcript"]) == (item, "")
    one.take()
    one.step(TurnBegan(1, one.now), TurnEnded(1, one.now))  # later speech is not it
    assert one.of("input_audio_buffer.committed")["item_id"] != item


def test_what_is_said_after_a_commit_of_silence_is_a_turn_of_its_own():
    one = rig()
    one.append()
    one.send("input_audio_buffer.commit")
    one.step(taken=[Over()])
    one.take()
    one.step(TurnBegan(1, one.now + ms(20)))
    assert one.types() == ["input_audio_buffer.speech_started"]


def test_a_commit_in_the_middle_of_a_turn_that_was_told_ends_it():
    one = rig()
    one.append()
    one.step(TurnBegan(1, 0))
    item = one.of("input_audio_buffer.speech_started")["item_id"]
    one.take()
    one.send("input_audio_buffer.commit")
    assert one.take() == [] and one.commands() == [Over()]
    one.step(TurnEnded(1, ms(40)), taken=[Over()])
    assert one.of("input_audio_buffer.committed")["item_id"] == item


def test_an_empty_buffer_cannot_be_committed():
    one = rig(None)
    one.append(50)
    one.send("input_audio_buffer.commit", event_id="c")
    error = one.error()
    assert error["code"] == "input_audio_buffer_commit_empty" and "50 ms" in error["message"]
    assert one.commands() == []
    one.append(50)
    one.send("input_audio_buffer.commit")
    assert one.types()[0] == "input_audio_buffer.committed"
    one.send("input_audio_buffer.commit")
    assert one.error()["code"] == "input_audio_buffer_commit_empty"


def test_over_a_track_there_is_no_buffer_to_be_empty():
    one = rig(None, rtc=True)
    one.send("input_audio_buffer.commit")
    assert one.types()[0] == "input_audio_buffer.committed"


def test_clear_forgets_what_was_not_committed():
    one = rig(None)
    one.append()
    one.seat.order.clear()
    one.send("input_audio_buffer.clear")
    assert one.types() == ["input_audio_buffer.cleared"]
    assert one.seat.order == ["forget_sound", "command"] and one.commands() == [Discard()]
    one.send("input_audio_buffer.commit")
    assert one.error()["code"] == "input_audio_buffer_commit_empty"


def test_an_item_deleted_before_its_words_are_known_is_erased_with_them():
    one = rig(None)
    one.append()
    one.send("input_audio_buffer.commit")
    item = one.take()[0]["item_id"]
    one.send("conversation.item.delete", item_id=item)
    assert one.types() == ["conversation.item.deleted"]
    one.commands()
    one.step(TurnBegan(1, 0), TurnEnded(1, ms(40)), TurnWords(1, "forget me", final=True))
    assert one.commands() == [Erase("turn:1")]


# --- idle ---------------------------------------------------------------------------------------------------------


def test_after_a_long_silence_duetto_speaks_by_itself():
    one = rig()
    one.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}})
    one.wait(6000)
    assert one.take() == []  # nothing was said yet
    one.step(ReplyBegan(1), sound(1, 6040))
    one.step(ReplyEnded(1, "done"))
    end = one.now
    one.take()
    one.commands()
    one.wait(5000 - 40)
    assert one.take() == []
    one.wait(40)
    triggered, committed, added, done, created = one.take()
    assert triggered["type"] == "input_audio_buffer.timeout_triggered"
    assert triggered["audio_start_ms"] == end // ms(1) and triggered["audio_end_ms"] == one.now // ms(1)
    assert committed["item_id"] == added["item"]["id"] == done["item"]["id"] == triggered["item_id"]
    remember, answer = one.commands()
    assert isinstance(remember, Remember) and remember.who == "system" and "5 seconds" in remember.text
    assert answer == Answer(created["response"]["id"])
    one.wait(6000)
    assert one.take() == []  # once


@pytest.mark.parametrize("what", ["speech", "commit", "reply"])
def test_no_idle_timeout_while_something_goes_on(what):
    one = rig()
    one.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}})
    one.step(ReplyBegan(1), sound(1, 0))
    one.step(ReplyEnded(1, "done"))
    if what == "speech":
        one.step(TurnBegan(1, one.now))
    elif what == "commit":
        one.append()
        one.send("input_audio_buffer.commit")
    else:
        one.step(ReplyBegan(2))
    one.wait(6000)
    assert "input_audio_buffer.timeout_triggered" not in one.types()


# --- transcription sessions ---------------------------------------------------------------------------------------


def test_a_transcription_session_tells_words_as_they_come_and_never_replies():
    one = Rig(transcription=True)
    one.take()
    one.step(TurnBegan(1, 0))
    one.step(TurnWords(1, "good morning"))
    one.step(TurnWords(1, "good morning everybody"))
    assert one.types() == ["input_audio_buffer.speech_started", f"{SPEECH}.delta"]
    one.step(TurnEnded(1, ms(500)), TurnWords(1, "good morning everybody", final=True))
    assert one.of(f"{SPEECH}.completed")["transcript"] == "good morning everybody"
    one.take()
    one.commands()
    one.step(ReplyBegan(3), sound(3, 0), ReplyEnded(3, "cut"))
    assert one.take() == [] and one.commands() == [Stop(3)]
