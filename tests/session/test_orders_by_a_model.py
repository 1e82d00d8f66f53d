"""Whole conversations in which a scripted language model gives, keeps and ends standing orders."""

from __future__ import annotations

import json
from typing import Any

from duetto.assembly import model_of
from duetto.brain.chat.model import CallRequest
from duetto.interaction.action import AskBrain, Fire, Unfire, Unwatch, Watch
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.script import At, Cue, Hears, Quiet, Says
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.timeline.clock import s
from duetto.timeline.payload import Heard, Shown

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
GERMAN = CallRequest(
    "stand_order",
    json.dumps(
        {"name": "german", "when": {"kind": "clauses"}, "say": "To German: {word}", "asks": True, "manner": "over"}
    ),
)
CAPTIONS = CallRequest(
    "stand_order",
    json.dumps({"name": "captions", "when": {"kind": "clauses"}, "say": "{word}", "manner": "text"}),
)
SPRING = Rule("to german: the house was built in spring", "Das Haus wurde im Frühling gebaut,", noted=True)
ROOF = Rule("to german: and the roof came later", "und das Dach kam später,", noted=True)
RAIN = Rule("to german: because of the rain", "wegen des Regens.", noted=True)
LISTENS = Rule("", "[wait]")
LONG = "the house was built in spring and the roof came later because of the rain"
WHOLE = "Das Haus wurde im Frühling gebaut, und das Dach kam später, wegen des Regens."
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


# --- speech behind speech -----------------------------------------------------------------------------------------


def translated(stage: Any, says: str, *rules: Rule, hears: str | None = None) -> Recording:
    stage.model = chat(Rule("translate", "I will.", (GERMAN,)), SPRING, ROOF, RAIN, *rules, LISTENS)
    script = (Cue(At(s(0.5)), (Says("translate for me"),)), Cue(Quiet(s(1)), (Says(says),)))
    return stage.play(script, hears=None if hears is None else ["translate for me", hears])


def test_a_running_translation_comes_clause_by_clause_behind_the_speaker(stage: Any) -> None:
    recording = translated(stage, LONG)
    assert heard(recording) == f"I will. {WHOLE}"
    begins = [e.span.start for m in recording for o in m.outputs for e in o.edits if isinstance(e.payload, Heard)]
    notes = [one.note for one in actions(recording, AskBrain) if one.note]
    assert len(notes) == 3 and not actions(recording, Unfire) and begins == sorted(begins)
    said_at = next(m.span.end for m in recording for o in m.outputs for a in o.actions if isinstance(a, Fire))
    assert said_at < max(begins), "it does not wait for the end"
    the_same_again(recording)


def test_words_that_change_before_anything_was_heard_are_translated_anew_and_nothing_twice(stage: Any) -> None:
    hears = "the house was built in string/spring and the roof came later because of the rain"
    wrong = Rule("built in string", "Das Haus wurde an einer Schnur gebaut,", noted=True)
    recording = translated(stage, LONG, wrong, hears=hears)
    assert heard(recording) == f"I will. {WHOLE}", "words changed after being heard: none"
    the_same_again(recording)


def test_captions_stand_as_text_while_the_user_speaks(stage: Any) -> None:
    stage.model = chat(Rule("captions", "Here they come.", (CAPTIONS,)), LISTENS)
    recording = stage.play((Cue(At(s(0.5)), (Says("show captions"),)), Cue(Quiet(s(1)), (Says(LONG),))))
    edits = [e for m in recording for o in m.outputs for e in o.edits]
    shown = [
        e.payload.text for e in edits if isinstance(e.payload, Shown) and e.payload.text not in ("Here they", "come.")
    ]
    assert shown == ["the house was built in spring", "and the roof came later", "because of the rain"]
    assert heard(recording) == "Here they come."
