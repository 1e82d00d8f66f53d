"""What the user of the demo does. Everything duetto does about it, it does by itself."""

from __future__ import annotations

from typing import Final

from duetto.simulation.script import After, At, Cue, Hears, Quiet, Says, Types, Walks, Waves
from duetto.timeline.clock import s

SCRIPT: Final = (
    # A question, answered by voice.
    Cue(At(s(1)), (Says("what is twelve times seven"),)),
    # The user cuts in: duetto ducks, falls silent, and takes the new question.
    Cue(Quiet(s(1)), (Says("count to twenty"),)),
    Cue(Hears("five"), (Says("stop"),)),
    Cue(Quiet(s(1)), (Says("what did you say"),)),
    # Two standing orders: something to be seen, and a reminder. A pause inside the sentence is not its end.
    Cue(Quiet(s(1)), (Says("tell me when you see something move"),)),
    Cue(Quiet(s(1)), (Says("remind me every four seconds … to breathe … until i say stop"),)),
    # While duetto reads aloud, the user types; a figure walks in; the reminder keeps its moments.
    Cue(Quiet(s(0.8)), (Says("read me the story"),)),
    Cue(After(s(6)), (Types("what is 3 times 4"),)),
    Cue(After(s(5)), (Walks(0.35, 2.5),)),
    Cue(After(s(4)), (Waves(2.5),)),
    # The user talks for long: the reminder is said at its moment, over the user's voice, and nobody gives way.
    Cue(After(s(3)), (Says("stop reading"),)),
    Cue(Quiet(s(0.6)), (Says("note that the door code is four five six … and the garden key is under the stone"),)),
    Cue(Quiet(s(0.8)), (Says("what do you see"),)),
    Cue(Quiet(s(0.8)), (Says("stop reminding me"),)),
    Cue(Quiet(s(0.8)), (Says("thank you"), Walks(-0.2, 2.0))),
)
