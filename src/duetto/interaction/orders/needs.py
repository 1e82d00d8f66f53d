"""What orders wait for: read once from each, and joined into an index of all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from duetto.interaction.standing import Index, Needs, Picture, Standing
from duetto.timeline.clock import s
from duetto.timeline.order import (
    AnyOf,
    Clauses,
    Condition,
    Meaning,
    Order,
    Reads,
    Repeats,
    Shows,
    Sight,
    Silence,
    Watched,
    Words,
    parts,
)
from duetto.timeline.phrase import normal

Level = Literal["bodies", "text", "movement"]
"""A dearer look at a stream: people and their joints, text, lasting movements and their repetitions."""

SIGHT_GAP: Final = s(3)
"""What flickers (motion, a face, the picture, the light) is the same event when it is seen again within this (ns),
unless the order has a rest of its own."""
FLICKERS: Final = frozenset({"motion", "face", "scene", "dark", "bright"})
BODILY: Final = frozenset({"person", "person-gone", "hand"})
LASTING: Final = frozenset({"starts", "stops"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What perception must do for the orders in force: levels of each stream, phrases to listen for."""

    camera: frozenset[Level] = frozenset()
    screen: frozenset[Level] = frozenset()
    phrases: tuple[str, ...] = ()


def needs(order: Order) -> Needs:
    """Read an order."""
    kinds: set[str] = set()
    heard: set[str] = set()
    typed: set[str] = set()
    silences: list[tuple[int, bool]] = []
    meanings: list[str] = []
    shows: list[tuple[Watched, str]] = []
    for part in _parts(order):
        match part:
            case Words(phrases=phrases, by=by):
                found = {normal(phrase) for phrase in phrases}
                heard |= found if by != "typed" else set()
                typed |= found if by != "heard" else set()
            case Silence(length=length, who=who):
                silences.append((length, who == "user"))
            case Sight(what=what):
                kinds.add(what)
            case Repeats():
                kinds.add("repeat")
            case Reads():
                kinds.add("text")
            case Meaning(question=question):
                kinds.add("meaning")
                meanings.append(question)
            case Clauses():
                kinds.add("clause")
            case Shows(question=question, stream=stream):
                kinds.add("shows")
                shows.append((stream, question))
            case _:
                pass
    gap = SIGHT_GAP if order.rest == 0 and _flickers(order.when) else 0
    return Needs(
        frozenset(kinds), frozenset(heard), frozenset(typed), tuple(silences), tuple(meanings), tuple(shows), gap
    )


def index(orders: Sequence[Standing], ended: Iterable[Standing] = ()) -> Index:
    """Who waits for what. ended: orders whose phrases are still followed, for they may have to go on."""
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    heard: defaultdict[str, list[int]] = defaultdict(list)
    typed: defaultdict[str, list[int]] = defaultdict(list)
    silences: list[tuple[int, bool, int]] = []
    for place, standing in enumerate(orders):
        its = standing.needs
        for kind in its.kinds:
            kinds[kind].append(place)
        for phrase in its.heard:
            heard[phrase].append(place)
        for phrase in its.typed:
            typed[phrase].append(place)
        silences += [(length, alone, place) for length, alone in its.silences]
    for standing in ended:
        for phrase in standing.needs.heard:
            heard.setdefault(phrase, [])
    starts: defaultdict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for phrase in sorted(heard.keys() | typed.keys()):
        words = tuple(phrase.split())
        starts[words[0]].append((words, phrase))
    return Index(
        {kind: tuple(places) for kind, places in kinds.items()},
        {phrase: tuple(places) for phrase, places in heard.items()},
        {phrase: tuple(places) for phrase, places in typed.items()},
        tuple(silences),
        {word: tuple(phrases) for word, phrases in starts.items()},
        min((standing.due for standing in orders if standing.due is not None), default=None),
    )


def pictures(orders: Iterable[Standing], before: tuple[Picture, ...]) -> tuple[Picture, ...]:
    """The questions about pictures of these orders, with what is known of them."""
    known = {(picture.stream, picture.question): picture for picture in before}
    wanted = dict.fromkeys(show for standing in orders for show in standing.needs.shows)
    return tuple(known.get(show) or Picture(*show) for show in wanted)


def wanted(orders: Iterable[Standing]) -> Wanted:
    """What perception must do for these orders."""
    levels: dict[Watched, set[Level]] = {"camera": set(), "screen": set()}
    phrases: set[str] = set()
    for standing in orders:
        phrases |= standing.needs.heard
        for part in _parts(standing.order):
            match part:
                case Sight(what=what, stream=stream) if what in BODILY:
                    levels[stream or "camera"].add("bodies")
                case Sight(what=what, stream=stream) if what in LASTING:
                    levels[stream or "camera"].add("movement")
                case Repeats(of=of):
                    levels["camera"] |= {"movement"} if of == "movement" else {"movement", "bodies"}
                case Reads(stream=stream):
                    levels[stream].add("text")
                case _:
                    pass
    return Wanted(frozenset(levels["camera"]), frozenset(levels["screen"]), tuple(sorted(phrases)))


def _parts(order: Order) -> tuple[Condition, ...]:
    return parts(order.when) if order.until is None else (*parts(order.when), *parts(order.until))


def _flickers(condition: Condition) -> bool:
    match condition:
        case Sight(what=what):
            return what in FLICKERS
        case AnyOf(of=of):
            return all(_flickers(one) for one in of)
        case _:
            return False
