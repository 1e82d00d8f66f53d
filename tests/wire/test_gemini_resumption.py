"""A conversation outlives its connection, where the client wants it to."""

from __future__ import annotations

from gemini_rig import DONE, MODEL, Rig, Store

from duetto.timeline.command import Brief, Manner, Remember
from duetto.wire.happening import CallMade, ReplyBegan, ReplyEnded, ReplySound


def update(index: str | None = None, handle: str = "handle-seat1") -> dict:
    inside = {"newHandle": handle, "resumable": bool(handle)}
    if index is not None:
        inside["lastConsumedClientMessageIndex"] = index
    return {"sessionResumptionUpdate": inside}


def dropped(store: Store, **resumption) -> Rig:
    rig = Rig(store)
    rig.set_up(sessionResumption=resumption)
    rig.wire.close()
    return rig


def taken_up(store: Store, old: Rig, **setup) -> Rig:
    rig = Rig(store, old.host)
    rig.set_up(sessionResumption={"handle": "handle-seat1"}, **setup)
    return rig


def test_handles_come_after_the_setup_and_after_each_turn():
    rig = Rig(Store())
    rig.set_up(sessionResumption={"transparent": True})
    assert rig.sent == [{"setupComplete": {"sessionId": "seat1"}}, update("0")]
    rig.say(realtimeInput={"text": "Hello."})
    rig.say(realtimeInput={"text": "Hello?"})
    assert rig.happen(ReplyBegan(1), ReplyEnded(1, "done")) == [*DONE, update("2")]


def test_without_the_wish_there_is_no_handle_and_no_waiting():
    store = Store()
    rig = Rig(store)
    seat = rig.set_up()
    assert len(rig.sent) == 1
    rig.wire.close()
    assert seat.closed
    assert not store.detached


def test_a_server_that_keeps_nothing_says_so():
    rig = Rig()
    seat = rig.set_up(sessionResumption={})
    assert rig.sent[1:] == [update(handle="")]
    rig.wire.close()
    assert seat.closed


def test_a_lost_connection_leaves_the_conversation():
    store = Store()
    old = dropped(store)
    assert not old.seat.closed
    assert store.detached == [old.seat]
    assert old.wire.seat is None
    old.wire.close()
    assert store.detached == [old.seat]


def test_a_conversation_that_is_not_kept_ends():
    old = dropped(Store(keeps=False))
    assert old.seat.closed


def test_it_is_taken_up_with_the_settings_of_the_new_setup():
    store = Store()
    old = dropped(store)
    rig = taken_up(
        store,
        old,
        systemInstruction="Be kind.",
        generationConfig={"responseModalities": ["TEXT"]},
        historyConfig={"initialHistoryInClientContent": True},
    )
    assert rig.sent == [{"setupComplete": {"sessionId": "seat1"}}, update()]
    assert len(rig.host.seats) == 1
    assert rig.seat.commands == [Brief(instructions="Be kind."), Manner(speaks=False)]
    rig.say(clientContent={"turnComplete": True})  # what was said before is there already
    assert len(rig.seat.commands) == 4


def test_names_of_what_is_remembered_stay_unique():
    store = Store()
    old = Rig(store)
    old.set_up(sessionResumption={})
    message = {"turns": [{"parts": [{"text": "Hello."}]}]}
    old.say(clientContent=message)
    old.happen()
    old.wire.close()
    rig = taken_up(store, old)
    rig.say(clientContent=message)
    names = [command.source for command in rig.seat.commands if isinstance(command, Remember)]
    assert len(set(names)) == 2


def test_a_reply_that_was_being_said_goes_on():
    store = Store()
    old = dropped(store)
    rig = taken_up(store, old)
    assert rig.happen(ReplyEnded(1, "done")) == []
    (told,) = rig.happen(ReplySound(2, 0, b"\0\0"))
    assert "modelTurn" in told["serverContent"]
    assert rig.happen(ReplyEnded(2, "done")) == [*DONE, update()]


def test_calls_of_before_may_be_answered():
    store = Store()
    old = Rig(store)
    tools = [{"functionDeclarations": [{"name": "light"}]}]
    old.set_up(sessionResumption={}, tools=tools)
    old.happen(CallMade(5, 1, "light", "{}", own=True))
    old.wire.close()
    rig = taken_up(store, old, tools=tools)
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-5", "response": {"output": "on"}}]})
    assert rig.seat.outcomes == [(5, "on", False)]
    # One that the client was not told of is told now.
    (told,) = rig.happen(CallMade(6, 1, "light", "{}", own=True))
    assert told["toolCall"]["functionCalls"][0]["id"] == "function-call-6"


def test_an_unknown_handle_is_refused():
    for store in (None, Store()):
        rig = Rig(store)
        rig.say(setup={"model": MODEL, "sessionResumption": {"handle": "handle-seat9"}})
        assert rig.faults == [(1008, "setup.sessionResumption.handle: no such conversation, or it is too old")]
        assert not rig.host.seats


def test_a_connection_that_is_overtaken_is_over_and_the_conversation_is_not():
    store = Store()
    old = Rig(store)
    seat = old.set_up(sessionResumption={})
    old.wire.let_go()
    assert old.faults == [(1001, "the conversation has been taken up on another connection")]
    assert not seat.closed
    assert not store.detached
    rig = taken_up(store, old)
    seat.end("over")
    assert len(old.faults) == 1
    assert rig.faults == [(1011, "over")]


def test_a_faulty_message_leaves_the_conversation_to_be_taken_up():
    store = Store()
    old = Rig(store)
    seat = old.set_up(sessionResumption={})
    old.raw("{")
    assert len(old.faults) == 1
    assert not seat.closed
    rig = taken_up(store, old)
    assert rig.seat is seat
