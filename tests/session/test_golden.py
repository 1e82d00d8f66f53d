"""Golden traces: whole conversations, event by event. Each line is a promise; look at a change before accepting it.

Write them anew with `DUETTO_GOLDEN=write make test`, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from duetto.assembly import model_of
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.recording.trace import trace
from duetto.simulation.script import After, At, Cue, Hears, Quiet, Says, Types, Walks
from duetto.timeline.clock import ms, s

GOLDEN = Path(__file__).parent / "golden"

CONVERSATIONS: dict[str, tuple[tuple[Cue, ...], tuple[str, ...] | None]] = {
    "question": ((Cue(At(s(0.5)), (Says("what is twelve times seven"),)),), None),
    "revised": (
        (Cue(At(s(0.5)), (Says("set a timer for ten seconds"),)),),
        ("set/said a the/timer timer/for for/four ten seconds",),
    ),
    "pause_inside_a_request": (
        (Cue(At(s(0.5)), (Says("remind me every two seconds … to breathe", ms(700)),)), Cue(After(s(9)), ())),
        None,
    ),
    "interruption": (
        (Cue(At(s(0.5)), (Says("count to twenty"),)), Cue(Hears("four"), (Says("what is two plus two", delay=ms(9)),))),
        None,
    ),
    "backchannel": (
        (Cue(At(s(0.5)), (Says("read me the story"),)), Cue(Hears("keeper"), (Says("yeah", delay=ms(10)),)),
         Cue(After(s(4)), (Says("stop"),))),
        None,
    ),
    "typing_while_duetto_speaks": (
        (Cue(At(s(0.5)), (Says("read me the story"),)), Cue(Hears("keeper"), (Types("what is 3 times 4", 20),)),
         Cue(After(s(7)), (Says("stop"),))),
        None,
    ),
    "seen": (
        (Cue(At(s(0.5)), (Says("tell me when you see something move"),)), Cue(Quiet(s(1)), (Walks(0.4, 1.5),)),
         Cue(Quiet(s(3)), (Says("what do you see"),))),
        None,
    ),
    "reminder_over_the_user": (
        (Cue(At(s(0.5)), (Says("remind me every three seconds to breathe"),)),
         Cue(Quiet(s(0.5)), (Says("note that the door code is four five six and the garden key is under the stone"),)),
         Cue(Quiet(s(1)), (Says("stop reminding me"),))),
        None,
    ),
    "half_a_request": (
        (Cue(At(s(0.5)), (Says("what is twelve times"),)), Cue(Quiet(s(0.6)), (Says("seven"),))),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_whole_conversation_goes_as_it_did(stage: Any, name: str) -> None:
    script, hears = CONVERSATIONS[name]
    recording = stage.play(script, hears=hears, name=name)
    found = trace(recording)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("DUETTO_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(found)
    assert found.splitlines() == path.read_text().splitlines()
    report = replay(Recording.open(recording.path), model_of)
    assert report.identical, report
