"""How each kind of condition is met: given how far it has come and what happens, what is met and how far it is then.

Conditions are events. `start` gives the memory of one that nothing has happened to, `step` moves it on by one
micro-turn, `due` says when it must be moved on though nothing happens. A memory is bounded whatever happens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duetto.interaction.orders.happening import Slice
from duetto.interaction.standing import (
    MOST_REFS,
    Barred,
    Begun,
    Counted,
    Due,
    Each,
    Gathered,
    Memory,
    Met,
    Said,
    Waiting,
)
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Clauses,
    Condition,
    Interval,
    Meaning,
    Moment,
    Nth,
    Reads,
    Repeats,
    Shows,
    Sight,
    Silence,
    Then,
    Unless,
    Words,
)
from duetto.timeline.order_text import first_read, reads
from duetto.timeline.phrase import normal_all

MOST_WAITS: Final = 8
"""Waits of one condition that may run at once; one more is not begun."""
MOST_AT_ONCE: Final = 16
"""How often one condition can be met in a micro-turn; what is beyond is not counted."""

Stepped = tuple[tuple[Met, ...], Memory]


def start(condition: Condition, now: int) -> Memory:
    """Nothing has happened yet."""
    match condition:
        case Moment(at=at):
            return Due(at)
        case Interval():
            return Due(_next(condition, now))
        case AnyOf(of=of):
            return Each(tuple(start(one, now) for one in of))
        case AllOf(of=of):
            return Gathered(tuple(start(one, now) for one in of), (None,) * len(of))
        case Then(first=first, then=then):
            return Begun(start(first, now), start(then, now))
        case After(first=first, but_not=but_not):
            return Waiting(start(first, now), None if but_not is None else start(but_not, now))
        case Unless(when=when, but_not=but_not):
            return Barred(start(when, now), start(but_not, now))
        case Nth(of=one):
            return Counted(start(one, now))
        case _:
            return None


def due(condition: Condition, memory: Memory) -> int | None:
    """When (ns) it must be looked at next though nothing happens; silences are known otherwise."""
    match condition, memory:
        case _, None | Said():
            return None
        case _, Due(at=at):
            return at
        case ((AnyOf(of=of) | AllOf(of=of)), (Each(of=inner) | Gathered(of=inner))):
            found = [due(one, its) for one, its in zip(of, inner, strict=True)]
        case Then(first=first, then=then), Begun():
            found = [due(first, memory.first), due(then, memory.then)]
        case After(first=first, wait=wait, but_not=but_not), Waiting():
            found = [due(first, memory.first), *(met.at + wait for met in memory.met)]
            found += [] if but_not is None else [due(but_not, memory.but_not)]
        case Unless(when=when, but_not=but_not), Barred():
            found = [due(when, memory.when), due(but_not, memory.but_not)]
        case Nth(of=one), Counted():
            found = [due(one, memory.of)]
        case _:
            found = []
    return min((at for at in found if at is not None), default=None)


def over(condition: Condition, memory: Memory, now: int) -> bool:
    """It can never be met again: its moments have been."""
    match condition, memory:
        case Moment(), Due(at=at):
            return at is None
        case AnyOf(of=of), Each(of=inner):
            return all(over(one, its, now) for one, its in zip(of, inner, strict=True))
        case AllOf(of=of, within=within), Gathered(of=inner, met=met):
            return any(
                over(one, its, now) and (was is None or now - was.at > within)
                for one, its, was in zip(of, inner, met, strict=True)
            )
        case Then(first=first, then=then, within=within), Begun(met=begun):
            waits = begun is not None and now - begun.at <= within
            return over(then, memory.then, now) or (over(first, memory.first, now) and not waits)
        case After(first=first), Waiting(met=waiting):
            return not waiting and over(first, memory.first, now)
        case (Unless(when=one), Barred(when=its)) | (Nth(of=one), Counted(of=its)):
            return over(one, its, now)
        case _:
            return False


def step(condition: Condition, memory: Memory, now: Slice) -> Stepped:
    """One micro-turn: how often it is met (in the order of time), and how far it has come then."""
    met, memory = _step(condition, memory, now)
    return (met[:MOST_AT_ONCE] if len(met) > MOST_AT_ONCE else met), memory


def _step(condition: Condition, memory: Memory, now: Slice) -> Stepped:
    match condition, memory:
        case Words(), Said() | None:
            return _words(condition, memory, now)
        case Clauses(), _:
            clauses = (one for one in now.happenings if one.kind == "clause" and one.at > now.given)
            return tuple(Met(one.at, word=one.word, refs=(one.ref,)) for one in clauses), memory
        case ((Sight() | Repeats() | Reads() | Meaning() | Shows()), _):
            return _happened(condition, now) if now.happenings else (), memory
        case Interval(), Due(at=int() as at):
            if at > now.soon:
                return (), memory
            after = _next(condition, now.soon)
            return (Met(after - condition.period),), Due(after)
        case Moment(), Due(at=int() as at):
            return ((Met(at),), Due(None)) if at <= now.soon else ((), memory)
        case Silence(), _:
            since = now.silent(condition.length, condition.who == "user", now.given)
            return () if since is None else (Met(since),), memory
        case AnyOf(of=of), Each():
            stepped = [step(one, its, now) for one, its in zip(of, memory.of, strict=True)]
            inner = tuple(its for _, its in stepped)
            return _once(tuple(met for found, _ in stepped for met in found)), Each(inner)
        case AllOf(), Gathered():
            return _all(condition, memory, now)
        case Then(), Begun():
            return _then(condition, memory, now)
        case After(), Waiting():
            return _after(condition, memory, now)
        case Unless(), Barred():
            return _unless(condition, memory, now)
        case Nth(), Counted():
            return _nth(condition, memory, now)
        case _:
            return (), memory


# --- by themselves --------------------------------------------------------------------------------------------


def _next(interval: Interval, soon: int) -> int:
    """Its first moment after `soon` (ns). Those that were missed are not made up for."""
    return interval.start + interval.period * (max(0, soon - interval.start) // interval.period + 1)


def _words(condition: Words, said: Said | None, now: Slice) -> Stepped:
    if said is not None and said.ref in now.taken:
        said = None
    found: list[Met] = []
    wanted = normal_all(condition.phrases)
    for happening in now.happenings:
        if happening.kind not in ("heard", "typed") or condition.by not in ("either", happening.kind):
            continue
        if happening.word not in wanted:
            continue
        if happening.kind == "typed":
            found.append(Met(happening.at, word=happening.word))
            continue
        again = said is not None and happening.start < said.end and said.start < happening.at
        if happening.at > now.given and not again:
            found.append(Met(happening.at, word=happening.word, refs=(happening.ref,)))
            said = Said(happening.start, happening.at, happening.ref)
    return tuple(found), said


def _happened(condition: Sight | Repeats | Reads | Meaning | Shows, now: Slice) -> tuple[Met, ...]:
    found: list[Met] = []
    for one in now.happenings:
        match condition:
            case Sight(what=what, region=region, stream=stream):
                if one.kind == what and region in (None, one.region) and stream in (None, one.stream):
                    found.append(Met(one.at, one.region))
            case Repeats(of=of):
                # What repeats itself and is not known by a name may be the one that is counted.
                if one.kind == "repeat" and (of == "movement" or one.word in (of, "movement")):
                    found.append(Met(one.at, one.region, one.word))
            case Reads(phrases=phrases, stream=stream):
                if one.kind == "text" and one.stream == stream:
                    phrase = first_read(phrases, one.word)
                    if phrase is not None and not any(reads(phrase, line) for line in one.was.splitlines()):
                        return (Met(one.at, one.region, phrase),)
            case Meaning(question=question):
                if one.kind == "meaning" and one.word == question:
                    found.append(Met(one.at))
            case Shows(question=question, stream=stream):
                if one.kind == "shows" and one.word == question and one.stream == stream:
                    found.append(Met(one.at))
    return tuple(found)


# --- of others ------------------------------------------------------------------------------------------------


def _once(mets: tuple[Met, ...]) -> tuple[Met, ...]:
    """In the order of time; the same words are met once, however many conditions they meet."""
    if len(mets) < 2:
        return mets
    found: list[Met] = []
    seen: set[int] = set()
    for met in sorted(mets, key=lambda met: met.at):
        if seen.isdisjoint(met.refs):
            found.append(met)
            seen.update(met.refs)
    return tuple(found)


def _untaken(met: Met | None, taken: frozenset[int]) -> Met | None:
    return met if met is None or taken.isdisjoint(met.refs) else None


def _joined(mets: tuple[Met, ...]) -> Met:
    """What was met with the last of these."""
    last = max(mets, key=lambda met: met.at)
    ordered = (last, *(met for met in mets if met is not last))
    region = next((met.region for met in ordered if met.region), "")
    word = next((met.word for met in ordered if met.word), "")
    return Met(last.at, region, word, tuple(ref for met in mets for ref in met.refs)[-MOST_REFS:])


def _all(condition: AllOf, memory: Gathered, now: Slice) -> Stepped:
    stepped = [step(one, its, now) for one, its in zip(condition.of, memory.of, strict=True)]
    met, spent = memory.met, memory.spent
    if now.taken:
        met = tuple(_untaken(one, now.taken) for one in met)
        kept = tuple(_untaken(one, now.taken) for one in spent)
        if kept != spent:  # it was not met: the others still wait
            met, spent = tuple(one or was for one, was in zip(met, kept, strict=True)), ()
    events = sorted(((m.at, place, m) for place, (mets, _) in enumerate(stepped) for m in mets), key=lambda e: e[:2])
    found: list[Met] = []
    for _, place, one in events:
        met = (*met[:place], one, *met[place + 1 :])
        whole = tuple(each for each in met if each is not None)
        if len(whole) == len(met) and max(w.at for w in whole) - min(w.at for w in whole) <= condition.within:
            found.append(_joined(whole))
            met, spent = (None,) * len(met), met
    return tuple(found), Gathered(tuple(its for _, its in stepped), met, spent)


def _then(condition: Then, memory: Begun, now: Slice) -> Stepped:
    firsts, first = step(condition.first, memory.first, now)
    thens, then = step(condition.then, memory.then, now)
    met, spent = _untaken(memory.met, now.taken), memory.spent
    if spent is not None and now.taken:
        begun, followed = _untaken(spent[0], now.taken), _untaken(spent[1], now.taken)
        if begun is None or followed is None:  # it was not met: what began still waits
            met, spent = met or begun, None
    # What comes at the same moment does not follow.
    events = sorted([*((t.at, 0, t) for t in thens), *((f.at, 1, f) for f in firsts)], key=lambda event: event[:2])
    found: list[Met] = []
    for at, is_first, one in events:
        if is_first:
            met = one
        elif met is not None and met.at < at <= met.at + condition.within:
            found.append(_joined((met, one)))
            spent = (met, one)
            met = None
    return tuple(found), Begun(first, then, met, spent)


def _after(condition: After, memory: Waiting, now: Slice) -> Stepped:
    firsts, first = step(condition.first, memory.first, now)
    cancels: tuple[Met, ...] = ()
    but_not = memory.but_not
    if condition.but_not is not None:
        cancels, but_not = step(condition.but_not, but_not, now)
    waits = tuple(met for met in memory.met if now.taken.isdisjoint(met.refs))
    waits = (*waits, *firsts)[:MOST_WAITS]
    wait = condition.wait
    for cancel in cancels:
        waits = tuple(met for met in waits if not met.at < cancel.at <= met.at + wait)
    over = tuple(replace(met, at=met.at + wait) for met in waits if met.at + wait <= now.soon)
    return over, Waiting(first, but_not, tuple(met for met in waits if met.at + wait > now.soon))


def _unless(condition: Unless, memory: Barred, now: Slice) -> Stepped:
    bars, but_not = step(condition.but_not, memory.but_not, now)
    mets, when = step(condition.when, memory.when, now)
    met = _untaken(memory.met, now.taken)
    known = bars if met is None else (met, *bars)
    found = tuple(one for one in mets if not any(0 <= one.at - bar.at <= condition.within for bar in known))
    return found, Barred(when, but_not, max(known, key=lambda bar: bar.at, default=None))


def _nth(condition: Nth, memory: Counted, now: Slice) -> Stepped:
    mets, of = step(condition.of, memory.of, now)
    count, refs, spent = memory.count, memory.refs, memory.spent
    if now.taken and not now.taken.isdisjoint((*refs, *spent)):
        count -= len(now.taken.intersection(refs))
        if lost := len(now.taken.intersection(spent)):
            count, refs, spent = count + condition.n - lost, (*spent, *refs), ()
        refs = tuple(ref for ref in refs if ref not in now.taken)
    found: list[Met] = []
    for met in mets:
        count, refs = count + 1, (*refs, *met.refs)[-MOST_REFS:]
        if count >= condition.n:
            found.append(replace(met, refs=refs))
            count, refs, spent = count - condition.n, (), refs
    return tuple(found), Counted(of, max(0, count), refs, spent)
