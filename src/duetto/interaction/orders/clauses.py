"""Clauses of what the user says, as soon as they are whole, for what is said behind their speech.

A clause ends with a pause, with punctuation where the recogniser writes any, before a word that begins another once it
is long enough, or where it has grown too long. It is revised with the words that it was cut from, until something has
been said on it: from then on it stands, and what follows is cut from the words after it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from duetto.interaction.orders.happening import Happening
from duetto.interaction.orders.hearing import TOO_LATE, Sensed
from duetto.interaction.percept import Percept
from duetto.interaction.settings import HESITATIONS
from duetto.interaction.standing import Book, Occurrence
from duetto.timeline.arrival import Hypothesis, TimedWord
from duetto.timeline.clock import ms

MOST_CLAUSES: Final = 24
"""Clauses that are remembered, the latest."""
PAUSE: Final = ms(240)
"""Silence (ns), or a gap between two words, that ends a clause."""
FEWEST: Final = 5
"""Words of a clause before which no joining word ends it."""
MOST: Final = 14
"""Words of a clause at most."""
BEYOND: Final = 2
"""Words that must be known beyond such an end: the last ones of a hypothesis change most."""
JOINS: Final = frozenset(
    "and but because so then when while which who although though if or before after until".split()
)
"""Words with which a clause begins, more often than not."""
_STOPS: Final = tuple(".,;:!?…")


def follow(book: Book, percept: Percept, said: Collection[int]) -> Sensed:
    """Clauses that are whole now, and those that proved to be none. said: those on which something has been said."""
    clauses = [replace(one, spotted=True) if one.id in said else one for one in book.clauses]
    settled = len(said) > 0
    fresh: list[Occurrence] = []
    taken: set[int] = set()
    number = book.next
    for utterance, words, whole in _utterances(percept):
        mine = [one for one in clauses if one.utterance == utterance]
        last = max((at for at, one in enumerate(mine, 1) if one.spotted), default=0)
        rest, open_ = _after(mine[:last], words), mine[last:]
        while open_ and _stands(open_[0], rest):
            rest = rest[len(open_.pop(0).phrase.split()) :]
        taken.update(one.id for one in open_)
        for clause in _cut(rest, whole=whole):
            if all(word.text.lower() in HESITATIONS for word in clause):
                continue
            text = " ".join(word.text for word in clause)
            start, end = clause[0].start, clause[-1].end
            fresh.append(Occurrence(number, text, utterance, start, end, percept.now, written=True))
            number += 1
    if not (fresh or taken or settled):
        return Sensed(book)
    kept = tuple(one for one in (*clauses, *fresh) if one.id not in taken)[-MOST_CLAUSES:]
    happened = tuple(
        Happening("clause", one.end, one.phrase, start=one.start, ref=one.id)
        for one in fresh
        if percept.now - one.end <= TOO_LATE
    )
    return Sensed(replace(book, clauses=kept, next=number), happened, frozenset(taken))


def _utterances(percept: Percept) -> list[tuple[int, tuple[TimedWord, ...], bool]]:
    """The words to look through, and whether nothing more is to come just after them."""
    ears = percept.ears
    found = [
        (arrival.utterance, arrival.words, True)
        for arrival in percept.arrivals
        if isinstance(arrival, Hypothesis) and arrival.final and arrival.utterance != ears.utterance
    ]
    if ears.utterance is not None and ears.words:
        silence = 0 if ears.voice or ears.ended is None else percept.now - ears.ended
        found.append((ears.utterance, ears.words, silence >= PAUSE and ears.caught_up))
    return found


def _after(spoken_of: Sequence[Occurrence], words: tuple[TimedWord, ...]) -> tuple[TimedWord, ...]:
    """The words after those clauses, whatever has become of theirs."""
    if not spoken_of:
        return words
    before = [part for one in spoken_of for part in one.phrase.split()]
    if [word.text for word in words[: len(before)]] == before:
        return words[len(before) :]
    until = max(one.end for one in spoken_of)
    return tuple(word for word in words if (word.start + word.end) // 2 >= until)


def _stands(clause: Occurrence, words: tuple[TimedWord, ...]) -> bool:
    """Do these words still begin with the clause?"""
    its = clause.phrase.split()
    return [word.text for word in words[: len(its)]] == its


def _cut(words: tuple[TimedWord, ...], *, whole: bool) -> list[tuple[TimedWord, ...]]:
    """The clauses that are whole; what is left may go on. whole: nothing goes on."""
    found: list[tuple[TimedWord, ...]] = []
    first = 0
    for at in range(1, len(words)):
        length, known = at - first, len(words) - at
        gap = words[at].start - words[at - 1].end >= PAUSE
        stop = words[at - 1].text.endswith(_STOPS) and length > 1
        joins = length >= FEWEST and known >= BEYOND and words[at].text.lower() in JOINS
        if gap or stop or joins or (length >= MOST and known >= BEYOND):
            found.append(words[first:at])
            first = at
    if whole and first < len(words):
        found.append(words[first:])
    return found
