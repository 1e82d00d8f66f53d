"""Any orders and any percepts: nothing raises, everything stays bounded, and the same comes out the same."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some
from orders_rig import Rig

from duetto.interaction.action import Action, Fire, Inquire
from duetto.interaction.percept import Mouth, Sighting
from duetto.timeline.arrival import Arrival, Hypothesis, Spotted, TimedWord, Weighed
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Give, TakeBack
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Condition,
    Interval,
    Meaning,
    Moment,
    Nth,
    Order,
    Reads,
    Repeats,
    Shows,
    Sight,
    Silence,
    Then,
    Unless,
    Words,
)
from duetto.timeline.order_problem import problem
from duetto.timeline.order_words import describe_order

VOCABULARY = ("um", "uh", "good", "morning", "stop")
PHRASES = some.lists(some.sampled_from((*VOCABULARY, "good morning", "um um", "")), max_size=3).map(tuple)
TIME = some.integers(-1, 12).map(s)
SEEN = some.sampled_from(("motion", "still", "person", "person-gone", "hand", "starts", "stops", "scene", "dark"))
REGION = some.sampled_from((None, "left third"))

LEAVES: some.SearchStrategy[Condition] = some.one_of(
    TIME.map(Moment),
    some.builds(Interval, TIME, some.sampled_from((0, ms(500), s(1), s(3)))),
    some.builds(Silence, some.sampled_from((0, ms(300), s(1))), some.sampled_from(("user", "anyone"))),
    some.builds(Words, PHRASES, some.sampled_from(("heard", "typed", "either"))),
    some.builds(Meaning, some.sampled_from(("", "So?"))),
    some.builds(Sight, SEEN, REGION),
    some.builds(Repeats, some.sampled_from(("squat", "movement"))),
    some.builds(Reads, PHRASES),
    some.builds(Shows, some.just("Is it?")),
)


def _of(inner: some.SearchStrategy[Condition]) -> some.SearchStrategy[Condition]:
    several = some.lists(inner, max_size=3).map(tuple)
    return some.one_of(
        some.builds(AnyOf, several),
        some.builds(AllOf, several, TIME),
        some.builds(Then, inner, inner, TIME),
        some.builds(After, inner, TIME, some.none() | inner),
        some.builds(Unless, inner, inner, TIME),
        some.builds(Nth, inner, some.integers(0, 3)),
    )


CONDITIONS = some.recursive(LEAVES, _of, max_leaves=6)
ORDERS = some.builds(
    Order,
    some.sampled_from(("a", "b", "c", "d", "e")),
    CONDITIONS,
    some.sampled_from(("", "Now.", "{n} {left} {region} {word}")),
    some.none() | some.integers(0, 4),
    some.sampled_from(("over", "gap", "text")),
    some.sampled_from((0, 0, s(2))),
    some.none() | CONDITIONS,
    some.booleans(),
)


@dataclass(frozen=True)
class Step:
    """One micro-turn of anything."""

    give: Order | None
    back: str | None
    words: tuple[str, ...]
    talking: bool
    typed: str
    line: str | None
    seen: tuple[Sighting, ...]
    text: tuple[str, str]
    weighed: tuple[int, bool]
    spotted: str | None
    gap: int
    sounding: bool


SIGHTINGS = some.builds(Sighting, SEEN | some.just("repeat"), REGION, name=some.just("squat"))
STEPS = some.builds(
    Step,
    some.none() | ORDERS,
    some.sampled_from((None, None, None, None, "a", "*")),
    some.lists(some.sampled_from((*VOCABULARY, "well")), max_size=5).map(tuple),
    some.booleans(),
    some.sampled_from(("", "um", "good morning")),
    some.sampled_from((None, None, "stop", "um um good morning")),
    some.lists(some.builds(Sighting, SEEN | some.just("repeat"), REGION, name=some.just("squat")), max_size=3).map(
        tuple
    ),
    some.tuples(some.sampled_from(("", "good morning", "um")), some.sampled_from(("", "um"))),
    some.tuples(some.integers(0, 9), some.booleans()),
    some.sampled_from((None, None, "um", "good morning", "nothing")),
    some.sampled_from((0, 0, ms(400), s(4))),
    some.booleans(),
)


def play(steps: list[Step]) -> Rig:
    rig = Rig()
    for number, step in enumerate(steps):
        rig.now += step.gap
        rig.utterance = 1 + number // 6
        rig.talking, rig.typed, rig.ended = step.talking, step.typed, rig.now - ms(100)
        since = rig.now - s(1)
        rig.words = [TimedWord(w, since + n * ms(200), since + n * ms(200) + ms(150)) for n, w in enumerate(step.words)]
        arrivals: list[Arrival] = [Weighed(*step.weighed)]
        if step.spotted is not None:
            arrivals.append(Spotted(rig.utterance, step.spotted, since, since + ms(200)))
        if number % 6 == 0:
            arrivals.append(Hypothesis(rig.utterance - 1, tuple(rig.words[:2]), rig.now, True))
        commands: list[Give | TakeBack] = []
        if step.give is not None:
            commands.append(Give(step.give))
        if step.back is not None:
            commands.append(TakeBack((step.back,)))
        text, was = step.text
        seen = (*step.seen, Sighting("text", None, "screen", text, was=was)) if text else step.seen
        saying = rig.state.replies[0].id if rig.state.replies else None
        left = tuple((r.id, 1) for r in rig.state.replies if r.planned)
        rig.mouth = Mouth(step.sounding, saying, left, finishing="so" if step.sounding else None)
        lines = () if step.line is None else (step.line,)
        rig.turn(*arrivals, seen=seen, lines=lines, commands=tuple(commands))
    return rig


@settings(max_examples=60, deadline=None)
@given(some.lists(STEPS, min_size=5, max_size=30))
def test_any_orders_in_any_conversation(steps: list[Step]) -> None:
    rig = play(steps)
    assert rig.log == play(steps).log
    fires = [action for _, action in rig.log if isinstance(action, Fire)]
    assert all("{n}" not in fire.text for fire in fires)
    for standing in rig.state.orders:
        assert problem(standing.order) is None and describe_order(standing.order)
        assert standing.order.limit is None or standing.fired < standing.order.limit
    book = rig.state.book
    assert len(rig.state.orders) <= 5 and len(book.occurrences) <= 64 and len(book.asked) <= 2
    assert len(book.asking) <= 16 and len(book.ended) <= 8 and len(rig.state.replies) <= 16
    assert len(repr(rig.state)) < 200_000
    for _, action in rig.log:
        assert not isinstance(action, Inquire) or action.question
        assert msgspec.json.decode(msgspec.json.encode(action), type=Action) == action


@settings(max_examples=200, deadline=None)
@given(ORDERS)
def test_any_order_is_refused_or_has_words(order: Order) -> None:
    found = problem(order, now=0)
    assert found is None or (found and not found.endswith("."))
    if found is None:
        assert "say" in describe_order(order) or "ask" in describe_order(order)
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order
