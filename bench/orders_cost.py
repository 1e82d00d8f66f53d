"""What 200 standing orders cost: ten minutes of someone talking, typing and moving, checked in every micro-turn.

The orders are of all kinds, alone and within one another. What is measured is all that they add to a micro-turn
(`interaction.orders.check`), in which most have nothing to do, and some fire; beside it what a few orders cost.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from duetto.interaction.orders import book, check
from duetto.interaction.percept import Ears, Mouth, Percept, Sighting
from duetto.interaction.state import State
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Interval,
    Nth,
    Order,
    Reads,
    Repeats,
    Sight,
    Silence,
    Then,
    Unless,
    Words,
)
from duetto.timeline.turn import DELTA

MINUTES: Final = 10
SPARE: Final = "the a to of and it is that we go on so then there my your house train time people day work".split()


def _conditions(n: int) -> Condition:
    """The n-th of a mix of all kinds, each with words and times of its own."""
    word, phrase = Words((f"word{n}", "um")), Words((f"say {n} now", f"word{n}"))
    kinds: tuple[Condition, ...] = (
        word,
        phrase,
        Interval(0, s(20) + ms(37 * n)),
        Sight("person"),
        Sight("motion", "left third"),
        Silence(s(2) + ms(10 * n), "user"),
        Repeats("squat"),
        Reads((f"error {n}", "build failed")),
        Then(Sight("person"), phrase, s(10)),
        AllOf((Sight("hand"), phrase), s(10)),
        After(Sight("still"), s(5) + ms(n), Sight("motion")),
        Unless(phrase, Sight("person"), s(5)),
        Nth(Repeats("squat"), 5),
        AnyOf((phrase, Sight("hand"), Silence(s(8) + ms(n)))),
        After(Nth(AnyOf((phrase, word)), 3), s(4), Sight("person-gone")),
    )
    return kinds[n % len(kinds)]


def _given(count: int) -> State:
    state = State()
    for n in range(count):
        until = Words(("stop everything",)) if n % 3 == 0 else None
        state, actions = book.give(state, Order(f"order {n}", _conditions(n), f"Order {n}, {{n}}.", until=until), 0)
        assert len(actions) == 1, actions
    return state


def _percepts(seed: int) -> list[Percept]:
    """Talk with pauses, three words a second, an "um" now and then; movement; lines of text on a screen."""
    chance = random.Random(seed)
    found: list[Percept] = []
    words: list[TimedWord] = []
    utterance, until, ended = 0, 0, None
    for index in range(MINUTES * 60 * 10**9 // DELTA):
        now = (index + 1) * DELTA
        talking = now < until
        if not talking and ended is None:
            ended = now
        if ended is not None and now - ended > s(chance.uniform(1, 12)):
            utterance, until, ended, words = utterance + 1, now + s(chance.uniform(2, 15)), None, []
        if talking and index % 8 == 0:
            special = chance.choice(("um", f"word{chance.randrange(200)}", f"say {chance.randrange(200)} now"))
            for word in special.split() if chance.random() < 0.1 else (chance.choice(SPARE),):
                words.append(TimedWord(word, now - ms(300), now - ms(60)))
        seen: list[Sighting] = []
        if index % 40 == 0:
            seen.append(Sighting("repeat", name="squat", count=index // 40))
        if index % 200 == 50:
            seen += [Sighting("motion", "left third"), Sighting("person", "left third")]
        if index % 200 == 150:
            seen += [Sighting("still"), Sighting("person-gone"), Sighting("hand")]
        if index % 300 == 9:
            seen.append(Sighting("text", None, "screen", chance.choice(("all is well", "error 7", "12:04 passed"))))
        ears = Ears(talking, since=0, ended=ended, utterance=utterance, words=tuple(words))
        found.append(Percept(now, DELTA, ears, Mouth(), seen=tuple(seen)))
    return found


def _cost(state: State, percepts: list[Percept]) -> dict[str, float]:
    took: list[int] = []
    before = sum(one.fired for one in state.orders)
    for percept in percepts:
        start = time.thread_time_ns()  # the processor's time: others may want the core too
        state, _ = check.check(state, percept)
        took.append(time.thread_time_ns() - start)
        state = replace(state, replies=())  # each remark is over at once, so that all that can be said is
    microseconds = np.array(took) / 1e3
    return {
        "mean us": round(float(microseconds.mean()), 1),
        **{f"p{p} us": round(float(np.percentile(microseconds, p)), 1) for p in (50, 99, 99.9, 100)},
        "above 1 ms, share": round(float((microseconds > 1000).mean()), 5),
        "fired": sum(one.fired for one in state.orders) - before,
    }


def run(folder: Path) -> dict[str, Any]:
    """The same ten minutes with none, 20 and 200 orders. folder: not used."""
    percepts = _percepts(6)
    return {
        "micro-turns": len(percepts),
        **{f"{count} orders": _cost(_given(count), percepts) for count in (0, 20, 200)},
    }
