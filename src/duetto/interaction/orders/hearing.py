"""Phrases of standing orders in what is said and typed: each occurrence once, however often it is seen.

The same "um" stands in many partial hypotheses, moves a little from one to the next, and may be spotted in the sound
besides. What only the recogniser wrote is taken back if it writes otherwise; what was spotted stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from duetto.interaction.orders.happening import Happening
from duetto.interaction.percept import Percept
from duetto.interaction.standing import Book, Index, Occurrence, Typed
from duetto.timeline.arrival import Hypothesis, Spotted, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.phrase import normal, words_of

MOST_OCCURRENCES: Final = 64
"""Occurrences that are remembered; the oldest go first."""
WRITTEN_SLACK: Final = ms(150)
"""How far apart (ns) two hypotheses may put the same word."""
SPOTTED_SLACK: Final = ms(300)
"""The same of recogniser and spotting."""
FORGET: Final = s(120)
"""How long (ns) after it was said an occurrence is remembered, if its utterance is over."""
TOO_LATE: Final = s(6)
"""What is found this long (ns) after it was said is no news."""
HARDLY: Final = 0.08
"""Confidence of the recogniser below which its words are hardly what was said: they call for nothing."""
STANDS: Final = ms(500)
"""How long (ns) a phrase must stand in an unsent line to count as typed."""

Starts = Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]


@dataclass(frozen=True, slots=True)
class Sensed:
    """The book after it, what happened, and which occurrences proved to be none."""

    book: Book
    happenings: tuple[Happening, ...] = ()
    taken: frozenset[int] = frozenset()


def hear(book: Book, index: Index, percept: Percept) -> Sensed:
    """What was said of the phrases since the last micro-turn."""
    ears = percept.ears
    hypotheses: list[tuple[int, tuple[TimedWord, ...]]] = []
    spotted: list[Spotted] = []
    for arrival in percept.arrivals:
        if isinstance(arrival, Spotted):
            spotted.append(arrival)
        elif isinstance(arrival, Hypothesis) and arrival.final and arrival.utterance != ears.utterance:
            hypotheses.append((arrival.utterance, arrival.words))
    changed = ears.words is not book.words and (ears.words != book.words or ears.utterance != book.utterance)
    if ears.utterance is not None and changed:
        hypotheses.append((ears.utterance, ears.words))
        book = replace(book, words=ears.words, utterance=ears.utterance)
    if not (hypotheses or spotted):
        return Sensed(book)
    occurrences, next_id = list(book.occurrences), book.next
    new: list[Occurrence] = []
    taken: set[int] = set()
    for utterance, words in hypotheses:
        found = _in_words(words, index.starts)
        fresh, gone = _reconcile(occurrences, utterance, [one for one in found if one[0] in index.heard], index)
        taken |= gone
        for phrase, start, end in fresh:
            new.append(Occurrence(next_id, phrase, utterance, start, end, percept.now, written=True))
            occurrences.append(new[-1])
            next_id += 1
    for one in spotted:
        phrase = normal(one.phrase)
        if phrase in index.heard and not _join(occurrences, phrase, one):
            new.append(Occurrence(next_id, phrase, one.utterance, one.start, one.end, percept.now, spotted=True))
            occurrences.append(new[-1])
            next_id += 1
    recent = [one for one in occurrences if percept.now - one.end < FORGET or one.utterance == ears.utterance]
    recent.sort(key=lambda one: one.end)
    book = replace(book, occurrences=tuple(recent[-MOST_OCCURRENCES:]), next=next_id)
    happened = tuple(
        Happening("heard", one.end, one.phrase, start=one.start, ref=one.id)
        for one in sorted(new, key=lambda one: one.end)
        if percept.now - one.end <= TOO_LATE
    )
    return Sensed(book, happened, frozenset(taken))


def settle(book: Book, ids: frozenset[int], gone: Iterable[Occurrence]) -> Book:
    """Something was said on these occurrences: they count, whatever the recogniser writes by now."""
    kept = tuple(replace(one, spotted=True) for one in gone if one.id in ids)
    return replace(book, occurrences=(*book.occurrences, *kept)[-MOST_OCCURRENCES:])


def read_typing(book: Book, index: Index, percept: Percept) -> Sensed:
    """What was typed of the phrases: in lines that were sent, and in the unsent one where they stand for a while."""
    happened: list[Happening] = []
    typing, line, now = book.typing, book.line, percept.now
    for sent in percept.lines:
        counted = {one.phrase: one.counted for one in typing}
        for phrase, times in _in_text(sent, index).items():
            happened += [Happening("typed", now, phrase)] * max(0, times - counted.get(phrase, 0))
        typing, line = (), ""
    if percept.typed != line:
        line, known = percept.typed, {one.phrase: one for one in typing}
        stands = _in_text(line, index)
        found: list[Typed] = []
        for phrase in dict.fromkeys((*known, *stands)):
            one, times = known.get(phrase, Typed(phrase, 0, now)), stands.get(phrase, 0)
            since = now if times > one.times else one.since
            found.append(replace(one, times=times, since=since))
        typing = tuple(found) if line else ()
    for at, one in enumerate(typing):
        if one.times > one.counted and now - one.since >= STANDS:
            happened += [Happening("typed", now, one.phrase)] * (one.times - one.counted)
            typing = (*typing[:at], replace(one, counted=one.times), *typing[at + 1 :])
    if typing is not book.typing or line != book.line:
        book = replace(book, typing=typing, line=line)
    return Sensed(book, tuple(happened))


# --- inside -----------------------------------------------------------------------------------------------------

Found = tuple[str, int, int]
"""A phrase, and from when to when (ns) it was said."""


def _in_words(words: tuple[TimedWord, ...], starts: Starts) -> list[Found]:
    if words and words[-1].confidence < HARDLY:
        return []
    tokens = [(token, word) for word in words for token in words_of(word.text)]
    found: list[Found] = []
    for place, (token, word) in enumerate(tokens):
        for phrase, text in starts.get(token, ()):
            if len(phrase) == 1 or tuple(t for t, _ in tokens[place : place + len(phrase)]) == phrase:
                found.append((text, word.start, tokens[place + len(phrase) - 1][1].end))
    return found


def _in_text(text: str, index: Index) -> dict[str, int]:
    if not index.typed or not text:
        return {}
    tokens = words_of(text)
    found: dict[str, int] = {}
    for place, token in enumerate(tokens):
        for words, phrase in index.starts.get(token, ()):
            if phrase in index.typed and tokens[place : place + len(words)] == words:
                found[phrase] = found.get(phrase, 0) + 1
    return found


def _reconcile(
    occurrences: list[Occurrence], utterance: int, found: list[Found], index: Index
) -> tuple[list[Found], set[int]]:
    """Put what is written of an utterance now beside what is known. Returns what is new, and what is gone."""
    matched: set[int] = set()
    fresh: list[Found] = []
    for phrase, start, end in found:
        best, nearest = -1, 0
        for place, one in enumerate(occurrences):
            slack = SPOTTED_SLACK if one.spotted else WRITTEN_SLACK
            if place in matched or one.phrase != phrase or not _near(one, start, end, slack):
                continue
            away = abs(one.start - start)
            if best < 0 or away < nearest:
                best, nearest = place, away
        if best < 0:
            fresh.append((phrase, start, end))
            continue
        matched.add(best)
        known = occurrences[best]
        if known.utterance == utterance and (known.start, known.end, known.written) != (start, end, True):
            occurrences[best] = replace(known, start=start, end=end, written=True)
    gone = {
        one.id
        for place, one in enumerate(occurrences)
        if one.utterance == utterance and one.written and not one.spotted
        if place not in matched and one.phrase in index.heard
    }
    occurrences[:] = [one for one in occurrences if one.id not in gone]
    return fresh, gone


def _join(occurrences: list[Occurrence], phrase: str, spotted: Spotted) -> bool:
    """Is it one that is known?"""
    best, nearest = -1, 0
    for place, one in enumerate(occurrences):
        if one.phrase != phrase or not _near(one, spotted.start, spotted.end, 0 if one.spotted else SPOTTED_SLACK):
            continue
        away = abs(one.start - spotted.start)
        if best < 0 or away < nearest:
            best, nearest = place, away
    if best < 0:
        return False
    occurrences[best] = replace(occurrences[best], spotted=True)
    return True


def _near(one: Occurrence, start: int, end: int, slack: int) -> bool:
    return one.start <= end + slack and start <= one.end + slack
