"""What was said becomes history: of duetto's words those that were heard, of the user's those a turn ended with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from duetto.interaction import action as do
from duetto.models.history import History
from duetto.perception.audio.pipeline import Hearing
from duetto.speech.ledger import Ledger
from duetto.timeline.arrival import Arrival, Hypothesis
from duetto.timeline.command import Command, Erase, Remember, Unsay
from duetto.timeline.increment import Increment
from duetto.timeline.job import Remark
from duetto.timeline.payload import Line

MOST_ASIDES: Final = 8
"""Sounds of listening that are remembered as such: one at a time is planned."""
MOST_UNSETTLED: Final = 16
"""Turns whose final words are awaited."""


class TalkBook:
    """The conversation as a brain is told it. most: remarks that it keeps. ledger: knows what of duetto's was heard."""

    def __init__(self, most: int, ledger: Ledger) -> None:
        self._history = History(most)
        self._ledger = ledger
        self._asides: dict[int, int] = {}  # clauses that are sounds of listening, with their replies
        self._unsettled: dict[int, int] = {}  # turns that are history, with final words still to come; since when
        self._cut: list[int] = []  # replies of which a clause was cut, perhaps their last
        self._said_since: dict[int, int] = {}  # by reply: when what is not history yet began to be heard

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is history."""
        return self._history.remarks

    def remarks_at(self, now: int, hearing: Hearing) -> tuple[Remark, ...]:
        """With what of the latest is history only when it is over: the words of duetto's that were heard up to media
        time `now` (ns), and those of the user's turn in hand.
        """
        found = list(self._history.remarks)
        for reply, since in self._said_since.items():
            if reply not in self._asides.values() and (text := self._ledger.fresh(reply)):
                found.append(Remark("duetto", text, now, since=since, source=f"reply:{reply}"))
        if hearing.words and not any(remark.source == f"turn:{hearing.utterance}" for remark in found):
            text = " ".join(word.text for word in hearing.words)
            found.append(Remark("user", text, hearing.since or now, source=f"turn:{hearing.utterance}"))
        return tuple(found)

    # --- what the application tells -----------------------------------------------------------------------------

    def tell(self, command: Remember, at: int, source: str) -> None:
        """This was said, at media time `at` (ns)."""
        self._history.add(Remark(command.who, command.text, at, command.how, source=source))

    def erase(self, source: str) -> None:
        """What came from there is no part of the conversation."""
        self._history.erase(source)
        self._unsettled.pop(_turn_of(source), None)

    def take_back(self, commands: Iterable[Command]) -> None:
        """What it tells not to be part of the conversation, after what was said of it has become part."""
        for command in commands:
            match command:
                case Unsay():
                    self._history.shorten(f"reply:{command.reply}", command.words)
                case Erase() if not command.source.startswith("told:"):
                    self.erase(command.source)

    # --- the user's ---------------------------------------------------------------------------------------------

    def turn_over(self, turn: do.EndTurn, now: int) -> None:
        """A turn that counts has ended, with these words so far."""
        if turn.text:
            self._history.add(Remark("user", turn.text, turn.since, source=f"turn:{turn.utterance}"))
        self._unsettled[turn.utterance] = turn.since if turn.text else now
        while len(self._unsettled) > MOST_UNSETTLED:
            self._unsettled.pop(next(iter(self._unsettled)))

    def settle_turns(self, arrivals: Iterable[Arrival]) -> None:
        """The final words of turns that are over take the place of those that they ended with."""
        for arrival in arrivals:
            if not isinstance(arrival, Hypothesis) or not arrival.final:
                continue
            since = self._unsettled.pop(arrival.utterance, None)
            if since is not None and arrival.words:
                text = " ".join(word.text for word in arrival.words)
                at = min(since, arrival.words[0].start)
                self._history.correct(Remark("user", text, at, source=f"turn:{arrival.utterance}"))

    # --- duetto's -----------------------------------------------------------------------------------------------

    def listening(self, clause: int, reply: int) -> None:
        """This clause is a sound of listening."""
        self._asides[clause] = reply
        while len(self._asides) > MOST_ASIDES:
            self._asides.pop(next(iter(self._asides)))

    def listens(self, clause: int) -> bool:
        """Is it a sound of listening?"""
        return clause in self._asides

    def began(self, reply: int, at: int) -> None:
        """A clause of it began to be heard at media time `at` (ns)."""
        self._said_since.setdefault(reply, at)

    def cut(self, reply: int) -> None:
        """A clause of it was cut, perhaps its last."""
        self._cut.append(reply)

    def shown(self, reply: int, text: str, now: int) -> None:
        """A text of it was shown."""
        self._history.add(Remark("duetto", text, now, "typed", source=f"reply:{reply}"))

    def said(self, reply: int, now: int) -> None:
        """Only what was heard of a reply is history, each word of it once; that duetto listened is not."""
        since = self._said_since.pop(reply, None)
        if reply in self._asides.values():
            return
        heard = self._ledger.take(reply)
        if heard:
            self._history.add(Remark("duetto", heard, now, since=since, source=f"reply:{reply}"))

    def remember(self, perceived: Iterable[Increment], ended: Iterable[int], now: int) -> None:
        """A round has been decided on: lines that the user sent in it, and replies of which nothing is left to say."""
        for increment in perceived:
            if isinstance(increment.payload, Line):
                self._history.add(Remark("user", increment.payload.text, increment.at, "typed"))
        cut, self._cut = self._cut, []
        for reply in (*ended, *cut):
            if not self._ledger.open_clauses(reply):
                self.said(reply, now)


def _turn_of(source: str) -> int:
    """The utterance that a source names; 0, which there is none of, for other sources."""
    number = source.removeprefix("turn:")
    return int(number) if number != source and number.isdecimal() else 0
