"""The order in which clauses will be said, and how much of their sound to ask of the voice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from duetto.speech.clause import PlannedClause
from duetto.timeline.arrival import Speech
from duetto.timeline.job import Hush, More, Speak
from duetto.timeline.turn import Samples


class PlanFull(ValueError):
    """The plan is at its limit: say or drop something first."""


class Plan:
    """An ordered queue of clauses. One is `current` from its first sample until it is done, dropped or broken into.

    Of all clauses together at most `limit` samples are held or asked for that were never handed out, but for what those
    keep that others have broken into. What may be heard is asked for in the order of the plan, and leaves `share` of
    them free for the first held clause. When a clause gets into the way of an earlier one, its sound is forgotten, to
    be made anew.
    """

    def __init__(self, *, limit: int, share: int, request: int, clauses: int) -> None:
        """request: the smallest number of samples worth asking for. clauses: how many may be planned."""
        self._limit = limit
        self._share = share
        self._request = min(request, share)
        self._most = clauses
        self._queue: list[PlannedClause] = []
        self._hushes: list[Hush] = []
        self.current: PlannedClause | None = None
        self.voice, self.speed = "", 1.0
        """How clauses are spoken that begin from now on, as in `SpeakAs`."""

    def __iter__(self) -> Iterator[PlannedClause]:
        return iter(self._queue)

    @property
    def next(self) -> PlannedClause | None:
        """What is being said, also while it is interrupted; else the first clause that may be said."""
        return self.current or next((clause for clause in self._queue if not clause.held), None)

    def find(self, clause: int) -> PlannedClause | None:
        return next((planned for planned in self._queue if planned.id == clause), None)

    def insert(self, new: PlannedClause, place: Literal["end", "next", "now"]) -> int | None:
        """Put a clause in and return the number of the one after it. Raises ValueError if planned, PlanFull.

        "now": what is being said goes on after it.
        """
        if len(self._queue) >= self._most:
            raise PlanFull(f"plan: {self._most} clauses are planned, the limit")
        if self.find(new.id) is not None:
            raise ValueError(f"clause: {new.id} is already planned")
        index = len(self._queue)
        if place != "end":
            index = 0 if self.current is None else self._queue.index(self.current) + (place == "next")
            if place == "now":
                self.current = None
            while index < len(self._queue) and self._queue[index].amends and self._queue[index].reply == new.reply:
                index += 1
        self._queue.insert(index, new)
        return self._queue[index + 1].id if index + 1 < len(self._queue) else None

    def remove(self, clause: PlannedClause) -> None:
        """It is done or dropped: the voice need not go on with it."""
        self._hush(clause)
        self._queue.remove(clause)
        if self.current is clause:
            self.current = None

    def supply(self, speech: Speech, samples: Samples) -> None:
        """Sound has come; what is no longer wanted is ignored. Raises ValueError for more than was asked for."""
        clause = self.find(speech.clause)
        if clause is None or self.unwanted(clause):
            return
        if samples.size > clause.asked:
            raise ValueError(f"samples: clause {clause.id} brought {samples.size}, {clause.asked} were asked for")
        clause.supply(samples, speech.words, end=speech.end)

    def unwanted(self, clause: PlannedClause) -> bool:
        """An answer of the voice has come: is it one that is no longer wanted?"""
        if not clause.stale:
            return False
        clause.stale -= 1
        return True

    def jobs(self) -> tuple[Speak | More | Hush, ...]:
        """What to ask of the voice now, at most one open request per clause."""
        if not (self._queue or self._hushes):
            return ()
        asking: list[Speak | More] = []
        keep = self._limit
        ask = self._limit - self._share
        first = self.next
        for clause in sorted((c for c in self._queue if not c.held), key=lambda c: c is not self.current):
            if clause.begun and clause is not first:
                continue  # broken off, to go on after others: it keeps what it has, and waits
            if clause.claim > keep:
                self._forget(clause)
            self._ask(clause, ask - clause.claim, asking)
            keep -= clause.claim
            ask -= clause.claim
        for number, clause in enumerate(c for c in self._queue if c.held):
            allowed = min(self._share, keep) if number == 0 else 0
            if clause.claim > allowed:
                self._forget(clause)
            self._ask(clause, allowed - clause.claim, asking)
        hushes, self._hushes = self._hushes, []
        return (*hushes, *asking)

    def _ask(self, clause: PlannedClause, room: int, asking: list[Speak | More]) -> None:
        if clause.ended or clause.asked or room < self._request:
            return
        asking.append(More(clause.id, room) if clause.opened else self._speak(clause, room))
        clause.opened = True
        clause.asked = room

    def _speak(self, clause: PlannedClause, samples: int) -> Speak:
        return Speak(clause.id, clause.text, samples, self.voice, self.speed, clause.goes_on)

    def _forget(self, clause: PlannedClause) -> None:
        self._hush(clause)
        clause.stale += clause.asked > 0
        clause.forget()

    def _hush(self, clause: PlannedClause) -> None:
        if clause.opened and not clause.ended:
            self._hushes.append(Hush(clause.id))
