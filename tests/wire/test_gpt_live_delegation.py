from __future__ import annotations

from typing import Any

import pytest
from live_rig import Rig, increment

from duetto.timeline.command import Answer, Brief, Remember, Say
from duetto.timeline.payload import Called
from duetto.wire.gpt_live.setting import DELEGATE
from duetto.wire.happening import CallMade, CallWithdrawn, ReplyBegan, ReplyEnded, ReplyText
from duetto.wire.seat import Refused

TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object"}}
OTHER = {"type": "function", "name": "get_time"}


def backend(**fields: Any) -> Rig:
    rig = Rig()
    rig.start(delegation={"type": "responses", "responses": {"model": "gpt-5.5", "tools": [TOOL], **fields}})
    return rig


def weather(call: int = 5, reply: int = 2, city: str = "Rome") -> CallMade:
    return CallMade(call, reply, "get_weather", f'{{"city":"{city}"}}', own=True)


def outcome(rig: Rig, call_id: str, output: Any = "sunny") -> None:
    rig.send("response.item.create", item={"type": "function_call_output", "call_id": call_id, "output": output})


def calls(rig: Rig) -> list[dict[str, Any]]:
    items = [event["item"] for event in rig.nested() if event["type"] == "response.output_item.done"]
    return [item for item in items if item["type"] == "function_call"]


# --- the application does the work ----------------------------------------------------------------------------------


def test_a_task_for_the_application_comes_back_as_commentary() -> None:
    rig = Rig()
    rig.start(delegation={"type": "client"})
    rig.step(CallMade(7, 1, DELEGATE, '{"task":"look"}', own=True))
    (created,) = rig.of("session.delegation.created")
    id = created["delegation"]["id"]
    assert created["delegation"] == {"type": "delegation", "id": id, "target": "client"}
    assert created["offset_ms"] == 40
    rig.send("session.thinking.append", content="Looking.", delegation_id=id)
    assert rig.seat.outcomes == []
    rig.send("session.commentary.append", content="Found it.", delegation_id=id, event_id="c")
    assert rig.seat.outcomes == [(7, "Found it.", False)]
    assert rig.events[-1]["type"] == "session.commentary.appended" and rig.events[-1]["client_event_id"] == "c"
    rig.send("session.commentary.append", content="And more.", delegation_id=id)
    assert rig.seat.commands == [Remember("thinking:0", "system", "Looking."), Say("And more.", tag="commentary:2")]


def test_a_task_that_is_withdrawn_is_spoken_of_no_more_as_its_outcome() -> None:
    rig = Rig()
    rig.start()
    rig.step(CallMade(7, 1, DELEGATE, "{}", own=True))
    id = rig.of("session.delegation.created")[0]["delegation"]["id"]
    rig.step(CallWithdrawn(7))
    rig.send("session.commentary.append", content="Found it.", delegation_id=id)
    assert rig.seat.outcomes == [] and isinstance(rig.seat.commands[0], Say)


def test_where_the_application_does_the_work_there_is_no_backend() -> None:
    rig = Rig()
    rig.start()
    for kind, fields in (("response.create", {}), ("response.item.create", {"item": {"role": "user", "content": "x"}})):
        rig.send(kind, **fields)
        error = rig.error()
        assert error["code"] == "invalid_delegation" and "requires Responses delegation" in error["message"]
    rig.step(CallMade(3, 1, "look_up", "{}", own=False))
    assert not rig.types(), "what the server does by itself is no matter of the application's"


# --- functions of the application -----------------------------------------------------------------------------------


def test_a_function_is_called_and_its_outcome_goes_back() -> None:
    rig = backend()
    rig.step(weather())
    created, *rest = [event for event in rig.events if event["type"] != "session.output_audio.delta"]
    delegation = created["delegation"]
    assert created["type"] == "session.delegation.created" and delegation["target"] == "responses"
    assert {event["delegation_id"] for event in rest} == {delegation["id"]}
    nested = [event["event"] for event in rest]
    assert [event["type"] for event in nested] == [
        "response.created",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in nested] == list(range(6))
    assert nested[0]["response"]["id"] == delegation["response_id"] and nested[0]["response"]["model"] == "gpt-5.5"
    (item,) = calls(rig)
    assert (item["name"], item["arguments"], item["status"]) == ("get_weather", '{"city":"Rome"}', "completed")
    rig.take()
    outcome(rig, item["call_id"], [{"type": "input_text", "text": "sun"}, {"type": "input_text", "text": "ny"}])
    assert rig.seat.outcomes == [(5, "sunny", False)] and not rig.events
    rig.send("response.create")
    assert not rig.seat.commands, "the talk goes on by itself"
    assert [event["type"] for event in rig.nested()] == ["response.created"]
    rig.step(ReplyText(2, "It is sunny."), ReplyText(2, "Enjoy!"), ReplyEnded(2, "done"))
    assert rig.nested()[-1]["type"] == "response.completed"
    assert {event["delegation_id"] for event in rig.of("response.event")} == {delegation["id"]}
    (done,) = [event for event in rig.nested() if event["type"] == "response.output_text.done"]
    assert done["text"] == "It is sunny. Enjoy!"


