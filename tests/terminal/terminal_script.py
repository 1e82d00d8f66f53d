"""A conversation for the terminal's tests, made by hand: what a session would hand to its observers."""

from __future__ import annotations

import numpy as np

from duetto.interaction import action as do
from duetto.models.model import MicroTurn, Output, Timing
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.order import Interval, Order
from duetto.timeline.payload import (
    Face,
    Heard,
    Light,
    Line,
    Motion,
    Notice,
    Planned,
    Shown,
    Sound,
    Typing,
    Voicing,
    Word,
)
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Turn

DELTA = ms(80)


class Script:
    """Keeps a real timeline, and turns what was written into it since the last call into a micro-turn."""

    def __init__(self):
        self.timeline = Timeline()
        self.index = 0
        self.actions = []

    @property
    def now(self):
        return (self.index + 1) * DELTA

    def add(self, stream, payload, start=None, end=None, committed=False):
        start = self.now if start is None else start
        span = Span(start, max(start, self.now if end is None else end))
        return self.timeline.add(stream, span, payload, at=self.now, source="test", committed=committed).id

    def commit(self, id, stream):
        self.timeline.commit(id, stream, at=self.now)

    def revoke(self, id, stream):
        self.timeline.revoke(id, stream, at=self.now)

    def tick(self, mic_db=-70.0, voice=0, compute=ms(4), late=0, behind=None):
        span = Span(self.index * DELTA, self.now)
        sound = Sound(0.1, mic_db, None)
        self.timeline.add("mic", span, sound, at=self.now, source="test", committed=True)
        output = Output(self.now, self.timeline.drain(), tuple(self.actions))
        samples = np.full(1920, voice, "<i2").tobytes()
        timing = Timing(late, compute, 0, {}, behind or {})
        turn = Turn(self.index, 0, span)
        done = MicroTurn(self.index, span, (turn,), (output,), samples, timing)
        self.actions = []
        self.index += 1
        return done


def conversation():
    """Asked, answered, cut in upon, typed to, watched: 8 s of micro-turns, one at a time."""
    script = Script()
    for _ in range(5):
        yield script.tick()
    voicing = script.add("mic", Voicing())
    words = []
    for word in "what is seven times ate".split():
        yield script.tick(-25)
        words.append(script.add("mic", Word(word, 0.9, 1), script.now - ms(160)))
        yield script.tick(-20)
        yield script.tick(-32)
    script.revoke(words.pop(), "mic")
    words.append(script.add("mic", Word("eight", 0.9, 1), script.now - ms(200)))
    script.actions.append(do.AskBrain(1, "what is seven times eight", "spoken", True))
    yield script.tick(-40)
    script.commit(voicing, "mic")
    for word in words:
        script.commit(word, "mic")
    script.actions += [
        do.EndTurn(1),
        do.KeepReply(1),
        do.PlanClause(1, 1, "Seven times eight is fifty six."),
        do.PlanClause(2, 1, "Anything else I can work out for you?"),
        do.ReleaseReply(1),
    ]
    clauses = [
        script.add("voice", Planned("Seven times eight is fifty six.", 1, 1)),
        script.add("voice", Planned("Anything else I can work out for you?", 1, 2)),
    ]
    yield script.tick()
    script.add("camera", Light(0.5, "bright"), committed=True)
    face = script.add("camera", Face((0.4, 0.2, 0.2, 0.3)))
    motion = script.add("camera", Motion("left third", 0.4))
    typing = None
    line = "also add milk"
    for number, word in enumerate("Seven times eight is fifty six.".split()):
        yield script.tick(-60, 3000)
        yield script.tick(-62, 5200)
        script.add("voice", Heard(word, 1, 1), committed=True)
        if typing is not None:
            script.revoke(typing, "keys")
        typing = script.add("keys", Typing(line[: 2 * number + 2], False))
        yield script.tick(-58, 2500)
    script.commit(clauses[0], "voice")
    script.revoke(typing, "keys")
    script.add("keys", Line("also add milk"), committed=True)
    yield script.tick(-60, 4000)
    for word in ("Anything", "else"):
        yield script.tick(-60, 4200)
        script.add("voice", Heard(word, 1, 2), committed=True)
    script.commit(motion, "camera")
    voicing = script.add("mic", Voicing())
    script.actions.append(do.Duck())
    yield script.tick(-22, 1200, compute=ms(95))
    script.add("mic", Word("stop", 0.8, 2), script.now - ms(100))
    yield script.tick(-20, 900, behind={"recogniser": 2, "voice": 0})
    script.actions += [do.Hold(), do.DropReply(1), do.Watch(Order("water", Interval(0, s(4)), "Drink some water."))]
    script.revoke(clauses[1], "voice")
    script.add("acts", Notice("recogniser", "it does not answer; words are not heard"), committed=True)
    script.add("text", Shown("7 × 8 = 56"), committed=True)
    script.add("keys", Typing("and bre", False))
    yield script.tick(-24, late=ms(3), behind={"recogniser": 2})
    assert face
