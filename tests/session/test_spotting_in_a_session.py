"""An order on a word, given by a program, is carried out in the middle of what the user says, whatever that is."""

from __future__ import annotations

from typing import Any

import msgspec

from duetto.assembly import model_of
from duetto.interaction.action import Fire
from duetto.perception.audio.recogniser import RecogniserSettings, make_handler
from duetto.recording.picture.facts import gather
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.script import At, Cue, Quiet, Says
from duetto.timeline.clock import s
from duetto.timeline.command import Command, Give
from duetto.timeline.language import Language
from duetto.timeline.order import Order, Words
from duetto.workers.inline import InlineWorker

STOP = Order("basically", Words(("basically",)), "Stop.", what='I say stop when you say "basically"')
FREE = "the engine is basically the same one they built twenty years ago with a better pump"


class Once:
    """Commands that are there from the beginning."""

    def __init__(self, *commands: Command) -> None:
        self._commands = commands

    def take(self) -> tuple[Command, ...]:
        taken, self._commands = self._commands, ()
        return taken


def test_an_order_on_a_word_fires_in_the_middle_of_free_speech(stage: Any) -> None:
    settings = RecogniserSettings(language=Language(phrases=("what time is it", "stop")))  # knows nothing of engines
    handler = make_handler(msgspec.json.encode(settings).decode())
    stage.replaced["recogniser"] = InlineWorker("recogniser", handler)
    stage.commands = Once(Give(STOP))
    recording = stage.play((Cue(At(s(0.5)), (Says(FREE),)), Cue(Quiet(s(2)), ())))
    fires = [(o.at, a) for m in recording for o in m.outputs for a in o.actions if isinstance(a, Fire)]
    ((at, fire),) = fires
    assert (fire.order, fire.n, fire.text) == ("basically", 1, "Stop.")
    facts = gather(recording, 0, 2**62)
    voicing = max(facts.voicings, key=lambda span: span.duration)
    assert voicing.start < at < voicing.start + s(1.7), "a word of its first second and a half"
    stop = next(said.span.start for said in facts.heard if said.text.startswith("Stop"))
    assert voicing.start < stop < voicing.end - s(1.5), "while the user goes on"
    assert replay(Recording.open(recording.path), model_of).identical
