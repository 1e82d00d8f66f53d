"""Conversations in which an endpointer judges pauses by their sound: what it says moves the reply, and nothing else."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from duetto.assembly import with_endpointer
from duetto.models.cascade import Cascade, CascadeSettings
from duetto.perception.audio.endpointing import EndpointerSettings, EndpointHandler
from duetto.perception.audio.pipeline import AudioSettings
from duetto.recording.reader import Recording
from duetto.recording.trace import trace
from duetto.simulation.script import After, At, Cue, Says
from duetto.testing.endpointer import ScriptedEndpointer
from duetto.testing.handlers import HungHandler
from duetto.timeline.arrival import Finished
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.payload import Ending, Heard, Notice, Voicing
from duetto.timeline.turn import Turn
from duetto.workers.inline import InlineWorker
from duetto.workers.thread import ThreadWorker

SCRIPT = (Cue(At(s(0.5)), (Says("what is twelve times"),)), Cue(After(s(4)), ()))


def edits(recording: Recording, kind: type) -> list[Any]:
    return [e for m in recording for o in m.outputs for e in o.edits if isinstance(e.payload, kind)]


def waited(recording: Recording) -> int:
    """From the end of the user's voice to the first word heard (ns)."""
    (voice,) = [e for e in edits(recording, Voicing) if e.status == "committed"]
    return edits(recording, Heard)[0].span.start - voice.span.end


def play(stage: Any, *finished: float, name: str) -> Recording:
    stage.settings = with_endpointer(stage.settings, EndpointerSettings())
    stage.replaced["endpointer"] = InlineWorker("endpointer", EndpointHandler(ScriptedEndpointer(finished)))
    return stage.play(SCRIPT, name=name)


def test_half_a_request_is_waited_for_as_it_sounds(stage: Any) -> None:
    usual = waited(stage.play(SCRIPT))
    done, not_done = play(stage, 0.95, name="done"), play(stage, 0.05, name="not-done")
    assert waited(done) < usual - ms(200) and waited(not_done) > usual + ms(200)
    assert [e.payload.probability for e in edits(done, Ending)] == [0.95]
    assert "finished 0.95" in trace(done)


def test_one_that_hangs_changes_nothing(stage: Any) -> None:
    usual = waited(stage.play(SCRIPT))
    stage.settings = with_endpointer(stage.settings, EndpointerSettings())
    stage.settings = replace(stage.settings, crew=replace(stage.settings.crew, patience=0.05, restarts=1))
    let_go = threading.Event()
    stage.replaced["endpointer"] = ThreadWorker("endpointer", lambda: HungHandler(let_go), stage.bell)
    recording = stage.play(SCRIPT, name="hung")
    let_go.set()
    assert waited(recording) == usual
    assert any(e.payload.part == "endpointer" for e in edits(recording, Notice)), "the recording names it"


def test_what_it_says_counts_in_whichever_round_it_comes() -> None:
    cascade = Cascade(CascadeSettings(audio=AudioSettings(judges_ends=True)), epoch_ns=0)
    span = Span(0, ms(40))
    cascade.step(Turn(0, 0, span))
    output = cascade.step(Turn(0, 1, span, arrivals=(Finished(1, ms(20), 0.7),)))
    assert [e.payload for e in output.edits if isinstance(e.payload, Ending)] == [Ending(0.7)]
