"""One micro-turn of all standing orders: what is met, and what is said of it.

Most micro-turns have nothing for most orders: only those are touched for which something happened, or whose time has
come (`python -m bench orders_cost` says what 200 of them cost).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from duetto.interaction import ways
from duetto.interaction.action import Action, DropReply, Fire, Inquire, Tell, Unfire, Unwatch, Watch
from duetto.interaction.orders import asking, book, clauses, conditions, hearing, needs, remarks
from duetto.interaction.orders.happening import Happening, Slice
from duetto.interaction.percept import Percept
from duetto.interaction.standing import Book, Ended, Firing, Index, Met, Quiet, Standing
from duetto.interaction.state import State

MOST_ENDED = 8
"""Orders that uncertain words have ended, and that may have to go on."""


def check(state: State, percept: Percept, *, said: bool = False) -> tuple[State, tuple[Action, ...]]:
    """Whatever of the orders is met now: it is counted, spoken of, and ends what it ends.

    said: the user has just ended a turn or sent a line.
    """
    if not state.orders and not state.book.ended:
        return state, ()
    shared = state.book
    index = shared.index
    if index is None:
        index = needs.index(state.orders, (one.standing for one in shared.ended))
        shared = replace(shared, index=index, pictures=needs.pictures(state.orders, shared.pictures))
    soon = percept.now + round(percept.delta * state.settings.order_early)
    before, was_quiet = shared.soon, shared.quiet
    happenings = _seen(index, percept)
    taken: frozenset[int] = frozenset()
    if index.heard or shared.occurrences:
        known = shared.occurrences
        sensed = hearing.hear(shared, index, percept)
        shared, taken = sensed.book, sensed.taken
        if not ways.another(state, percept.now):
            happenings.extend(sensed.happenings)
        if taken:
            settled = taken.intersection(_spoken_of(state, taken))
            shared, taken = hearing.settle(shared, settled, known), taken - settled
    if "clause" in index.kinds or shared.clauses:
        unsettled = frozenset(one.id for one in shared.clauses if not one.spotted)
        sensed = clauses.follow(shared, percept, _spoken_of(state, unsettled) if unsettled else ())
        shared, taken = sensed.book, taken | sensed.taken
        happenings.extend(sensed.happenings)
    if index.typed:
        sensed = hearing.read_typing(shared, index, percept)
        shared = sensed.book
        happenings.extend(sensed.happenings)
    if shared.asked:
        shared, more = asking.answers(shared, percept)
        happenings.extend(more)
    if index.silences:
        shared = _silence(shared, percept, max(soon, before))
    touched = _touched(state, index, Slice(soon, before, quiet=shared.quiet, was_quiet=was_quiet), happenings)
    if taken:
        touched |= {place for place, one in enumerate(state.orders) if one.needs.heard or "clause" in one.needs.kinds}
    if shared is not state.book:
        state = replace(state, book=shared)

    actions: list[Action] = []
    if touched or taken:
        now = Slice(soon, before, tuple(happenings), taken, shared.quiet, was_quiet)
        state, actions = _Round(state, percept, now, remarks.Room.of(state, percept.now)).run(sorted(touched))
    state, inquiries = _ask(state, percept, said=said)
    return state, (*actions, *inquiries)


def _ask(state: State, percept: Percept, *, said: bool) -> tuple[State, tuple[Inquire | Tell, ...]]:
    shared = state.book
    index = shared.index
    asks = index is not None and ("meaning" in index.kinds or "shows" in index.kinds)
    if not (asks or shared.asked):
        return state, ()
    shared, inquiries = asking.ask(shared, state.orders, percept, state.settings, said=said)
    return (state if shared is state.book else replace(state, book=shared)), inquiries


def _seen(index: Index, percept: Percept) -> list[Happening]:
    """What was seen, as far as an order waits for it."""
    return [
        Happening(sighting.what, percept.now, sighting.name, sighting.region or "", sighting.stream, was=sighting.was)
        for sighting in percept.seen
        if sighting.what in index.kinds
    ]


def _silence(shared: Book, percept: Percept, soon: int) -> Book:
    """Since when the user, and anyone, says nothing. What ended before duetto could know is back-dated."""
    ears, now = percept.ears, percept.now
    typed = percept.typing or bool(percept.lines)
    typed_at = now if typed else shared.typed_at
    sounded_at = now if percept.mouth.sounding else shared.sounded_at
    user = None if ears.voice or typed else max(ears.ended or 0, typed_at)
    anyone = None if user is None or percept.mouth.sounding else max(user, sounded_at)
    quiet = shared.quiet
    if (user, anyone) != (quiet.user, quiet.anyone):
        quiet = Quiet(user, anyone)
    return replace(shared, soon=soon, quiet=quiet, typed_at=typed_at, sounded_at=sounded_at)


def _touched(state: State, index: Index, now: Slice, happenings: list[Happening]) -> set[int]:
    """Which orders, by their place, something happened to, or whose time has come."""
    touched: set[int] = set()
    for one in happenings:
        places = index.heard if one.kind == "heard" else index.typed if one.kind == "typed" else None
        touched.update(index.kinds.get(one.kind, ()) if places is None else places.get(one.word, ()))
    if index.due is not None and index.due <= now.soon:
        touched.update(n for n, one in enumerate(state.orders) if one.due is not None and one.due <= now.soon)
    for length, alone, place in index.silences:
        if now.silent(length, alone, state.orders[place].given) is not None:
            touched.add(place)
    return touched


def _spoken_of(state: State, ids: frozenset[int]) -> set[int]:
    """Those of the occurrences on which something was said that the user has begun to hear, or that was shown."""
    waiting = {reply.id for reply in state.replies if not reply.begun and not (reply.shown and reply.planned)}
    firings = [firing for standing in state.orders for firing in standing.firings]
    firings += [firing for ended in state.book.ended for firing in ended.standing.firings]
    return {
        ref
        for firing in firings
        if firing.reply is not None and firing.reply not in waiting
        for ref in ids.intersection(firing.refs)
    }


@dataclass(slots=True)
class _Round:
    """The touched orders of one micro-turn, one after another."""

    state: State
    percept: Percept
    now: Slice
    room: remarks.Room
    orders: list[Standing | None] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    def run(self, touched: Iterable[int]) -> tuple[State, list[Action]]:
        self.orders = list(self.state.orders)
        for place in touched:
            self._one(place)
        shared = self.state.book
        again = [one for one in shared.ended if not self.now.taken.isdisjoint(one.refs)]
        ended = (*(one for one in shared.ended if one not in again), *self.ended)[-MOST_ENDED:]
        for one in again:
            self._go_on(one.standing)
        kept = tuple(one for one in self.orders if one is not None)
        due = min((one.due for one in kept if one.due is not None), default=None)
        moved = len(kept) != len(self.state.orders) or bool(again)
        index = None if moved or shared.index is None else replace(shared.index, due=due)
        known = {one.id for one in shared.known}
        ended = tuple(one for one in ended if not known.isdisjoint(one.refs))
        room = self.room
        shared = replace(shared, index=index, ended=ended, spoken=room.spoken, told=room.told, flooded=room.flooded)
        return replace(self.state, orders=kept, book=shared), self.actions

    def _one(self, place: int) -> None:
        standing = self.orders[place]
        assert standing is not None
        order, now = standing.order, self.now
        now.given = standing.given
        if now.taken:
            standing = self._take_back(standing)
        until_met: tuple[Met, ...] = ()
        until = standing.until
        if order.until is not None:
            until_met, until = conditions.step(order.until, until, now)
        met, when = conditions.step(order.when, standing.when, now)
        due = book.due(order, when, until)
        if when is not standing.when or until is not standing.until or due != standing.due:
            standing = standing.moved(when, until, due)
        end = until_met[0] if until_met else None
        for one in met:
            if end is not None and end.at <= one.at:
                break
            before = standing
            standing = self._fire(standing, one)
            if order.limit is not None and standing.fired >= order.limit:
                self._end(place, replace(before, firings=standing.firings, fired=standing.fired), one.refs)
                return
        if end is not None:
            self._end(place, standing, end.refs)
            self.state, dropped = book.unsay(self.state, frozenset({order.name}))
            self.actions.extend(dropped)
        elif conditions.over(order.when, when, now.soon):
            self._end(place, standing, ())
        else:
            self.orders[place] = standing

    def _fire(self, standing: Standing, met: Met) -> Standing:
        order, at = standing.order, self.percept.now
        gap = standing.needs.gap
        if gap and standing.last is not None and at - standing.last < gap:
            return standing  # it flickers
        n = standing.fired + 1
        self.state, text, reply, actions = remarks.speak(self.state, standing, met, n, self.percept, self.room)
        rests = standing.spoke is not None and at - standing.spoke < order.rest
        sure = not met.refs or all(one.spotted for one in self.state.book.known if one.id in met.refs)
        self.actions += [Fire(order.name, n, text or "", sure), *actions]
        firing = Firing(n, met.refs, reply) if met.refs else None
        return standing.met(at, spoken=text is not None, skipped=text is None and not rests, firing=firing)

    def _end(self, place: int, standing: Standing, refs: tuple[int, ...]) -> None:
        self.orders[place] = None
        self.actions.append(Unwatch(standing.order.name))
        written = {one.id for one in self.state.book.known if not one.spotted}
        if not written.isdisjoint(refs):
            self.ended.append(Ended(standing, refs))

    def _take_back(self, standing: Standing) -> Standing:
        """Firings that rest on words which were none."""
        gone = [firing for firing in standing.firings if not self.now.taken.isdisjoint(firing.refs)]
        if not gone:
            return standing
        ids = frozenset(f.reply for f in gone if f.reply is not None and self.state.reply(f.reply) is not None)
        self.state = self.state.without_replies(ids)
        self.actions += [Unfire(standing.order.name, firing.n) for firing in gone]
        self.actions += [DropReply(id) for id in sorted(ids)]
        kept = tuple(firing for firing in standing.firings if firing not in gone)
        return replace(standing, fired=max(0, standing.fired - len(gone)), firings=kept, spoke=None)

    def _go_on(self, standing: Standing) -> None:
        """The words that ended it were others."""
        standing = self._take_back(standing)
        names = {one.order.name for one in self.orders if one is not None}
        if standing.order.name in names or len(names) >= self.state.settings.most_orders:
            return
        _, when = conditions.step(standing.order.when, standing.when, Slice(0, 0, taken=self.now.taken))
        until = standing.until
        if standing.order.until is not None:
            _, until = conditions.step(standing.order.until, until, Slice(0, 0, taken=self.now.taken))
        due = book.due(standing.order, when, until)
        self.orders.append(standing.moved(when, until, due))
        self.actions.append(Watch(standing.order))
