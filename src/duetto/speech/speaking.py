"""How duetto's speech stands at a moment: what a decision is made on."""

from __future__ import annotations

import msgspec


class Piece(msgspec.Struct, frozen=True):
    """Samples `[start, end)` of a slice of voice are the sound of this clause."""

    reply: int
    clause: int
    start: int
    end: int


class Speaking(msgspec.Struct, frozen=True):
    """How speech stands at media time `at` (ns), where the next slice of voice begins.

    sounding: sound that has begun goes on in the next slice. held, ducked: as told. reply, clause, clause_text: what
    is being said (also while it is held), else the next that may be said. begun: its first sound has been handed out.
    finishing: what is left of the clause, if it has begun. heard, unsaid: of that reply, the text that was heard up
    to `at`, and what is planned of it besides. remaining: ns of sound that is known and may be heard. left: (reply,
    number of clauses not wholly heard) for each reply in the plan, in the plan's order, held ones included. ended:
    replies of which the last planned clause was wholly heard since the previous view (a brain that is still writing
    may add to them). silent_since: media time (ns) at which duetto's last sound ended, or None while it sounds; 0 if
    it has not spoken yet.
    """

    at: int
    sounding: bool = False
    held: bool = False
    ducked: bool = False
    reply: int | None = None
    clause: int | None = None
    clause_text: str = ""
    begun: bool = False
    finishing: str = ""
    heard: str = ""
    unsaid: str = ""
    remaining: int = 0
    left: tuple[tuple[int, int], ...] = ()
    ended: tuple[int, ...] = ()
    silent_since: int | None = 0
