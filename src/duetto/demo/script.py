"""What the user of the demo does. Everything duetto does about it, it does by itself."""

from __future__ import annotations

from typing import Final

from duetto.simulation.script import After, At, Cue, Hears, Quiet, Says, Speaking, Types, Walks, Waves
from duetto.timeline.clock import ms, s

SCRIPT: Final = (
    # A question, answered by voice.
    Cue(At(s(1)), (Says("what is twelve times seven"),)),
    # An amendment: the user changes what duetto is saying, and it goes on from there. Then they cut in and end it.
    Cue(Quiet(s(1)), (Says("count to thirty"),)),
    Cue(Hears("four"), (Says("by twos", delay=ms(30)),)),
    Cue(Speaking(s(4)), (Says("stop counting", delay=ms(30)),)),
    Cue(Quiet(s(1)), (Says("what did you say"),)),
    # Standing orders: somebody to be seen, a word to be caught, movements to be counted, and a reminder. A pause inside
    # the sentence is not its end.
    Cue(Quiet(s(1)), (Says("say hello when someone comes in"),)),
    Cue(Quiet(s(1)), (Says("say stop every time i say basically"),)),
    Cue(Quiet(s(1)), (Says("count my waves"),)),
    Cue(Quiet(s(1)), (Says("remind me every four seconds … to breathe"),)),
    # They overlap: a figure walks in and waves, and the user tells something, with the word in it.
    Cue(Quiet(s(0.3)), (Walks(0.35, 2.0),), limit=s(3)),
    Cue(After(s(3.5)), (Waves(5.0),)),
    Cue(After(s(2.5)), (Says("so the plan was basically to drive down to the lake before noon"),)),
    # While duetto reads aloud, the user types, and waves; the count and the reminder go on.
    Cue(Quiet(s(0.8)), (Says("read the story"),), limit=s(5)),
    Cue(After(s(6)), (Types("what is 3 times 4"),)),
    Cue(After(s(7)), (Waves(3.5),)),
    # A question about what is being read stops it; the reminder is said over what the user says next.
    Cue(After(s(3)), (Says("where are you"),)),
    Cue(Quiet(s(0.7)), (Says("add apples and cheese to my shopping list"),), limit=s(5)),
    Cue(Quiet(s(0.7)), (Says("set a timer for ten minutes"),), limit=s(5)),
    Cue(Quiet(s(0.7)), (Says("what do you see"),), limit=s(6)),
    Cue(Quiet(s(0.7)), (Says("stop reminding me"),), limit=s(6)),
    Cue(Quiet(s(0.7)), (Says("thank you"), Walks(-0.2, 2.0)), limit=s(4)),
)
