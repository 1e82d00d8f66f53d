"""What the picture tells, gathered from a recording in one pass: who said, saw, typed, decided what, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from duetto.interaction.action import (
    AbortCall,
    Action,
    AskBrain,
    CallTool,
    DropReply,
    Duck,
    EndTurn,
    Fire,
    Hold,
    KeepReply,
    PlanClause,
    ReleaseReply,
    Restore,
    Resume,
    TrimReply,
    Unfire,
    Unwatch,
    Watch,
)
from duetto.models.model import MicroTurn, Output
from duetto.recording.soundtrack import Track
from duetto.timeline.clock import ms
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import (
    Called,
    Face,
    Heard,
    Light,
    Motion,
    Movement,
    Notice,
    Person,
    Planned,
    RaisedHand,
    Reading,
    Scene,
    Shown,
    Voicing,
    Word,
)
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Frame, Samples, samples_before

FRAME_SPACING: Final = ms(250)
"""Frames nearer to each other than this are not kept: the picture shows about one a second."""
MOST_ARGUMENTS: Final = 40
"""Characters of a call's arguments that are shown; longer ones are left out."""
FRAMES: Final = 2400
"""Frames kept at most, of camera and screen each: enough for the longest picture."""


@dataclass(frozen=True, slots=True)
class Said:
    """A word and the media time (ns) in which it was said."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Seen:
    """Something in the picture from `span.start` on; a mark where the span has no length."""

    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment. tone: "duetto", "user", "order", "notice" or "" (plain)."""

    at: int
    label: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A key: letters that came into the line at `at`, or, `gone`, that were taken out again."""

    at: int
    text: str
    gone: bool = False


@dataclass(slots=True)
class Facts:
    """Everything between `span.start` and `span.end`. Sound: int16 mono from `span.start` on, at its usual rate."""

    span: Span
    edges: list[int] = field(default_factory=list)
    """Where micro-turns begin (ns)."""
    mic: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    voice: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    words: list[Said] = field(default_factory=list)
    revised: list[Said] = field(default_factory=list)
    voicings: list[Span] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    screens: list[Frame] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    calls: list[Seen] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    sent: list[Mark] = field(default_factory=list)
    decisions: list[Mark] = field(default_factory=list)
    ducks: list[int] = field(default_factory=list)
    halts: list[int] = field(default_factory=list)
    by_itself: list[int] = field(default_factory=list)
    """When standing orders spoke up."""
    heard: list[Said] = field(default_factory=list)
    unsaid: list[Mark] = field(default_factory=list)
    shown: list[Mark] = field(default_factory=list)


def gather(micro_turns: Iterable[MicroTurn], start: int, end: int) -> Facts:
    """Facts of `[start, end)` (media time in ns); the span ends earlier where the recording does."""
    return _Gatherer(start, end).gather(micro_turns)


class _Gatherer:
    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.facts = Facts(Span(start, start))
        self._words: dict[int, Increment] = {}
        self._withdrawn: list[Increment] = []
        self._growing: dict[tuple[str, str, int], int | None] = {}
        self._planned: dict[int, Planned] = {}
        self._heard_of: dict[int, int] = {}
        self._heard_until: dict[int, int] = {}
        self._asked: dict[int, bool] = {}
        self._kept: set[int] = set()
        self._line = ""
        self._fired = False  # an order, in this round
        self._of_orders: set[int] = set()  # replies

    def gather(self, micro_turns: Iterable[MicroTurn]) -> Facts:
        mic: list[bytes] = []
        voice: list[bytes] = []
        heard, spoken = Track(MIC_RATE, 0), None
        voice_from = self.start
        reached = self.start
        for micro_turn in micro_turns:
            if micro_turn.span.start >= self.end:
                break
            inside = micro_turn.span.end > self.start
            for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
                if turn.mic:
                    mic.append(self._from_start(turn.mic, heard.place(turn.mic), MIC_RATE))
                self._inputs(turn.camera, turn.screen)
                for key in turn.keys:
                    self._key(key.at, key.op, key.text, key.position, key.count)
                self._output(output)
            if inside:
                reached = max(reached, min(micro_turn.span.end, self.end))
                self.facts.edges.append(micro_turn.span.start)
            if spoken is None:
                spoken, voice_from = Track(VOICE_RATE, micro_turn.span.end), max(self.start, micro_turn.span.end)
            voice.append(self._from_start(micro_turn.voice, spoken.place(micro_turn.voice), VOICE_RATE))
        facts = self.facts
        facts.span = Span(self.start, reached)
        facts.mic = np.frombuffer(b"".join(mic), "<i2")[: samples_before(reached - self.start, MIC_RATE)]
        silence = samples_before(voice_from - self.start, VOICE_RATE)
        sound = np.concatenate([np.zeros(silence, np.int16), np.frombuffer(b"".join(voice), "<i2")])
        facts.voice = sound[: samples_before(reached - self.start, VOICE_RATE)]
        self._settle(reached)
        return facts

    def _from_start(self, samples: bytes, at: int, rate: int) -> bytes:
        """The samples from media time `at` on, without those from before the picture's start."""
        return samples[2 * max(0, samples_before(self.start, rate) - samples_before(at, rate)) :]

    def _inside(self, at: int) -> bool:
        return self.start <= at < self.end

    # --- inputs -----------------------------------------------------------------------------------------------

    def _inputs(self, camera: tuple[Frame, ...], screen: tuple[Frame, ...]) -> None:
        for frames, kept in ((camera, self.facts.frames), (screen, self.facts.screens)):
            for frame in frames:
                apart = not kept or frame.at - kept[-1].at >= FRAME_SPACING
                if apart and len(kept) < FRAMES and self._inside(frame.at):
                    kept.append(frame)

    def _key(self, at: int, op: str, text: str, position: int, count: int) -> None:
        before = self._line
        gone = ""
        if op == "insert":
            self._line = before[:position] + text + before[position:]
        elif op == "delete":
            gone = before[position : position + count]
            self._line = before[:position] + before[position + count :]
        else:
            self._line = ""
        if not self._inside(at):
            return
        if op == "insert":
            self.facts.strokes.append(Stroke(at, text))
        elif op == "delete":
            self.facts.strokes.append(Stroke(at, gone, gone=True))
        else:
            self.facts.sent.append(Mark(at, before))

    # --- outputs ----------------------------------------------------------------------------------------------

    def _output(self, output: Output) -> None:
        lines = [edit.payload.text for edit in output.edits if isinstance(edit.payload, Shown)]
        for edit in output.edits:
            self._edit(edit)
        self._fired = False
        for action in output.actions:
            self._action(output.at, action)
        for text in output.text:
            if text not in lines and self._inside(output.at):
                self.facts.shown.append(Mark(output.at, text))

    def _edit(self, edit: Increment) -> None:
        payload, at = edit.payload, edit.at
        match payload:
            case Word():
                if edit.status == "revoked":
                    if (old := self._words.pop(edit.id, None)) is not None:
                        self._withdrawn.append(old)
                else:
                    self._words[edit.id] = edit
            case Voicing():
                self._grow("voicing", "", edit)
            case Motion(region=region):
                self._grow("seen", f"motion, {region}", edit)
            case Face():
                self._grow("seen", "a face", edit)
            case Person():
                self._grow("seen", "a person", edit)
            case Movement(name=name):
                self._grow("seen", name, edit)
            case RaisedHand(side=side):
                self._grow("seen", f"{side} hand raised", edit)
            case Reading(text=text):
                self._grow("seen", f"“{text[:MOST_ARGUMENTS]}”", edit)
            case Scene():
                if edit.status != "revoked" and self._inside(at):
                    self.facts.seen.append(Seen("scene changes", Span(edit.span.start, edit.span.start)))
            case Light(name=name):
                if edit.status != "revoked" and self._inside(at):
                    self.facts.seen.append(Seen(f"light: {name}", Span(edit.span.start, edit.span.start)))
            case Called():
                self._grow("tools", _call_words(payload), edit)
            case Planned():
                self._plan(edit, payload)
            case Heard(text=text, clause=clause):
                if edit.status != "revoked":
                    self._heard_of[clause] = self._heard_of.get(clause, 0) + 1
                    self._heard_until[clause] = edit.span.end
                    if self._inside(edit.span.start):
                        self.facts.heard.append(Said(text, edit.span))
            case Shown(text=text):
                if edit.status != "revoked" and self._inside(at):
                    self.facts.shown.append(Mark(at, text))
            case Notice(part=part, text=text):
                if edit.status != "revoked" and self._inside(at):
                    self.facts.shown.append(Mark(at, f"{part}: {text}", "notice"))
            case _:
                return

    def _grow(self, kind: str, label: str, edit: Increment) -> None:
        key = (kind, label, edit.span.start)
        if edit.status == "revoked":
            self._growing.pop(key, None)  # a revision puts it back at once
        else:
            self._growing[key] = edit.span.end if edit.status == "committed" else None

    def _plan(self, edit: Increment, payload: Planned) -> None:
        clause = payload.clause
        if edit.status == "added":
            self._planned[clause] = payload
        elif edit.status == "committed":
            self._planned.pop(clause, None)
        elif self._planned.pop(clause, None) is not None:
            rest = " ".join(payload.text.split()[self._heard_of.get(clause, 0) :])
            cut = self._heard_until.get(clause, edit.at)
            given = payload.reply in self._kept or clause in self._heard_of  # a draft was never going to be said
            if rest and given and self._inside(cut):
                self.facts.unsaid.append(Mark(cut, rest))

    def _action(self, at: int, action: Action) -> None:
        by_itself = self._speaks_by_itself(action)
        label, tone = self._decision(action)
        if not self._inside(at):
            return
        if isinstance(action, Duck):
            self.facts.ducks.append(at)
        if isinstance(action, Hold | DropReply):
            self.facts.halts.append(at)
        if by_itself:
            self.facts.by_itself.append(at)
        made = self.facts.decisions
        if label == "drafts a reply" and made and made[-1] == Mark(at, "drops the draft"):
            made[-1] = Mark(at, "drafts anew")
        elif label:
            made.append(Mark(at, label, tone))

    def _speaks_by_itself(self, action: Action) -> bool:
        """Nobody has asked for what it says: it is planned, or may be heard from now on."""
        match action:
            case Fire(text=text):
                self._fired = True
                return bool(text)
            case AskBrain(reply=reply, how=how):
                if self._fired and how == "told":
                    self._of_orders.add(reply)
            case PlanClause(reply=reply):
                if self._fired and reply not in self._asked:
                    self._of_orders.add(reply)
                return reply in self._of_orders or reply not in self._asked
            case ReleaseReply(reply=reply):
                return reply in self._of_orders
            case _:
                pass
        return False

    def _decision(self, action: Action) -> tuple[str, str]:
        """What to write at the mark, and its tone; nothing for what other lanes show better."""
        match action:
            case AskBrain(reply=reply, draft=draft):
                self._asked[reply] = draft
                return ("drafts a reply" if draft else "asks for a reply"), ""
            case KeepReply(reply=reply):
                draft = self._asked.get(reply, False) and reply not in self._kept
                self._kept.add(reply)
                return ("keeps the draft" if draft else ""), ""
            case DropReply(reply=reply):
                return ("drops the rest" if reply in self._kept else "drops the draft"), ""
            case Fire(order=order, n=n):
                return f"{order}: {n}", "order"
            case Unfire(order=order, n=n):
                return f"{order}: {n} taken back", "order"
            case PlanClause(reply=reply):
                if reply not in self._asked:
                    self._asked[reply] = False
                    self._kept.add(reply)
                    return ("" if reply in self._of_orders else "speaks by itself"), "order"
                return "", ""
            case TrimReply():
                return "amends", ""
            case CallTool(name=name):
                return f"calls {name}", ""
            case AbortCall():
                return "withdraws the call", ""
            case Duck() | Restore() | Hold() | Resume():
                return {"Duck": "ducks", "Restore": "full voice", "Hold": "holds", "Resume": "resumes"}[
                    type(action).__name__
                ], "duetto"
            case EndTurn():
                return "turn ends", "user"
            case Watch(order=order):
                return f"order given: {order.name}", "order"
            case Unwatch(name=name):
                return f"order ends: {name}", "order"
            case _:
                return "", ""

    # --- at the end -------------------------------------------------------------------------------------------

    def _settle(self, reached: int) -> None:
        facts = self.facts
        final = sorted(self._words.values(), key=lambda i: (i.span.start, i.id))
        facts.words = [_said(word) for word in final if self._inside(word.span.start)]
        for word in map(_said, self._withdrawn):
            same = (w for w in (*facts.words, *facts.revised) if w.text == word.text and w.span.overlaps(word.span))
            if self._inside(word.span.start) and next(same, None) is None:
                facts.revised.append(word)
        facts.revised.sort(key=lambda word: word.span)
        for (kind, label, start), end in sorted(self._growing.items(), key=lambda item: item[0][2]):
            stop = reached if end is None else min(end, reached)
            if stop <= self.start or start >= reached:
                continue
            span = Span(max(start, self.start), max(stop, start))
            if kind == "voicing":
                facts.voicings.append(span)
            elif kind == "tools":
                facts.calls.append(Seen(label, span))
            else:
                facts.seen.append(Seen(label, span))
        facts.seen.sort(key=lambda seen: seen.span)
        facts.unsaid = _joined(facts.unsaid)


def _call_words(called: Called) -> str:
    arguments = called.arguments if len(called.arguments) <= MOST_ARGUMENTS else "…"
    return called.name + ("" if arguments in ("", "{}") else f" {arguments}") + (", failed" if called.failed else "")


def _said(increment: Increment) -> Said:
    text = increment.payload.text if isinstance(increment.payload, Word) else ""
    return Said(text, increment.span)


def _joined(marks: list[Mark]) -> list[Mark]:
    """Clauses cut at one moment, as one rest."""
    joined: list[Mark] = []
    for mark in sorted(marks, key=lambda m: m.at):
        if joined and mark.at - joined[-1].at < ms(200):
            joined[-1] = Mark(joined[-1].at, f"{joined[-1].label} {mark.label}")
        else:
            joined.append(mark)
    return joined
