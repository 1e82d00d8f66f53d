"""What is remembered of standing orders from one micro-turn to the next: frozen, small, bounded.

A `Standing` is one order with how far its conditions have come; the `Book` is what all of them share: what was just
said and typed, which silence lasts, what the brain was asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from duetto.timeline.arrival import TimedWord
from duetto.timeline.order import Order, Watched

MOST_FIRINGS: Final = 8
"""Firings of an order that uncertain words may take back."""
MOST_REFS: Final = 8
"""Uncertain occurrences of words that a condition remembers having counted."""


@dataclass(frozen=True, slots=True)
class Met:
    """A condition was met at media time `at` (ns). region, word: for the templates of what is said.

    refs: uncertain occurrences of words that it rests on (`Occurrence.id`); if one is taken back, it was not met.
    """

    at: int
    region: str = ""
    word: str = ""
    refs: tuple[int, ...] = ()


# --- how far a condition has come ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Due:
    """A moment or interval: when it is due next (ns), None when it has been."""

    at: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """Words: the stretch (ns) of what was counted last, so that "good" and "good morning" are one. ref: its number."""

    start: int
    end: int
    ref: int


@dataclass(frozen=True, slots=True)
class Each:
    """Any of several: how far each has come."""

    of: tuple[Memory, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All of several: how each was met last. spent: the same of what was met with them last."""

    of: tuple[Memory, ...]
    met: tuple[Met | None, ...]
    spent: tuple[Met | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Begun:
    """The one and then the other: how the first was met last. spent: the one that was followed last, and by what."""

    first: Memory
    then: Memory
    met: Met | None = None
    spent: tuple[Met, Met] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wait: what is waited after, oldest first."""

    first: Memory
    but_not: Memory
    met: tuple[Met, ...] = ()


@dataclass(frozen=True, slots=True)
class Barred:
    """Something unless another thing was before: how that was met last."""

    when: Memory
    but_not: Memory
    met: Met | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Every n-th: how often it was met since the last. refs: uncertain ones among these; spent: those of the last."""

    of: Memory
    count: int = 0
    refs: tuple[int, ...] = ()
    spent: tuple[int, ...] = ()


Memory = Due | Said | Each | Gathered | Begun | Waiting | Barred | Counted | None
"""None: of a condition that needs none."""


# --- what an order waits for ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Needs:
    """What an order, once read, waits for; it is not looked at in a micro-turn that has nothing of this.

    kinds: of happenings. heard, typed: phrases. silences: lengths (ns), and whether it is the user's alone.
    meanings: questions about what was said; shows: questions about a picture, with its stream. gap: ns within which
    the same thing seen again is no other.
    """

    kinds: frozenset[str] = frozenset()
    heard: frozenset[str] = frozenset()
    typed: frozenset[str] = frozenset()
    silences: tuple[tuple[int, bool], ...] = ()
    meanings: tuple[str, ...] = ()
    shows: tuple[tuple[Watched, str], ...] = ()
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Firing:
    """A firing that rests on uncertain words: its number, its remark's reply (None: nothing was to be said)."""

    n: int
    refs: tuple[int, ...]
    reply: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A standing order in force.

    fired: how often it was met. skipped: how often of these nothing was said, though it was to be. due: when it must be
    looked at though nothing happens (ns). given: since when it is in force. spoke: when it last spoke. last: when it
    was last met. firings: the latest that rest on uncertain words.
    """

    order: Order
    fired: int = 0
    due: int | None = None
    given: int = 0
    skipped: int = 0
    spoke: int | None = None
    last: int | None = None
    needs: Needs = Needs()
    when: Memory = None
    until: Memory = None
    firings: tuple[Firing, ...] = ()

    def met(self, at: int, *, spoken: bool, skipped: bool, firing: Firing | None) -> Standing:
        """It was met at media time `at` (ns) once more. spoken, skipped: something is said of it, or was to be."""
        return Standing(
            self.order,
            self.fired + 1,
            self.due,
            self.given,
            self.skipped + skipped,
            at if spoken else self.spoke,
            at,
            self.needs,
            self.when,
            self.until,
            self.firings if firing is None else (*self.firings, firing)[-MOST_FIRINGS:],
        )

    def moved(self, when: Memory, until: Memory, due: int | None) -> Standing:
        """Its conditions have come so far. Written out, as `met` is: `replace` takes five times as long."""
        return Standing(
            self.order,
            self.fired,
            due,
            self.given,
            self.skipped,
            self.spoke,
            self.last,
            self.needs,
            when,
            until,
            self.firings,
        )


# --- what all orders share --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A phrase was heard once: from `start` to `end` (ns), as it is known.

    written: it stands in the recogniser's words; spotted: it was spotted in the sound. What was only written, and does
    not stand there any more, was not heard. since: when it came to be known. A clause's phrase is its words;
    it is spotted when something has been said on it.
    """

    id: int
    phrase: str
    utterance: int
    start: int
    end: int
    since: int
    written: bool = False
    spotted: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """A phrase in the line being typed: how often it stands there, since when (ns), and how often that was counted."""

    phrase: str
    times: int
    since: int
    counted: int = 0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Since when (ns) the user, and anyone, is silent; None while they are not."""

    user: int | None = 0
    anyone: int | None = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was put to the brain at media time `at` (ns). first: to know how it stands at the beginning."""

    number: int
    question: str
    stream: Watched | None
    at: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A question about a picture. answer: the last one, None for none yet. asked: when it was last put (ns).

    stirred: the picture has changed since.
    """

    stream: Watched
    question: str
    answer: bool | None = None
    asked: int | None = None
    stirred: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """Which orders, by their place, wait for what. starts: phrases (as words) by their first word."""

    kinds: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    heard: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    typed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    silences: tuple[tuple[int, bool, int], ...] = ()
    starts: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = field(default_factory=dict)
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that was ended by uncertain words. refs: if one of them is taken back, it goes on."""

    standing: Standing
    refs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """What standing orders share.

    index: None where the orders have changed. soon: up to where (ns) time was taken into account. words: those that
    were looked through last, of `utterance`. occurrences: of phrases, lately. line: the unsent line that was looked
    through last, with its `typing`. clauses: of what the user says, lately. spoken: when the latest remarks were begun
    (ns). told: when it was last said that there are too many. flooded: remarks that were left out since. put: when the
    questions of the last minute were put to the brain (ns); short: when it was last told that there are too many. next:
    number of the next occurrence or question.
    """

    index: Index | None = None
    soon: int = 0
    quiet: Quiet = Quiet()
    typed_at: int = 0
    sounded_at: int = 0
    words: tuple[TimedWord, ...] = ()
    utterance: int | None = None
    occurrences: tuple[Occurrence, ...] = ()
    clauses: tuple[Occurrence, ...] = ()
    line: str = ""
    typing: tuple[Typed, ...] = ()
    asked: tuple[Asked, ...] = ()
    asking: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    ended: tuple[Ended, ...] = ()
    spoken: tuple[int, ...] = ()
    told: int | None = None
    flooded: int = 0
    put: tuple[int, ...] = ()
    short: int | None = None
    next: int = 1

    @property
    def known(self) -> tuple[Occurrence, ...]:
        """Whatever firings may rest on."""
        return (*self.occurrences, *self.clauses) if self.clauses else self.occurrences
