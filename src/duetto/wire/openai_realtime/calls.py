"""Calls of the client's functions, and what came of them.

The conversation replies to the outcome of a call by itself, but clients of this protocol also send `response.create`
after `function_call_output`. So an outcome is held back for a moment (`HOLD`). If the request follows, the outcome is
handed on as one that leads to no reply, and the request's own reply, with its instructions, is the only one. If none
does, the conversation replies, and that is told unasked; a request that comes while that reply is still awaited is
answered with it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from duetto.timeline.clock import ms, s
from duetto.wire.seat import Seat

HOLD: Final = ms(250)
"""Ns for which an outcome waits for the request that follows it."""
OWED: Final = s(10)
"""Ns for which the reply to an outcome is waited for before one is asked for after all."""
MOST_CALLS: Final = 256
"""Calls that are remembered."""


@dataclass(slots=True)
class _Outcome:
    call: int
    text: str
    until: int


class Calls:
    """Known by the ids that the client knows; the conversation numbers them."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._numbers: OrderedDict[str, int | None] = OrderedDict()  # None: nothing more is awaited
        self._unwanted: OrderedDict[int, None] = OrderedDict()
        self._held: deque[_Outcome] = deque()
        self._owed: int | None = None  # since when (ns) a reply to an outcome is on its way

    def __contains__(self, id: str) -> bool:
        return id in self._numbers

    def add(self, id: str, number: int | None) -> None:
        """number: None for a call that only the client knows of."""
        self._numbers[id] = number
        while len(self._numbers) > MOST_CALLS:
            self._numbers.popitem(last=False)

    def outcome(self, id: str, text: str) -> bool:
        """What came of a call. False where there is no such call, or its outcome was there before."""
        number = self._numbers.get(id)
        if number is None:
            return False
        self._numbers[id] = None
        if number not in self._unwanted:
            self._held.append(_Outcome(number, text, self._seat.now + HOLD))
        return True

    def unwanted(self, number: int) -> None:
        """The conversation does not want its outcome any more."""
        self._unwanted[number] = None
        while len(self._unwanted) > MOST_CALLS:
            self._unwanted.popitem(last=False)

    @property
    def owed(self) -> bool:
        """A reply to an outcome is on its way."""
        return self._owed is not None and self._seat.now - self._owed < OWED

    @property
    def held(self) -> bool:
        """There are outcomes that have not been handed on."""
        return bool(self._held)

    def replied(self) -> None:
        """That reply has begun, or is not waited for."""
        self._owed = None

    def hand_on(self, *, silent: bool, now: int | None = None) -> None:
        """Outcomes that are held back: those that have waited until `now`, or all. silent: they lead to no reply."""
        while self._held and (now is None or self._held[0].until <= now):
            held = self._held.popleft()
            if held.call in self._unwanted:
                continue
            self._seat.outcome(held.call, held.text, silent=silent)
            if not silent:
                self._owed = self._seat.now
