"""Speech for the cascade: playout and ledger, joined to the timeline."""

from __future__ import annotations

from typing import Final, Literal

from duetto.speech.ledger import ClauseDone, Event, Ledger, WordHeard
from duetto.speech.playout import Playout, PlayoutSettings
from duetto.speech.speaking import Speaking
from duetto.timeline.arrival import Speech
from duetto.timeline.increment import Span, StreamName
from duetto.timeline.job import Hush, More, Speak
from duetto.timeline.payload import Heard, Planned
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import DELTA, Samples

_VOICE: Final[StreamName] = "voice"
_SOURCE: Final = "playout"


class SpeechPipeline:
    """What the cascade does with its voice in each micro-turn: `begin`, then changes to the plan, `jobs`, `slice`.

    Writes the stream `voice`: `Planned` is added when a clause is planned, committed with its span when all of it was
    heard, revoked when the rest will not be said; `Heard` is committed for each word that was wholly heard.
    """

    def __init__(self, settings: PlayoutSettings | None = None, *, delta: int = DELTA) -> None:
        """delta: length of a micro-turn in ns."""
        self.ledger = Ledger()
        self.playout = Playout(settings, delta=delta, ledger=self.ledger)
        self._planned: dict[int, int] = {}  # clause -> its open increment
        self._unwritten: list[tuple[int, Planned]] = []
        self._revoked: list[int] = []
        self._ended: list[int] = []

    def begin(self, now: int, timeline: Timeline) -> tuple[Event, ...]:
        """A micro-turn begins: all that was handed out before media time `now` (ns) has been heard. Returns what.

        now: the start of the slice of voice that this micro-turn will hand out.
        """
        if self._unwritten or self._revoked:
            self.write(now, timeline)
        events = self.ledger.advance(now)
        for event in events:
            self._record(event, now, timeline)
        return events

    def write(self, now: int, timeline: Timeline) -> None:
        """Write what was planned and dropped since; at the end of a round, so that its edits show it at once."""
        for clause, payload in self._unwritten:
            added = timeline.add(_VOICE, Span(now, now), payload, at=now, source=_SOURCE)
            self._planned[clause] = added.id
        self._unwritten.clear()
        for clause in self._revoked:
            timeline.revoke(self._planned.pop(clause), _VOICE, at=now)
        self._revoked.clear()

    def speaking(self, now: int) -> Speaking:
        """How speech stands at media time `now` (ns), as of `begin`. Takes `ended` with it."""
        playout, ledger = self.playout, self.ledger
        current = playout.current
        ended, self._ended = tuple(self._ended), []
        replies = dict.fromkeys([clause.reply for clause in playout.clauses])
        if not replies:
            return Speaking(
                at=now,
                sounding=playout.sounding,
                held=playout.held,
                ducked=playout.ducked,
                remaining=playout.remaining(),
                ended=ended,
                silent_since=None if playout.sounding else playout.silent_since,
            )
        return Speaking(
            at=now,
            sounding=playout.sounding,
            held=playout.held,
            ducked=playout.ducked,
            reply=current.reply if current else None,
            clause=current.id if current else None,
            clause_text=current.text if current else "",
            begun=current.begun if current else False,
            finishing=ledger.rest(current.id) if current and current.begun else "",
            heard=ledger.heard(current.reply) if current else "",
            unsaid=ledger.unsaid(current.reply) if current else "",
            remaining=playout.remaining(),
            left=tuple([(reply, ledger.open_clauses(reply)) for reply in replies]),
            ended=ended,
            silent_since=None if playout.sounding else playout.silent_since,
        )

    # --- changing the plan -------------------------------------------------------------------------------------

    def plan(
        self,
        clause: int,
        reply: int,
        text: str,
        place: Literal["end", "next", "now"] = "end",
        *,
        held: bool = False,
        goes_on: bool = False,
    ) -> None:
        """As `Playout.plan`."""
        self.playout.plan(clause, reply, text, place, held=held, goes_on=goes_on)
        self._unwritten.append((clause, Planned(text, reply, clause)))

    def release(self, reply: int) -> None:
        """As `Playout.release`."""
        self.playout.release(reply)

    def drop(self, reply: int) -> tuple[int, ...]:
        """As `Playout.drop`."""
        dropped = self.playout.drop(reply)
        self._revoked.extend(dropped)
        return dropped

    def trim(self, reply: int) -> tuple[int, ...]:
        """As `Playout.trim`."""
        trimmed = self.playout.trim(reply)
        self._revoked.extend(trimmed)
        return trimmed

    def fail(self, clause: int) -> bool:
        """As `Playout.fail`. True if the clause has left the plan by it."""
        failed = self.playout.fail(clause)
        if failed:
            self._revoked.append(clause)
        return failed

    def duck(self) -> None:
        """As `Playout.duck`."""
        self.playout.duck()

    def restore(self) -> None:
        """As `Playout.restore`."""
        self.playout.restore()

    def hold(self) -> None:
        """As `Playout.hold`."""
        self.playout.hold()

    def resume(self) -> None:
        """As `Playout.resume`."""
        self.playout.resume()

    # --- the voice ---------------------------------------------------------------------------------------------

    def supply(self, speech: Speech) -> None:
        """As `Playout.supply`."""
        self.playout.supply(speech)

    def jobs(self) -> tuple[Speak | More | Hush, ...]:
        """As `Playout.jobs`."""
        return self.playout.jobs()

    def speak_as(self, voice: str, speed: float) -> None:
        """As `Playout.speak_as`."""
        self.playout.speak_as(voice, speed)

    def slice(self, span: Span) -> Samples:
        """As `Playout.slice`."""
        return self.playout.slice(span)

    # --- inside ------------------------------------------------------------------------------------------------

    def _record(self, event: Event, now: int, timeline: Timeline) -> None:
        if isinstance(event, WordHeard):
            heard = Heard(event.text, event.reply, event.clause)
            timeline.add(_VOICE, event.span, heard, at=now, source=_SOURCE, committed=True)
        elif isinstance(event, ClauseDone):
            if not self.ledger.open_clauses(event.reply):
                self._ended.append(event.reply)
            increment = self._planned.pop(event.clause)
            timeline.commit(increment, _VOICE, at=now, span=event.span)