def test_calls_of_one_reply_at_once_are_one_response_and_are_answered_together() -> None:
    rig = backend()
    rig.step(weather(5), weather(6, city="Oslo"), weather(9, reply=3))
    created = rig.of("session.delegation.created")
    assert len(created) == 2 and len({event["delegation"]["id"] for event in created}) == 2
    kinds = [event["type"] for event in rig.nested()]
    assert kinds.count("response.created") == kinds.count("response.completed") == 2
    first, second, third = [item["call_id"] for item in calls(rig)]
    rig.take()
    outcome(rig, first)
    rig.send("response.create")
    error = rig.error()
    assert error["code"] == "function_call_output_missing" and second in error["message"]
    outcome(rig, third)
    outcome(rig, second)
    assert [call for call, _, _ in rig.seat.outcomes] == [5, 9, 6]
    rig.send("response.create")
    assert [event["type"] for event in rig.nested()] == ["response.created"] * 2


def test_a_later_call_of_the_same_reply_belongs_to_the_same_delegation() -> None:
    rig = backend()
    rig.step(weather(5))
    rig.step(weather(6))
    assert len(rig.of("session.delegation.created")) == 1
    assert len({event["delegation_id"] for event in rig.of("response.event")}) == 1
    assert len({item["call_id"] for item in calls(rig)}) == 2


def test_a_reply_that_is_over_goes_on_no_more() -> None:
    rig = backend()
    rig.step(weather())
    rig.step(ReplyEnded(2, "done"))
    (item,) = calls(rig)
    rig.take()
    outcome(rig, item["call_id"])
    rig.send("response.create")
    assert [event["type"] for event in rig.nested()] == ["response.created", "response.completed"]


def test_an_outcome_that_crosses_a_withdrawal_is_no_fault() -> None:
    rig = backend()
    rig.step(weather())
    rig.step(CallWithdrawn(5))
    (info,) = rig.of("info")
    (item,) = calls(rig)
    assert info["code"] == "function_call_withdrawn" and item["call_id"] in info["message"]
    rig.take()
    outcome(rig, item["call_id"])
    rig.send("response.create")
    assert rig.seat.outcomes == [] and rig.seat.commands == [] and not rig.of("error")


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({}, "missing_required_parameter", "item.type"),
        ({"type": 5}, "unsupported_value", "item.type"),
        ({"type": "reasoning"}, "unsupported_value", "item.type"),
        ({"type": "function_call_output", "call_id": "x"}, "missing_required_parameter", "item.output"),
        ({"type": "function_call_output", "call_id": 1, "output": ""}, "invalid_type", "item.call_id"),
        ({"type": "function_call_output", "call_id": "x", "output": ""}, "function_call_not_found", "item.call_id"),
        ({"type": "message", "role": "critic", "content": ""}, "invalid_value", "item.role"),
        ({"role": "user", "content": "x" * 49_153}, "string_above_max_length", "item.content"),
        (
            {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_image"}]},
            "unsupported_value",
            "item.content[1].type",
        ),
    ],
)
def test_an_item_that_cannot_be_is_refused_with_its_field(item: dict[str, Any], code: str, param: str) -> None:
    rig = backend()
    rig.send("response.item.create", item=item)
    error = rig.error()
    assert (error["code"], error["param"]) == (code, param) and not rig.seat.commands


def test_a_call_is_answered_once() -> None:
    rig = backend()
    rig.step(weather())
    (item,) = calls(rig)
    rig.take()
    outcome(rig, item["call_id"], [{"type": "input_image", "image_url": "data:"}])
    assert rig.error()["param"] == "item.output[0].type"
    outcome(rig, item["call_id"])
    outcome(rig, item["call_id"])
    assert rig.error()["code"] == "function_call_answered"
    assert len(rig.seat.outcomes) == 1


