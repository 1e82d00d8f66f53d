"""Whole conversations with a scripted language model: what was heard, what was decided, what the model was told."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from duetto.assembly import model_of
from duetto.brain.chat.model import CallRequest
from duetto.brain.tools import Report, tool
from duetto.interaction.action import AbortCall, AskBrain, CallTool, DeclineCall, TrimReply
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.script import After, At, Cue, Hears, Quiet, Says, Types
from duetto.testing.model import Asked, Rule, Script, ScriptedChat
from duetto.testing.model import Fault as ModelFault
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment
from duetto.timeline.payload import Called, Heard, Notice

WEATHER = "In Dresden it will be fine tomorrow, with sun until noon. The high is twenty degrees. Take a coat."
ASKS = Cue(At(s(0.5)), (Says("what is the weather in dresden tomorrow"),))
TWELVE = Rule("twelve", "Eighty four.")
"""What is asked at the end, to see that the conversation goes on."""
AND_THEN = Cue(Quiet(s(1)), (Says("what is twelve times seven"),))


def edits(recording: Recording, kind: type) -> list[Increment]:
    return [e for m in recording for o in m.outputs for e in o.edits if isinstance(e.payload, kind)]


def heard(recording: Recording) -> str:
    return " ".join(e.payload.text for e in edits(recording, Heard))  # type: ignore[union-attr]


def actions(recording: Recording, kind: type) -> list[Any]:
    return [a for m in recording for o in m.outputs for a in o.actions if isinstance(a, kind)]


def the_same_again(recording: Recording) -> None:
    report = replay(Recording.open(recording.path), model_of)
    assert report.identical, report


def chat(*rules: Rule, **script: Any) -> ScriptedChat:
    return ScriptedChat(Script(rules, **script))


def told(asked: Asked, role: str) -> str:
    """What a request has of one side of the talk, before the present words."""
    return " ".join(str(m["content"]) for m in asked.messages[1:-1] if m["role"] == role and m["content"])


# --- amendment ------------------------------------------------------------------------------------------------


def test_a_spoken_amendment_cuts_the_rest_and_comes_in_its_place(stage: Any) -> None:
    stage.model = chat(Rule("thursday", "Thursday, then: rain, eleven degrees."), Rule("weather", WEATHER), TWELVE)
    recording = stage.play((ASKS, Cue(Hears("noon"), (Says("no for thursday please"),)), AND_THEN))
    assert heard(recording) == (
        "In Dresden it will be fine tomorrow, with sun until noon. Thursday, then: rain, eleven degrees. Eighty four."
    )
    answered = next(r.asked for r in reversed(stage.model.requests) if r.asked.words == "no for thursday")
    assert answered.heard == "In Dresden it will be fine tomorrow, with sun until noon."
    assert answered.unsaid == "The high is twenty degrees. Take a coat."
    the_same_again(recording)


def test_a_typed_amendment_lets_the_clause_end(stage: Any) -> None:
    stage.model = chat(Rule("thursday", "Thursday, then: rain, eleven degrees."), Rule("weather", WEATHER))
    recording = stage.play((ASKS, Cue(Hears("the"), (Types("no, for Thursday", 40),))))
    assert heard(recording) == (
        "In Dresden it will be fine tomorrow, with sun until noon. The high is twenty degrees. "
        "Thursday, then: rain, eleven degrees."
    )
    assert len(actions(recording, TrimReply)) == 1
    the_same_again(recording)


@pytest.mark.parametrize("word", ["fine", "noon", "high"])
@pytest.mark.parametrize("does", [Says("wait which one"), Types("wait, which one?", 40)])
def test_a_question_in_between_is_answered_and_what_was_unsaid_follows(stage: Any, word: str, does: Any) -> None:
    stage.model = chat(Rule("which one", "The one in Saxony. [go on]"), Rule("weather", WEATHER))
    recording = stage.play((ASKS, Cue(Hears(word), (does,))))
    found = heard(recording)
    assert found.count("The one in Saxony.") == 1 and found != f"{WEATHER} The one in Saxony."
    assert " ".join(found.replace("The one in Saxony.", "").split()) == WEATHER, "nothing is lost, or said twice"
    the_same_again(recording)


def test_what_is_for_others_changes_nothing(stage: Any) -> None:
    stage.model = chat(Rule("salt", "[wait]"), Rule("weather", WEATHER), TWELVE)
    recording = stage.play((ASKS, Cue(Hears("fine"), (Says("pass me the salt please"),)), AND_THEN))
    assert heard(recording) == f"{WEATHER} Eighty four."


# --- history --------------------------------------------------------------------------------------------------


def test_the_model_is_told_what_was_heard_and_nothing_else(stage: Any) -> None:
    stage.model = chat(Rule("thursday", "Thursday, then: rain."), Rule("weather", WEATHER), TWELVE)
    recording = stage.play((ASKS, Cue(Hears("noon"), (Says("no for thursday please"),)), AND_THEN))
    last = stage.model.requests[-1].asked
    assert last.words == "what is twelve times seven"
    assert told(last, "assistant").split() == heard(recording).removesuffix(" Eighty four.").split()
    assert "twenty degrees" not in str(last.messages)
    for said in ("what is the weather in dresden tomorrow", "no for thursday please"):
        assert str(last.messages[:-1]).count(said) == 1


def test_what_a_slow_model_says_in_pieces_is_told_once(stage: Any) -> None:
    stage.model = chat(Rule("weather", "Well. It will be fine. Good bye.", rate=1.5), TWELVE)
    recording = stage.play((ASKS, Cue(After(s(13)), (Says("what is twelve times seven"),))))
    assert heard(recording) == "Well. It will be fine. Good bye. Eighty four."
    assert told(stage.model.requests[-1].asked, "assistant") == "Well. It will be fine. Good bye."


def test_a_draft_that_was_not_given_is_not_in_the_talk(stage: Any) -> None:
    stage.model = chat(Rule("tomorrow", "Fine."), Rule("weather", "Of which town?"), TWELVE)
    recording = stage.play((ASKS, AND_THEN))
    assert heard(recording) == "Fine. Eighty four."
    assert "town" not in str(stage.model.requests[-1].asked.messages)


# --- tools ----------------------------------------------------------------------------------------------------


def test_an_outcome_is_woven_in_while_the_talk_goes_on(stage: Any) -> None:
    @tool(takes=s(4))
    def get_weather(report: Report, city: str) -> str:
        """The weather."""
        report("still looking")
        return f"rain in {city}"

    stage.tools = (get_weather,)
    stage.model = chat(
        Rule("rain", "It rains in Dresden. [go on]", outcome=True),
        Rule("story", "Once there was a keeper, who lived by the sea. One night it blew. The light went out."),
        Rule("weather", "Let me look.", (CallRequest("get_weather", '{"city": "Dresden"}'),)),
        TWELVE,
    )
    recording = stage.play((ASKS, Cue(Hears("look"), (Says("tell me the story meanwhile"),)), AND_THEN))
    found = heard(recording)
    assert found.startswith("Let me look. Once there was a keeper,") and found.endswith("Eighty four.")
    assert found.count("It rains in Dresden.") == 1
    story = "Once there was a keeper, who lived by the sea. One night it blew. The light went out."
    assert " ".join(found.replace("It rains in Dresden.", "").split()) == f"Let me look. {story} Eighty four."
    assert [e.payload.text for e in edits(recording, Called) if e.status == "committed"] == ["rain in Dresden"]  # type: ignore[union-attr]
    assert stage.model.requests[-1].asked.messages[-2]["role"] != "user", "the outcome, and what was said of it"
    the_same_again(recording)


def test_an_outcome_with_nobody_speaking_is_simply_said(stage: Any) -> None:
    @tool(takes=s(2))
    async def get_weather(city: str) -> dict[str, Any]:
        """The weather."""
        return {"city": city, "weather": "rain"}

    stage.tools = (get_weather,)
    stage.model = chat(
        Rule("rain", "It rains in Dresden.", outcome=True),
        Rule("weather", "Let me look.", (CallRequest("get_weather", '{"city": "Dresden"}'),)),
    )
    recording = stage.play((ASKS,))
    assert heard(recording) == "Let me look. It rains in Dresden."
    assert [a.how for a in actions(recording, AskBrain) if not a.draft] == ["tool"]
    the_same_again(recording)


@pytest.mark.parametrize(
    ("answer", "calls", "declined", "said"),
    [
        (Says("yes please"), ["order"], [], "They are coming."),
        (Types("yes", 20), ["order"], [], "They are coming."),
        (Says("no"), [], ["order"], "Then not."),
        (Says("what do they cost"), [], ["order"], "Nine each."),
    ],
)
def test_what_the_user_is_asked_about_is_done_on_a_yes_only(
    stage: Any, answer: Any, calls: list[str], declined: list[str], said: str
) -> None:
    ordered: list[int] = []

    @tool(confirm="Shall I order {count} pizzas?", takes=s(1))
    def order(count: int) -> str:
        """Order pizzas."""
        ordered.append(count)
        return "ordered"

    stage.tools = (order,)
    stage.model = chat(
        Rule("ordered", "They are coming.", outcome=True),
        Rule("pizzas", "Gladly.", (CallRequest("order", '{"count": 2}'),)),
        Rule("cost", "Nine each."),
        Rule("no", "Then not."),
    )
    recording = stage.play((Cue(At(s(0.5)), (Says("please order two pizzas"),)), Cue(Quiet(s(0.5)), (answer,))))
    assert heard(recording) == f"Gladly. Shall I order 2 pizzas? {said}"
    assert [a.name for a in actions(recording, CallTool)] == calls
    assert [a.name for a in actions(recording, DeclineCall)] == declined
    assert ordered == [2] * len(calls)
    the_same_again(recording)


def test_a_change_of_mind_withdraws_the_call_and_its_outcome_is_never_heard(stage: Any) -> None:
    @tool(takes=s(6))
    def search(what: str) -> str:
        """Search for something."""
        return f"found {what}"

    stage.tools = (search,)
    stage.model = chat(
        Rule("found trains", "There are trains.", outcome=True),
        Rule("found planes", "There are planes.", outcome=True),
        Rule(
            "planes",
            "Planes, then.",
            (CallRequest("withdraw_call", '{"call": 1}'), CallRequest("search", '{"what": "planes"}')),
        ),
        Rule("trains", "Let me look.", (CallRequest("search", '{"what": "trains"}'),)),
        TWELVE,
    )
    recording = stage.play(
        (
            Cue(At(s(0.5)), (Says("look up the trains"),)),
            Cue(Quiet(s(0.3)), (Says("no rather planes please"),)),
            Cue(Hears("are"), (Says("what is twelve times seven", delay=ms(900)),)),
        )
    )
    found = heard(recording)
    assert "trains" not in found and found == "Let me look. Planes, then. There are planes. Eighty four."
    first, last = actions(recording, CallTool)[0], actions(recording, CallTool)[-1]
    assert first.call in [a.call for a in actions(recording, AbortCall)] and "planes" in last.arguments
    revoked = [e.payload.call for e in edits(recording, Called) if e.status == "revoked"]  # type: ignore[union-attr]
    assert first.call in revoked
    assert "found trains" not in str(stage.model.requests[-1].asked.messages)
    the_same_again(recording)


def test_what_is_done_on_a_guess_that_did_not_hold_is_forgotten(stage: Any) -> None:
    looked: list[str] = []

    @tool(takes=s(3))
    async def get_weather(city: str) -> str:
        """The weather."""
        looked.append(city)
        return f"rain in {city}"

    stage.tools = (get_weather,)
    stage.model = chat(
        Rule("rain in Bonn", "It rains in Bonn.", outcome=True),
        Rule("", "It rains.", outcome=True),
        Rule("bonn$", "In Bonn.", (CallRequest("get_weather", '{"city": "Bonn"}'),)),
        Rule("dresden", "In Dresden.", (CallRequest("get_weather", '{"city": "Dresden"}'),)),
        first_token=ms(40),
    )
    recording = stage.play((Cue(At(s(0.5)), (Says("what is the weather in dresden no in bonn"),)),))
    assert heard(recording).removeprefix("Uh-huh. ") == "In Bonn. It rains in Bonn."
    assert "Dresden" in looked, "it was looked up on a guess"
    the_same_again(recording)


def test_a_tool_that_fails_is_told_as_it_is(stage: Any) -> None:
    @tool(limit_s=1.0, takes=s(9))
    async def get_weather(city: str) -> str:
        """The weather."""
        return "never"

    stage.tools = (get_weather,)
    stage.model = chat(
        Rule("took longer than 1 s", "The weather does not answer.", outcome=True),
        Rule("weather", "Let me look.", (CallRequest("get_weather", '{"city": "Dresden"}'),)),
    )
    assert heard(stage.play((ASKS,))) == "Let me look. The weather does not answer."


def test_a_model_that_calls_without_end_answers_at_last(stage: Any) -> None:
    @tool(takes=ms(300))
    async def get_weather(city: str = "") -> str:
        """The weather."""
        return "try again"

    again = (CallRequest("get_weather", "{}"),)
    stage.tools = (get_weather,)
    stage.model = chat(Rule("again", "", again, outcome=True), Rule("weather", "Let me look.", again), TWELVE)
    recording = stage.play((ASKS, AND_THEN))
    rounds = stage.settings.cascade.interaction.most_rounds
    depths = [a.may_call for a in actions(recording, AskBrain) if a.how == "tool"]
    assert depths == [True] * (rounds - 1) + [False]
    assert heard(recording).endswith("Eighty four.")


# --- trouble --------------------------------------------------------------------------------------------------

FAULTS = [fault for fault in get_args(ModelFault) if fault]
PASSES = {"busy", "broken", "hang", "overflow"}


@pytest.mark.parametrize("fault", FAULTS)
def test_trouble_that_does_not_pass_is_said_and_the_talk_goes_on(stage: Any, fault: ModelFault) -> None:
    stage.model = chat(Rule("weather", WEATHER, fault=fault), Rule("broke", "", fault="broken"), TWELVE)
    recording = stage.play((ASKS, Cue(Quiet(s(9)), (Says("what is twelve times seven"),), s(60))))
    found = heard(recording)
    assert "Sorry" in found and found.endswith("Eighty four.")
    assert any(e.payload.part == "brain" for e in edits(recording, Notice))  # type: ignore[union-attr]
    said = re.sub(r"Sorry, .*? (now|there)\.|One moment\.|Eighty four\.", "", found).split()
    assert said == WEATHER.split()[: len(said)], "what was said before it broke off is said once"
    the_same_again(recording)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "refused"])
def test_trouble_that_passes_is_hardly_noticed(stage: Any, fault: ModelFault) -> None:
    rest = Rule("broke", "and the rest of it.")
    stage.model = chat(
        rest, Rule("tomorrow", "All fine. Really, yes.", fault=fault, times=1), Rule("tomorrow", "Fine.")
    )
    recording = stage.play((ASKS,))
    found = heard(recording).replace("One moment. ", "")
    assert found in (("Fine.",) if fault in PASSES else ("All fine. and the rest of it.",)), found
    the_same_again(recording)


def test_a_fault_while_amending_leaves_the_talk_alive(stage: Any) -> None:
    stage.model = chat(Rule("thursday", "Never.", fault="refused"), Rule("weather", WEATHER), TWELVE)
    recording = stage.play((ASKS, Cue(Hears("noon"), (Types("no, for Thursday", 40),)), AND_THEN))
    found = heard(recording)
    assert "Sorry" in found and found.endswith("Take a coat. Eighty four."), "what was set aside is not lost"


def test_a_yes_said_into_the_question_is_one(stage: Any) -> None:
    @tool(confirm="Shall I order them for you now?", takes=s(1))
    def order() -> str:
        return "ordered"

    stage.tools = (order,)
    stage.model = chat(
        Rule("ordered", "They are coming.", outcome=True),
        Rule("pizzas", "Gladly.", (CallRequest("order", "{}"),)),
        Rule("yes", "[wait]"),
    )
    recording = stage.play((Cue(At(s(0.5)), (Says("please order two pizzas"),)), Cue(Hears("order"), (Says("yes"),))))
    assert [a.name for a in actions(recording, CallTool)] == ["order"]
    assert heard(recording).endswith("They are coming.")
    the_same_again(recording)
