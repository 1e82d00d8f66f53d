"""How much may come, and how many may be there: token buckets and counts. Without a clock of their own."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Final

from duetto.server.settings import Limits, Rate
from duetto.wire.seat import Refused

MOST_KEYS: Final = 4096
"""Keys whose allowances are remembered; the one used longest ago is forgotten first."""


class TokenBucket:
    """So much a second on average, so much at once. It may be overdrawn once: `take` then says how long to wait."""

    __slots__ = ("_at", "_held", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._held = rate.burst
        self._at = now

    def take(self, amount: float, now: float) -> float:
        """Take what has come. Returns the seconds after which the next may be taken, 0 for at once."""
        self._fill(now)
        self._held -= amount
        return max(0.0, -self._held / self.rate.per_second)

    def allows(self, amount: float, now: float) -> bool:
        """Take the amount if there is as much, else nothing."""
        self._fill(now)
        if self._held < amount:
            return False
        self._held -= amount
        return True

    def _fill(self, now: float) -> None:
        self._held = min(self.rate.burst, self._held + max(0.0, now - self._at) * self.rate.per_second)
        self._at = max(self._at, now)


class Pace:
    """The rate of messages and bytes of one connection, or of all those of one key."""

    __slots__ = ("_bytes", "_messages")

    def __init__(self, messages: Rate, size: Rate, now: float) -> None:
        self._messages = TokenBucket(messages, now)
        self._bytes = TokenBucket(size, now)

    def take(self, size: int, now: float) -> float:
        """A message of so many bytes has come. Returns the seconds to wait before the next is read."""
        return max(self._messages.take(1, now), self._bytes.take(size, now))


class Allowances:
    """What each key has left: pace, and requests. Keys that have not come for longest are forgotten."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits = limits
        self._now = now
        self._of: OrderedDict[str, tuple[Pace, TokenBucket]] = OrderedDict()

    def pace(self, key: str) -> Pace:
        return self._entry(key)[0]

    def request(self, key: str) -> bool:
        """One more request that makes something may be served."""
        return self._entry(key)[1].allows(1, self._now())

    def _entry(self, key: str) -> tuple[Pace, TokenBucket]:
        entry = self._of.get(key)
        if entry is None:
            now = self._now()
            limits = self._limits
            entry = Pace(limits.key_messages, limits.key_bytes, now), TokenBucket(limits.requests, now)
            self._of[key] = entry
            if len(self._of) > MOST_KEYS:
                self._of.popitem(last=False)
        self._of.move_to_end(key)
        return entry


class Count:
    """How many are there now, in all and of each key. key "": it belongs to nobody and counts in all only."""

    def __init__(self, what: str, most: int, per_key: int) -> None:
        self._what = what
        self._most = most
        self._per_key = per_key
        self._of: Counter[str] = Counter()
        self.total = 0

    @property
    def full(self) -> bool:
        return self.total >= self._most

    def enter(self, key: str) -> Callable[[], None]:
        """One more. Returns what must be called when it has gone; again is harmless. Raises Refused("full")."""
        if self.full:
            raise Refused("full", f"this server has {self._most} {self._what} open, as many as it may; try again later")
        if key and self._of[key] >= self._per_key:
            raise Refused("full", f"this API key has {self._per_key} {self._what} open, as many as it may")
        self.total += 1
        self._of[key] += 1
        gone = False

        def leave() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self.total -= 1
                self._of[key] -= 1
                if not self._of[key]:
                    del self._of[key]

        return leave
