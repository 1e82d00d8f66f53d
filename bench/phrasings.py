"""How people put an order: sentences in `phrasings.tsv`, by authors who had not seen what duetto understands.

Typed, so that nothing is misheard, and spoken: what is measured is the language of the embedded brain. It has learned
from others, most of them by the same authors (`duetto/brain/embedded/orders.tsv`); of these only the sums were looked
at. Some are no orders.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.spoken_orders import listen, speak
from duetto.bench.cast import VOICES
from duetto.brain.embedded import EmbeddedBrain
from duetto.brain.embedded.words import tokens
from duetto.perception.audio.recognisers.pocketsphinx import PocketsphinxRecogniser
from duetto.timeline.arrival import Act, Gist
from duetto.timeline.clock import NS_PER_S, VIRTUAL_EPOCH_NS, s
from duetto.timeline.job import Ask, Context
from duetto.timeline.order import After, AllOf, AnyOf, Condition, Interval, Moment, Nth, Order, Silence, Words

TABLE: Final = Path(__file__).with_suffix(".tsv")
NOW: Final = s(11)
BEFORE: Final = {
    "change": ("in fifteen seconds say tea", "every four seconds say breathe", "remind me to drink in nine seconds"),
    "list": (
        "remind me about the tea in fifteen seconds",
        "every four seconds say breathe",
        "count how often i say like",
    ),
}
"""Orders that stand when something is said of them."""
SHARE: Final = 0.6
"""Least share of the words that it should say, of those that it does."""
SPOKEN: Final = 3
"""Each so many-th order is spoken too."""
OFF: Final = 0.1
"""Most that a length of time may be off, as a share of it: "a few" is no number."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """expected: one order or several, each by `seconds` (from now, or how often, or of silence), the `phrase` that is
    waited for, the words to `say`, how many `times`. None where nobody has said.
    """

    kind: str
    text: str
    expected: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Given:
    """What came of a sentence."""

    gist: Gist
    orders: tuple[Order, ...]
    withdrawn: tuple[str, ...]

    def understood(self, kind: str) -> bool:
        """An order comes of it, right or not, or one that stands is changed; a question is taken for one."""
        return self.gist.understood == "whole" and bool(self.orders or self.withdrawn or kind == "list")


def sentences() -> list[Sentence]:
    with TABLE.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found: list[Sentence] = []
    for row in rows:
        expected = msgspec.json.decode(row["expected"]) if row["expected"] else None
        found.append(Sentence(row["kind"], row["sentence"], [expected] if isinstance(expected, dict) else expected))
    return found


def given(kind: str, text: str) -> Given:
    brain = EmbeddedBrain()
    names: tuple[str, ...] = ()
    for number, before in enumerate(BEFORE.get(kind, ()), 1):
        parts = list(brain.reply(Ask(number, before, "typed", False, _context(s(10), names))))
        names = (*names, *(order.name for part in parts if isinstance(part, Act) for order in part.orders))
    parts = list(brain.reply(Ask(9, text, "typed", False, _context(NOW, names))))
    acts = [part for part in parts if isinstance(part, Act)]
    assert isinstance(parts[0], Gist)
    return Given(
        parts[0],
        tuple(order for act in acts for order in act.orders),
        tuple(name for act in acts for name in act.withdraw),
    )


def right(found: Given, expected: Iterable[Mapping[str, Any]]) -> bool:
    """Each order that is expected was given: when, on what, and with which words."""
    return all(any(_fits(order, one) for order in found.orders) for one in expected)


def _fits(order: Order, one: Mapping[str, Any]) -> bool:
    if "phrase" in one:
        if not any(
            phrase in (_plain(one["phrase"]), f"the {_plain(one['phrase'])}") for phrase in _phrases(order.when)
        ):
            return False
    elif "seconds" in one:
        seconds = _seconds(order.when)
        if seconds is None or abs(seconds - one["seconds"]) > max(0.5, OFF * one["seconds"]):
            return False
    if "say" in one and "{" not in order.say and order.say != "Beep.":
        wanted, said = set(_plain(one["say"]).split()), set(_plain(order.say).split())
        if len(wanted & said) < SHARE * len(wanted):
            return False
    return "times" not in one or order.limit == one["times"]


def _seconds(when: Condition) -> float | None:
    match when:
        case Moment(at=at):
            return (at - NOW) / NS_PER_S
        case Interval(period=period):
            return period / NS_PER_S
        case Silence(length=length):
            return length / NS_PER_S
        case _:
            return None


def _phrases(when: Condition) -> Iterator[str]:
    """Those that it, or what it is made of, waits for."""
    match when:
        case Words(phrases=phrases):
            yield from phrases
        case After(first=inner):
            yield from _phrases(inner)
        case AnyOf(of=each) | AllOf(of=each):
            for inner in each:
                yield from _phrases(inner)
        case Nth(of=inner):
            yield from _phrases(inner)
        case _:
            return


def _plain(text: str) -> str:
    return " ".join(token.text for token in tokens(text))


def _context(at: int, names: tuple[str, ...]) -> Context:
    return Context(at, VIRTUAL_EPOCH_NS, orders=names)


def share(of: Iterable[tuple[Sentence, str]]) -> dict[str, str]:
    """Sentences, each with what was heard of it: of how many an order comes, by kind; and of those that are told what
    should come of them, how many are understood rightly. Of kind "none" none should come.
    """
    taken: dict[str, list[bool]] = {}
    rightly: list[bool] = []
    for one, heard in of:
        found = given(one.kind, heard)
        taken.setdefault(one.kind, []).append(found.understood(one.kind))
        if one.expected is not None and one.kind != "change":
            rightly.append(found.understood(one.kind) and right(found, one.expected))
    every = [each for kind, found in taken.items() if kind != "none" for each in found]
    shares = {kind: f"{sum(each)} of {len(each)}" for kind, each in ({"all": every} | taken).items()}
    return shares | {"right": f"{sum(rightly)} of {len(rightly)}"}


def spoken(every: Iterable[Sentence]) -> Iterator[tuple[Sentence, str]]:
    """Some of them by the voices of the bench in turn, as the embedded recogniser hears them, each by itself."""
    recogniser = PocketsphinxRecogniser(EmbeddedBrain().language())
    recogniser.shared = True
    orders = [one for one in every if one.expected is not None][::SPOKEN]
    for number, one in enumerate(orders):
        (order,) = speak([one.text], VOICES[number % len(VOICES) :][:1])
        yield one, listen(recogniser, order).text


def run(_folder: Path) -> dict[str, Any]:
    every = sentences()
    return {"typed": share((one, one.text) for one in every), "spoken": share(spoken(every))}
