"""The plan of speech, and exactly one slice of it per micro-turn. Synchronous, deterministic, without a clock.

Nothing is sent ahead of its time: what has not been handed out can still be ducked, held back, reordered or dropped.
Late commitment after Skantze & Hjalmarsson, "Towards incremental speech generation in conversational systems" (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from duetto.speech.clause import PlannedClause
from duetto.speech.ledger import Ledger
from duetto.speech.plan import Plan
from duetto.speech.seam import Gain, Seams, Sound, fade_out, to_samples
from duetto.speech.speaking import Piece
from duetto.timeline.arrival import Speech
from duetto.timeline.clock import in_ms, ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Hush, More, Speak
from duetto.timeline.turn import DELTA, VOICE_RATE, Samples, samples_at, samples_before


@dataclass(frozen=True, slots=True)
class PlayoutSettings:
    """How speech is handed out. Wrong values raise ValueError with the field's name and limits."""

    horizon: int = ms(400)
    """Sound held ahead of what was handed out, in ns of media time, at most; never less than four micro-turns."""
    draft_share: float = 1 / 3
    """Share of the horizon that is kept free for the first held clause, so that it sounds at once when released."""
    fade: int = ms(12)
    """How long the voice takes to fade out or in at a cut, in ns of media time."""
    duck_db: float = -14.0
    """Loudness of the ducked voice, in dB relative to the full one, at most 0."""
    duck_ramp: int = ms(20)
    """How long ducking and restoring take, in ns of media time."""
    boundary_reach: int = ms(80)
    """A word that ends within this time (ns) of the next sample is said to its end when the voice falls silent."""
    request: int = ms(20)
    """Smallest piece of sound worth asking the voice for, in ns of media time."""
    plan_limit: int = 256
    """Clauses that may be planned at once."""
    text_limit: int = 4000
    """Characters that a clause may have."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("horizon", 20, 60_000),
            ("fade", 1, 200),
            ("duck_ramp", 1, 1000),
            ("boundary_reach", 0, 1000),
            ("request", 1, 1000),
        ):
            time = getattr(self, name)
            if not ms(low) <= time <= ms(high):
                raise ValueError(f"{name}: from {low} to {high} ms (got {in_ms(time):g} ms)")
        for name, least, most in (
            ("draft_share", 0.1, 0.9),
            ("duck_db", -120.0, 0.0),
            ("plan_limit", 1, 500),
            ("text_limit", 1, 10_000),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"{name}: from {least:g} to {most:g} (got {value:g})")


@dataclass(slots=True)
class _Tail:
    """The last sound of a clause that was told to stop: `sound` begins at clause sample `start`.

    whole: how many of its samples count as said; the rest is fading. cut: the clause will not go on.
    """

    clause: PlannedClause
    sound: Sound
    start: int
    whole: int
    cut: bool


class Playout:
    """An ordered plan of clauses, and the voice for one slice of media time after another.

    Bounds: of all clauses together, at most `horizon` is held or asked for that was never handed out. Of what was
    handed out only the word being said is kept, at most another horizon of it, so that it can be said again; a longer
    one goes on from there. underruns: how often the voice came late within a clause; starved: ns of silence by it.
    """

    def __init__(
        self, settings: PlayoutSettings | None = None, *, delta: int = DELTA, ledger: Ledger | None = None
    ) -> None:
        """delta: length of a micro-turn in ns, which the horizon must carry. ledger: is told what is handed out."""
        self.settings = settings or PlayoutSettings()
        self.ledger = ledger or Ledger()
        self.horizon = max(self.settings.horizon, 4 * delta)
        self.held = False
        self.ducked = False
        self.underruns = 0
        self.starved = 0
        self._limit = _samples(self.horizon)
        self._plan = Plan(
            limit=self._limit,
            share=round(self._limit * self.settings.draft_share),
            request=_samples(self.settings.request),
            clauses=self.settings.plan_limit,
        )
        self._fade = _samples(self.settings.fade)
        self._reach = _samples(self.settings.boundary_reach)
        self._gain = Gain(_samples(self.settings.duck_ramp))
        self._seams = Seams(self._fade)
        self._tail: _Tail | None = None
        self._position = 0  # samples handed out since media time 0
        self._first = 0  # of them, before the latest slice
        self._pieces: list[Piece] = []
        self._sounded = 0  # position at which the last sound handed out ended
        self._flow: tuple[int, int] | None = None  # (clause, position in it) that would go on without a seam

    # --- how it stands -----------------------------------------------------------------------------------------

    @property
    def sounding(self) -> bool:
        """Sound that has begun goes on in the next slice."""
        going = self._plan.current is not None and not self.held
        return going or self._tail is not None

    @property
    def silent_since(self) -> int:
        """Media time (ns) at which the last sound handed out ended; 0 if there was none."""
        return samples_at(self._sounded, VOICE_RATE)

    @property
    def clauses(self) -> tuple[PlannedClause, ...]:
        """All that is not wholly handed out, in the order of the plan."""
        return tuple(self._plan)

    @property
    def current(self) -> PlannedClause | None:
        """The clause being said, also while it is interrupted; else the next one that may be said."""
        return self._plan.next

    def ahead(self) -> int:
        """Samples held that were never handed out, of all clauses."""
        return sum(clause.ahead for clause in self._plan)

    def remaining(self) -> int:
        """How long the sound is, in ns, that is known and may be heard: of clauses that are not held."""
        count = sum(clause.ready for clause in self._plan if not clause.held)
        return samples_at(count + (self._tail.sound.size if self._tail else 0), VOICE_RATE)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What of the latest slice is the sound of which clause, in its order; the rest is silence."""
        return tuple(self._pieces)

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
        """Put a clause into the plan. "next": right after the clause being said, and after its reply's other "next"s.
        "now": that one falls silent as in `hold`, and goes on with the first word that was not wholly said after this.

        goes_on: as in `Clause`.
        Raises ValueError for a number already planned or a text above the limit, PlanFull at the plan's limit.
        """
        if len(text) > self.settings.text_limit:
            raise ValueError(f"text: a clause has at most {self.settings.text_limit} characters (got {len(text)})")
        planned = PlannedClause(clause, reply, text, held=held, amends=place != "end", goes_on=goes_on)
        current = self._plan.current
        before = self._plan.insert(planned, place)
        if place == "now" and current is not None and not self.held and self._tail is None:
            self._stop(current, cut=False)
        self.ledger.planned(clause, reply, text, before=before)

    def release(self, reply: int) -> None:
        """Its held clauses may be heard from now on."""
        for clause in self._plan:
            if clause.reply == reply:
                clause.held = False

    def drop(self, reply: int) -> tuple[int, ...]:
        """Everything unsaid of this reply leaves the plan; what sounds falls silent as in `hold`.

        Returns the clauses that were not wholly said, in the order of the plan.
        """
        leaving = [clause for clause in self._plan if clause.reply == reply]
        return tuple(clause.id for clause in leaving if self._remove(clause))

    def trim(self, reply: int) -> tuple[int, ...]:
        """As `drop`, but the clause of it that has begun is said to its end."""
        leaving = [c for c in self._plan if c.reply == reply and not (c is self._plan.current and c.begun)]
        return tuple(clause.id for clause in leaving if self._remove(clause))

    def fail(self, clause: int) -> bool:
        """The voice could not make this clause: it leaves the plan, and True is returned.

        False for one that is not planned, for an answer that is no longer wanted, and where all words had been said.
        """
        found = self._plan.find(clause)
        return found is not None and not self._plan.unwanted(found) and self._remove(found)

    def supply(self, speech: Speech) -> None:
        """Sound has come; what is no longer wanted is ignored. Raises ValueError for more samples than asked for."""
        self._plan.supply(speech, np.frombuffer(speech.samples, dtype="<i2"))

    def jobs(self) -> tuple[Speak | More | Hush, ...]:
        """What to ask of the voice now: sound up to the horizon in the order of the plan, one request per clause."""
        return self._plan.jobs()

    def speak_as(self, voice: str, speed: float) -> None:
        """As `SpeakAs`: clauses that begin from now on."""
        self._plan.voice, self._plan.speed = voice, speed

    # --- how it sounds -----------------------------------------------------------------------------------------

    def duck(self) -> None:
        """Lower the voice, smoothly."""
        self.ducked = True
        self._gain.aim(10 ** (self.settings.duck_db / 20))

    def restore(self) -> None:
        """Back to full voice, smoothly."""
        self.ducked = False
        self._gain.aim(1.0)

    def hold(self) -> None:
        """Fall silent: at the end of the word being said if that is within reach, else at once. The plan stays."""
        current = self._plan.current
        if not self.held and current is not None and self._tail is None:
            self._stop(current, cut=False)
        self.held = True

    def resume(self) -> None:
        """Go on with the first word that was not wholly said."""
        self.held = False

    def slice(self, span: Span) -> Samples:
        """The voice for `span`: int16 (n,), exactly the samples that begin in it; silence where there is nothing.

        Raises ValueError for a span that begins before the end of the last one.
        """
        first, end = samples_before(span.start, VOICE_RATE), samples_before(span.end, VOICE_RATE)
        if first < self._position:
            raise ValueError(f"span: begins at {span.start} ns, and the voice was handed out beyond")
        self._position = self._first = first
        self._pieces.clear()
        if self._quiet:
            self._seams.rest()
            self._position = max(first, end)
            return np.zeros(self._position - first, np.int16)
        parts: list[Sound] = []
        while self._position < end:
            parts.append(self._next(end - self._position))
        sound = parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.float32), *parts])
        return to_samples(self._gain.apply(sound))

    @property
    def _quiet(self) -> bool:
        """There is nothing to hand out, and nothing on its way to silence."""
        if self._tail is not None or self._flow is not None or not (self._seams.settled and self._gain.settled):
            return False
        return self.held or self._plan.next is None

    # --- inside: handing out -----------------------------------------------------------------------------------

    def _next(self, count: int) -> Sound:
        """The next 1 to `count` samples."""
        if self._tail is not None:
            return self._from_tail(self._tail, count)
        clause = None if self.held else self._plan.next
        while clause is not None and clause.exhausted:
            self._finish(clause)
            clause = self._plan.next
        if clause is not None and clause.ready:
            return self._from_clause(clause, min(count, clause.ready))
        if clause is not None and clause.begun:
            self.underruns += self._flow == (clause.id, clause.cursor)
            self.starved += samples_at(count, VOICE_RATE)
            clause.rise = self._fade
        silence = self._seams.join(np.zeros(count, np.float32), seam=self._flow is not None)
        self._flow = None
        self._position += count
        return silence

    def _from_clause(self, clause: PlannedClause, count: int) -> Sound:
        self._plan.current = clause
        if not clause.begun:
            clause.begun = True
            self.ledger.started(clause.id, samples_at(self._position, VOICE_RATE))
        start = clause.cursor
        sound = clause.peek(count).astype(np.float32)
        if clause.rise:
            rising = min(clause.rise, count)
            done = self._fade - clause.rise
            sound[:rising] *= np.arange(done + 1, done + 1 + rising, dtype=np.float32) / np.float32(self._fade)
            clause.rise -= rising
        clause.move(start + count)
        self._mark(clause, start, clause.cursor)
        clause.release_said(self._limit)
        sound = self._seams.join(sound, seam=self._flow != (clause.id, start))
        self._flow = (clause.id, clause.cursor)
        self._hand_out(clause, count)
        if clause.exhausted:
            self._finish(clause)
        return sound

    def _from_tail(self, tail: _Tail, count: int) -> Sound:
        clause = tail.clause
        sound, tail.sound = tail.sound[:count], tail.sound[count:]
        whole = min(tail.whole, sound.size)
        self._mark(clause, tail.start, tail.start + whole)
        seam = self._flow != (clause.id, tail.start)
        tail.start += sound.size
        tail.whole -= whole
        self._flow = (clause.id, tail.start)
        self._hand_out(clause, sound.size)
        if not tail.sound.size:
            self._tail = None
            self._flow = (clause.id, -1)  # whatever comes now begins with a seam
            self._silence(clause, cut=tail.cut)
        return self._seams.join(sound, seam=seam)

    def _hand_out(self, clause: PlannedClause, count: int) -> None:
        start, self._position = self._position, self._position + count
        self._sounded = self._position
        self._pieces.append(Piece(clause.reply, clause.id, start - self._first, self._position - self._first))

    def _mark(self, clause: PlannedClause, start: int, stop: int) -> None:
        """Tell the ledger which words begin and end in the clause's samples `[start, stop)`, handed out now."""
        while clause.words and (word := clause.words[0]).start < stop:
            if clause.word_at is None:
                clause.word_at = samples_at(self._position + max(0, word.start - start), VOICE_RATE)
                self.ledger.word_started(clause.id, clause.index, clause.word_at)
            if word.end > stop:
                return
            self._word_said(clause, samples_at(self._position + max(0, word.end - start), VOICE_RATE))

    def _word_said(self, clause: PlannedClause, at: int) -> None:
        begun = at if clause.word_at is None else clause.word_at
        self.ledger.word_said(clause.id, clause.index, clause.words.pop(0).text, Span(begun, at))
        clause.index += 1
        clause.word_at = None

    def _finish(self, clause: PlannedClause) -> None:
        """All of it has been handed out, up to the present position."""
        at = samples_at(self._position, VOICE_RATE)
        while clause.words:
            self._word_said(clause, at)
        self.ledger.done(clause.id, at)
        self._plan.remove(clause)

    # --- inside: falling silent --------------------------------------------------------------------------------

    def _remove(self, clause: PlannedClause) -> bool:
        """Take a clause out of the plan. False if all its words had been said."""
        self.ledger.withdrawn(clause.id)
        if self._tail is not None and self._tail.clause is clause:
            self._tail.cut = True
        elif self._plan.current is clause:
            if not self._stop(clause, cut=True):
                return False
        else:
            self.ledger.cut(clause.id, samples_at(self._position, VOICE_RATE))
        self._plan.remove(clause)
        return True

    def _stop(self, clause: PlannedClause, *, cut: bool) -> bool:
        """Let the current clause fall silent. False if all its words had been said: then it is done."""
        if clause.said:
            self._finish(clause)
            return False
        start, ready = clause.cursor, clause.ready
        if self._flow != (clause.id, start):
            ready = 0  # it is silent already
        whole = 0
        if clause.words and clause.words[0].start < start:
            left = clause.words[0].end - start
            whole = left if left <= min(self._reach, ready) else 0
        fade_from = max(0, whole - self._fade)
        length = min(fade_from + self._fade, ready)
        sound = fade_out(clause.peek(length), length - fade_from, self._fade)
        if clause.rise:
            sound *= np.float32(1 - clause.rise / self._fade)
        clause.move(start + length)
        clause.restart(start + whole)
        clause.rise = self._fade
        if length:
            self._tail = _Tail(clause, sound, start, whole, cut)
        else:
            self._silence(clause, cut=cut)
        return True

    def _silence(self, clause: PlannedClause, *, cut: bool) -> None:
        """The clause has fallen silent."""
        at = samples_at(self._position, VOICE_RATE)
        clause.word_at = None
        self.ledger.silent(at)
        if cut:
            self.ledger.cut(clause.id, at)


def _samples(duration: int) -> int:
    return samples_before(duration, VOICE_RATE)
