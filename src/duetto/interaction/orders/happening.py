"""What has happened in a micro-turn, as the conditions of standing orders see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from duetto.interaction.standing import Quiet


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened at media time `at` (ns).

    kind: "heard", "typed", "clause", "meaning", "shows", "repeat", "text", or as in `order.Sight`. word: the phrase,
    the clause, the movement, the line of text or the question. was: for a line of text, those that stood there before.
    start: of a phrase that was heard (ns), which ends at `at`. ref: the occurrence, 0 for what is certain.
    """

    kind: str
    at: int
    word: str = ""
    region: str = ""
    stream: str = ""
    was: str = ""
    start: int = 0
    ref: int = 0


@dataclass(slots=True)
class Slice:
    """A micro-turn, for one order after another.

    soon, before: time is taken into account up to the first (ns), and was up to the second. taken: occurrences that
    were none. quiet, was_quiet: the silence now and before. given: since when the order is in force; it alone changes.
    """

    soon: int
    before: int
    happenings: tuple[Happening, ...] = ()
    taken: frozenset[int] = frozenset()
    quiet: Quiet = field(default_factory=Quiet)
    was_quiet: Quiet = field(default_factory=Quiet)
    given: int = 0

    def silent(self, length: int, alone: bool, given: int) -> int | None:
        """When (ns) the user (alone), or anyone, has said nothing for `length` ns, if that came just now. What was
        before `given` does not count.
        """
        since = self.quiet.user if alone else self.quiet.anyone
        if since is None:
            return None
        at = max(since, given) + length
        known = since == (self.was_quiet.user if alone else self.was_quiet.anyone)
        return at if at <= self.soon and not (known and at <= self.before) else None
