"""What of duetto's own voice was really heard: told by playout what it hands out, asked by everyone else.

Only what was heard becomes history. Everything here is in media time (ns): what playout hands out for a moment is
heard at that moment, and counts as heard when media time has passed it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final

from duetto.timeline.increment import Span

REPLIES: Final = 64
"""Replies whose heard text is remembered."""
HEARD_CHARACTERS: Final = 20_000
"""Characters of heard text remembered of one reply: its last ones."""


@dataclass(frozen=True, slots=True)
class ClauseStarted:
    """The first sound of a clause was heard at media time `at` (ns)."""

    clause: int
    reply: int
    at: int


@dataclass(frozen=True, slots=True)
class WordHeard:
    """A word was wholly heard in `span` of media time. index: its number in the clause, from 0."""

    clause: int
    reply: int
    index: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ClauseDone:
    """All of a clause was heard, in `span` of media time (its pauses by interruption included)."""

    clause: int
    reply: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ClauseCut:
    """No more of a clause will be heard than `heard`, which is "" if it never began. at: media time (ns)."""

    clause: int
    reply: int
    heard: str
    at: int


Event = ClauseStarted | WordHeard | ClauseDone | ClauseCut


@dataclass(slots=True)
class _Entry:
    """A clause that is neither done nor cut."""

    reply: int
    text: str
    start: int | None = None
    upto: int = 0  # characters of the text that were heard
    cut: bool = False

    def heard(self) -> str:
        return self.text[: self.upto].rstrip()

    def hear(self, word: str) -> None:
        """Move past the next occurrence of `word`; a word spelled otherwise than in the text moves nothing."""
        found = self.text.find(word, self.upto)
        if found >= 0:
            self.upto = found + len(word)


@dataclass(slots=True)
class _Told:
    """The heard text of a reply, in the pieces in which its clauses ended.

    total: characters of all its pieces, those no longer remembered included; taken: how many of them were taken.
    """

    pieces: deque[str] = field(default_factory=deque)
    size: int = 0
    total: int = 0
    taken: int = 0

    def add(self, text: str) -> None:
        self.pieces.append(text)
        self.size += len(text)
        self.total += len(text)
        while self.size > HEARD_CHARACTERS and len(self.pieces) > 1:
            self.size -= len(self.pieces.popleft())


class Ledger:
    """Which word is being heard at any moment, and what was heard of each reply. Bounded by plan and by REPLIES."""

    def __init__(self) -> None:
        self._open: dict[int, _Entry] = {}  # by clause, in the order of the plan
        self._coming: deque[tuple[int, Event]] = deque()
        self._marks: deque[tuple[int, tuple[int, int] | None]] = deque()
        self._told: OrderedDict[int, _Told] = OrderedDict()

    # --- what playout tells, in the order of media time --------------------------------------------------------

    def planned(self, clause: int, reply: int, text: str, *, before: int | None = None) -> None:
        """A clause is in the plan, ahead of clause `before` or last."""
        entry = _Entry(reply, text)
        if before is None:
            self._open[clause] = entry
            return
        order = list(self._open.items())
        place = next(i for i, (id, _) in enumerate(order) if id == before)
        self._open = dict([*order[:place], (clause, entry), *order[place:]])

    def started(self, clause: int, at: int) -> None:
        """Its first sound is handed out for media time `at`."""
        self._coming.append((at, ClauseStarted(clause, self._open[clause].reply, at)))
        self._marks.append((at, (clause, 0)))

    def word_started(self, clause: int, index: int, at: int) -> None:
        """A word's first sound is handed out for media time `at`; again if it was cut off and is said anew."""
        self._marks.append((at, (clause, index)))

    def word_said(self, clause: int, index: int, text: str, span: Span) -> None:
        """All of a word's sound has been handed out, for `span`."""
        self._coming.append((span.end, WordHeard(clause, self._open[clause].reply, index, text, span)))

    def silent(self, at: int) -> None:
        """Nothing of any clause is handed out from media time `at` on, until the next `started` or `word_started`."""
        self._marks.append((at, None))

    def done(self, clause: int, at: int) -> None:
        """The last of its sound is handed out, and ends at media time `at`."""
        entry = self._open[clause]
        self._coming.append((at, ClauseDone(clause, entry.reply, entry.text, Span(at, at))))
        self.silent(at)

    def withdrawn(self, clause: int) -> None:
        """The rest of it will not be said; a little of it may still be on its way: `cut` follows."""
        self._open[clause].cut = True

    def cut(self, clause: int, at: int) -> None:
        """Nothing of it is handed out from media time `at` on, and never again."""
        self.withdrawn(clause)
        entry = self._open[clause]
        self._coming.append((at, ClauseCut(clause, entry.reply, "", at)))

    # --- what others ask ---------------------------------------------------------------------------------------

    def advance(self, until: int) -> tuple[Event, ...]:
        """Media time has come to `until` (ns): what has been heard since the last call, in order."""
        events: list[Event] = []
        while self._coming and self._coming[0][0] <= until:
            events.append(self._settle(self._coming.popleft()[1]))
        while len(self._marks) > 1 and self._marks[1][0] <= until:
            self._marks.popleft()
        return tuple(events)

    def heard(self, reply: int) -> str:
        """The text of a reply that was heard up to the last `advance`, in its original spelling; "" if unknown."""
        told = self._told.get(reply)
        return " ".join([*(told.pieces if told else ()), *self._hearing(reply)])

    def take(self, reply: int) -> str:
        """As `heard`, but only what was heard since it was last taken: nothing of it is given twice."""
        hearing = self._hearing(reply)
        if not hearing and reply not in self._told:
            return ""
        fresh = self.fresh(reply)
        told = self._remember(reply)
        told.taken = told.total + sum(map(len, hearing))
        return fresh

    def fresh(self, reply: int) -> str:
        """What `take` would give now."""
        hearing, told = self._hearing(reply), self._told.get(reply) or _Told()
        new = told.total + sum(map(len, hearing)) - told.taken
        fresh: list[str] = []
        for piece in reversed([*told.pieces, *hearing]):
            if new <= 0:
                break
            fresh.insert(0, piece[-new:].lstrip())
            new -= len(piece)
        return " ".join(fresh)

    def unsaid(self, reply: int) -> str:
        """The text of a reply that is planned and has not been heard up to the last `advance`."""
        entries = (e for e in self._open.values() if e.reply == reply and not e.cut)
        return " ".join(rest for e in entries if (rest := e.text[e.upto :].strip()))

    def rest(self, clause: int) -> str:
        """The text of a planned clause that has not been heard up to the last `advance`; "" if it is not planned."""
        entry = self._open.get(clause)
        return "" if entry is None or entry.cut else entry.text[entry.upto :].strip()

    def now(self, at: int) -> tuple[int, int] | None:
        """(clause, index of the word) heard at media time `at`, or None where no clause is.

        A pause inside a clause counts to the word before it. `at` lies between the last `advance` and what has been
        handed out.
        """
        found = None
        for since, what in self._marks:
            if since > at:
                break
            found = what
        return found

    def open_clauses(self, reply: int) -> int:
        """How many clauses of a reply are planned and not wholly heard."""
        return sum(e.reply == reply and not e.cut for e in self._open.values())

    # --- inside ------------------------------------------------------------------------------------------------

    def _settle(self, event: Event) -> Event:
        entry = self._open[event.clause]
        if isinstance(event, ClauseStarted):
            entry.start = event.at
        elif isinstance(event, WordHeard):
            entry.hear(event.text)
        elif isinstance(event, ClauseDone):
            start = event.span.end if entry.start is None else entry.start
            event = ClauseDone(event.clause, event.reply, event.text, Span(start, event.span.end))
            self._close(event.clause, entry.text.strip())
        else:
            event = ClauseCut(event.clause, event.reply, entry.heard(), event.at)
            self._close(event.clause, event.heard)
        return event

    def _close(self, clause: int, heard: str) -> None:
        entry = self._open.pop(clause)
        if heard:
            self._remember(entry.reply).add(heard)

    def _hearing(self, reply: int) -> list[str]:
        """What was heard of clauses that are neither done nor cut."""
        return [text for entry in self._open.values() if entry.reply == reply and (text := entry.heard())]

    def _remember(self, reply: int) -> _Told:
        told = self._told.setdefault(reply, _Told())
        self._told.move_to_end(reply)
        while len(self._told) > REPLIES:
            self._told.popitem(last=False)
        return told
