"""Whole conversations in which a scripted language model gives, keeps and ends standing orders."""

from __future__ import annotations

import json
from typing import Any

from duetto.assembly import model_of
from duetto.brain.chat.model import CallRequest
from duetto.interaction.action import AskBrain, Fire, Unwatch, Watch
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.script import At, Cue, Hears, Quiet, Says
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.timeline.clock import s
from duetto.timeline.payload import Heard

BREATHE = CallRequest(
    "stand_order",
    json.dumps({"name": "breathe", "when": {"kind": "every", "seconds": 3}, "say": "Breathe."}),
)
UM = CallRequest(
    "stand_order",
    json.dumps({"name": "um", "when": {"kind": "words", "phrases": ["basically"]}, "say": "Basically, {n}."}),
)
ASKED = CallRequest(
    "stand_order",
    json.dumps({"name": "joke", "when": {"kind": "moment", "in_s": 3}, "say": "Tell a joke.", "asks": True}),
)
END = CallRequest("end_order", '{"names": ["breathe"]}')


def actions(recording: Recording, kind: type) -> list[Any]:
    return [a for m in recording for o in m.outputs for a in o.actions if isinstance(a, kind)]


def heard(recording: Recording) -> str:
    return " ".join(
        e.payload.text for m in recording for o in m.outputs for e in o.edits if isinstance(e.payload, Heard)
    )


def the_same_again(recording: Recording) -> None:
    report = replay(Recording.open(recording.path), model_of)
    assert report.identical, report


def chat(*rules: Rule) -> ScriptedChat:
    return ScriptedChat(Script(rules))


def test_an_order_is_stated_kept_told_and_ended_by_voice(stage: Any) -> None:
    stage.model = chat(
        Rule("stop", "All right, no more.", (END,)),
        Rule("breathe", "All right, every three seconds.", (BREATHE,)),
    )
    recording = stage.play(
        (
            Cue(At(s(0.5)), (Says("remind me to breathe every three seconds"),)),
            Cue(At(s(11)), (Says("stop that please"),)),
            Cue(Quiet(s(5)), (Says("stop it now"),)),
        )
    )
    found = heard(recording)
    assert found.startswith("All right, every three seconds. Breathe. Breathe.")
    assert [one.order.name for one in actions(recording, Watch)] == ["breathe"], "drafts give nothing twice"
    assert [one.name for one in actions(recording, Unwatch)] == ["breathe"]
    times = [m.span.end for m in recording for o in m.outputs for a in o.actions if isinstance(a, Fire)]
    assert len(times) == found.count("Breathe.") >= 2
    told = [request.asked.state for request in stage.model.requests if "breathe (every 3 s" in request.asked.state]
    assert told and 'say "Breathe."' in told[0]
    assert "no order stands" in str(stage.model.requests[-1].asked.messages), "the second time there is none to end"
    the_same_again(recording)


def test_a_draft_that_does_not_hold_gives_no_order(stage: Any) -> None:
    stage.model = chat(
        Rule("never mind", "Nothing, then."),
        Rule("breathe", "All right, every three seconds.", (BREATHE,)),
    )
    recording = stage.play((Cue(At(s(0.5)), (Says("remind me to breathe every three seconds… no never mind"),)),))
    assert heard(recording) == "Nothing, then." and not actions(recording, Watch)
    assert any(request.performance.calls for request in stage.model.requests), "a draft stated one"


def test_a_word_within_the_users_speech_is_answered_in_it(stage: Any) -> None:
    stage.model = chat(Rule("whenever", "I will.", (UM,)), Rule("", "[wait]"))
    recording = stage.play(
        (
            Cue(At(s(0.5)), (Says("stop me whenever i say that word"),)),
            Cue(Quiet(s(1)), (Says("so this is basically how it works in the long run and that is all"),)),
        )
    )
    assert heard(recording).startswith("I will. Basically, 1.")


def test_an_order_that_asks_the_model_is_answered_by_it_and_cannot_order(stage: Any) -> None:
    stage.model = chat(
        Rule("later", "In three seconds.", (ASKED,)),
        Rule("", "A joke it is.", (BREATHE,)),
    )
    recording = stage.play((Cue(At(s(0.5)), (Says("tell me a joke later"),)), Cue(Hears("joke"), ())))
    assert heard(recording) == "In three seconds. A joke it is."
    assert [one.order.name for one in actions(recording, Watch)] == ["joke"]
    asked = [one for one in actions(recording, AskBrain) if one.how == "told"]
    assert len(asked) == 1 and "Tell a joke." in asked[0].note
