"""Later rounds of a micro-turn: what brings nothing new is taken in and decides nothing."""

from __future__ import annotations

import numpy as np
import pytest

from duetto.interaction import microturn
from duetto.interaction.action import Action
from duetto.interaction.percept import Percept
from duetto.interaction.state import State
from duetto.models import cascade as rooms
from duetto.models.cascade import Cascade
from duetto.models.model import Output
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Arrival, Gist, Hypothesis, TimedWord
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.payload import Word
from duetto.timeline.turn import MIC_RATE, Turn, samples_before

DELTA = ms(40)
WORDS = tuple(TimedWord(text, ms(n * 200), ms(n * 200 + 180), 0.9) for n, text in enumerate(("what", "is", "two")))


class Talk:
    """A cascade that hears somebody speak, round by round."""

    def __init__(self) -> None:
        self.cascade = Cascade(epoch_ns=0, delta=DELTA)
        with reading(VoiceSettings()) as reader:
            self._sound = np.concatenate([np.zeros(MIC_RATE // 5, np.int16), reader("what is two times seven")])
        self._index = -1

    @property
    def span(self) -> Span:
        return Span(self._index * DELTA, (self._index + 1) * DELTA)

    def slice(self) -> Output:
        self._index += 1
        first, end = (samples_before(at, MIC_RATE) for at in (self.span.start, self.span.end))
        return self.cascade.step(Turn(self._index, 0, self.span, mic=self._sound[first:end].astype("<i2").tobytes()))

    def round(self, *arrivals: Arrival) -> Output:
        return self.cascade.step(Turn(self._index, 1, self.span, arrivals=arrivals))

    def hypothesis(self, count: int, *, final: bool = False) -> Hypothesis:
        return Hypothesis(1, WORDS[:count], self.span.end, final)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The media time of every decision."""
    found: list[int] = []

    def decide(state: State, percept: Percept) -> tuple[State, tuple[Action, ...]]:
        found.append(percept.now)
        return microturn.decide(state, percept)

    monkeypatch.setattr(rooms, "decide", decide)
    return found


def test_words_that_are_known_decide_nothing(decided: list[int]) -> None:
    talk = Talk()
    for _ in range(14):
        talk.slice()
    assert talk.cascade.busy, "the user speaks"
    output = talk.round(talk.hypothesis(2))
    assert [edit.payload.text for edit in output.edits if isinstance(edit.payload, Word)] == ["what", "is"]
    talk.slice()
    count = len(decided)
    assert talk.round(talk.hypothesis(2)).edits == ()
    assert len(decided) == count
    talk.slice()
    talk.round(talk.hypothesis(3))
    assert len(decided) == count + 2, "of the slice, and of a word more"


@pytest.mark.parametrize("final", [False, True])
def test_all_else_is_decided_on(decided: list[int], final: bool) -> None:
    talk = Talk()
    for _ in range(14):
        talk.slice()
    talk.round(talk.hypothesis(2))
    count = len(decided)
    if final:
        talk.round(talk.hypothesis(2, final=True))
    else:
        talk.round(talk.hypothesis(2), Gist(1, "half"))
    assert len(decided) == count + 1