# --- responses that the application asks for ------------------------------------------------------------------------


def test_a_message_and_a_response_to_it() -> None:
    rig = backend()
    rig.send("response.item.create", item={"role": "user", "content": [{"type": "input_text", "text": "Hello"}]})
    rig.send("response.item.create", item={"type": "message", "role": "developer", "content": "Be kind."})
    rig.send("response.create")
    user, developer, answer = rig.seat.commands
    assert (user, developer) == (Remember("item:0", "user", "Hello"), Remember("item:1", "system", "Be kind."))
    assert isinstance(answer, Answer)
    rig.step(ReplyBegan(4, answer.tag), ReplyText(4, "Hi."))
    rig.step(ReplyEnded(4, "done"))
    assert [event["delegation_id"] for event in rig.of("response.event")] == [None] * 8
    assert [event["type"] for event in rig.nested()] == [
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]


def test_a_response_that_fails_or_is_crowded_out_has_an_end() -> None:
    rig = backend()
    rig.send("response.create")
    (answer,) = rig.seat.commands
    assert isinstance(answer, Answer)
    rig.step(ReplyBegan(4, answer.tag), ReplyEnded(4, "failed", "no model"))
    assert rig.nested()[-1]["response"]["error"]["message"] == "no model"
    rig.take()
    for _ in range(17):
        rig.send("response.create")
    assert [event["type"] for event in rig.nested()].count("response.failed") == 1
    rig.take()
    rig.seat.refuse = Refused("flood", "too many commands wait")
    rig.send("response.create")
    assert rig.error()["code"] == "rate_limit_exceeded"


def test_what_the_server_does_by_itself_is_told_from_its_beginning_to_its_end() -> None:
    rig = backend()
    for number, (failed, kind) in enumerate(((False, "response.completed"), (True, "response.failed"))):
        rig.step(CallMade(number, number, "look_up", "{}", own=False))
        (created,) = rig.of("session.delegation.created")
        assert created["delegation"]["target"] == "responses" and not calls(rig)
        done = Called(number, "look_up", "{}", "42", failed)
        rig.step(edits=[increment(90 + number, "tools", 0, rig.now, done, "committed")])
        assert rig.nested()[-1]["type"] == kind
        rig.take()
    rig.step(CallMade(7, 7, "look_up", "{}", own=False))
    rig.step(CallWithdrawn(7))
    assert rig.nested()[-1]["type"] == "response.failed"


# --- what may be changed --------------------------------------------------------------------------------------------


def test_the_backend_s_setting_may_be_changed_in_part() -> None:
    rig = backend(instructions="Use tools.", max_output_tokens=100)
    delegation = {"type": "responses", "responses": {"tools": [TOOL, OTHER], "tool_choice": "none"}}
    rig.send("session.update", session={"delegation": delegation}, event_id="u")
    (updated,) = rig.take()
    assert updated["type"] == "session.updated" and updated["client_event_id"] == "u"
    assert updated["session"]["delegation"]["responses"] == {
        "model": "gpt-5.5",
        "instructions": "Use tools.",
        "max_output_tokens": 100,
        "tools": [TOOL, OTHER],
        "tool_choice": "none",
    }
    (brief,) = rig.seat.commands
    assert isinstance(brief, Brief) and brief.instructions == "Use tools." and brief.choice == "none"
    assert [offer.name for offer in brief.offers or ()] == ["get_weather", "get_time"]
    rig.send("session.update", session={"triggers": []})
    rig.send("session.update", session={"delegation": {"type": "responses", "acknowledgement_delay_ms": 5}})
    assert rig.types() == ["session.updated"] * 2 and len(rig.seat.commands) == 1


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"instructions": "x"}, "session.instructions"),
        ({"delegation": {"type": "client"}}, "session.delegation.type"),
        ({"delegation": {"type": "decisions"}}, "session.delegation.type"),
        ({"delegation": {"type": "responses", "responses": {"tools": [{"type": "mcp"}]}}}, None),
        ({"delegation": {"type": "responses", "responses": {"seed": 1}}}, "session.delegation.responses.seed"),
        ({"triggers": [{}]}, "session.triggers"),
    ],
)
def test_what_may_not_be_changed_stays(session: dict[str, Any], param: str | None) -> None:
    rig = backend()
    rig.send("session.update", session=session)
    assert rig.error()["param"] == (param or "session.delegation.responses.tools[0].type")
    assert not rig.seat.commands
