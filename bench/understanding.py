"""Which share of simple requests does the embedded stack understand, from three synthetic voices, and how soon does
it answer? Right is a reply with the very words that a brain with the same past gives to the true words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.conversation import Held, hold
from bench.requests import PAUSED, REQUESTS
from duetto.brain.embedded.embedded import EmbeddedBrain
from duetto.interaction.action import AskBrain, KeepReply, Unwatch, Watch
from duetto.recording.measure import percentile
from duetto.simulation.script import At, Cue, Quiet, Says
from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Clause
from duetto.timeline.clock import in_ms, ms, s
from duetto.timeline.job import Ask, Context

VOICES: Final = (
    VoiceSettings(name="en-us+f1", words_per_minute=165),
    VoiceSettings(name="en-gb+m1", words_per_minute=155, pitch=55),
    VoiceSettings(name="en-us+m2", words_per_minute=175, pitch=40),
)
"""Three synthetic voices of different sex, accent, pitch and rate. They are among the bench's, and
standing orders that they say were looked at while the grammar was written."""


@dataclass(slots=True)
class Kept:
    """A reply given at media time `at` (ns): the words it was asked with, the orders in force then, its words."""

    at: int
    asked: str
    orders: tuple[str, ...]
    says: list[str] = field(default_factory=list)


def replies(held: Held) -> list[Kept]:
    """Every reply to spoken words that was given, in order."""
    asked: dict[int, AskBrain] = {}
    clauses: dict[int, list[str]] = {}
    orders: list[str] = []
    kept: list[Kept] = []
    for micro_turn in held.recording:
        for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
            for arrival in turn.arrivals:
                if isinstance(arrival, Clause):
                    clauses.setdefault(arrival.reply, []).append(arrival.text)
            for action in output.actions:
                given = action.reply if isinstance(action, KeepReply) else None
                match action:
                    case AskBrain():
                        asked[action.reply] = action
                        given = None if action.draft or action.how == "typed" else action.reply
                    case Watch():
                        orders.append(action.order.name)
                    case Unwatch() if action.name in orders:
                        orders.remove(action.name)
                    case _:
                        pass
                if given is not None:
                    kept.append(Kept(output.at, asked[given].text, tuple(orders), clauses.setdefault(given, [])))
    return kept


class Judge:
    """A brain that has lived through the same conversation, asked what it would have said to the true words."""

    def __init__(self, epoch_ns: int) -> None:
        self._brain = EmbeddedBrain()
        self._epoch_ns = epoch_ns
        self._asked = 0

    def says(self, text: str, at: int, orders: tuple[str, ...], *, keep: bool) -> list[str]:
        """Its words to a request. Without `keep` it was only a thought."""
        self._asked += 1
        ask = Ask(self._asked, text, "spoken", not keep, Context(at, self._epoch_ns, orders=orders))
        said = [part.text for part in self._brain.reply(ask) if isinstance(part, Clause)]
        (self._brain.keep if keep else self._brain.forget)(self._asked)
        return said


def judge(held: Held, texts: list[str]) -> list[dict[str, Any]]:
    """One row a request: what was heard, what was said, and whether that is right."""
    given = replies(held)
    found: list[Kept | None] = []
    spans = [span for span, _ in held.spoken]
    for place, span in enumerate(spans):
        until = spans[place + 1].start if place + 1 < len(spans) else 2**62
        found.append(next((k for k in given if span.start < k.at <= until), None))
    judge = Judge(held.recording.info.epoch_ns)
    rows: list[dict[str, Any]] = []
    for text, kept in zip(texts, found, strict=True):
        right = False
        if kept is not None:
            right = kept.asked == text or kept.says == judge.says(text, kept.at, kept.orders, keep=False)
            judge.says(kept.asked, kept.at, kept.orders, keep=True)
        heard, says = (kept.asked, kept.says) if kept else ("", [])
        rows.append({"request": text, "heard": heard, "says": says, "right": right})
    return rows


def run(folder: Path) -> dict[str, Any]:
    """Both lists of requests with each voice."""
    rows: list[dict[str, Any]] = []
    paused_rows: list[dict[str, Any]] = []
    latencies: list[int] = []
    barged, paused = 0, 0
    by_voice: dict[str, float] = {}
    for voice in VOICES:
        script = [
            Cue(At(s(0.5)) if n == 0 else Quiet(s(2)), (Says(text, delay=ms(n * 17 % 80)),), limit=s(8))
            for n, text in enumerate(REQUESTS)
        ]
        held = hold(script, folder, voice=voice, name=f"requests-{voice.name}")
        judged = judge(held, list(REQUESTS))
        rows += [{"voice": voice.name, **row} for row in judged]
        by_voice[voice.name] = sum(row["right"] for row in judged) / len(judged)
        latencies += held.measures.reply
        barged += len(held.measures.barged)

        script = [
            Cue(At(s(0.5)) if n == 0 else Quiet(s(2)), (Says(text, ms(300 + n * 73 % 500), ms(n * 17 % 80)),), s(8))
            for n, text in enumerate(PAUSED)
        ]
        held = hold(script, folder, voice=voice, name=f"paused-{voice.name}")
        judged = judge(held, [text.replace("… ", "") for text in PAUSED])
        paused_rows += [{"voice": voice.name, **row} for row in judged]
        paused += len(held.measures.barged)
        latencies += held.measures.reply
    return {
        "requests": len(REQUESTS),
        "voices": by_voice,
        "understood": sum(row["right"] for row in rows) / len(rows),
        "understood_with_pauses": sum(row["right"] for row in paused_rows) / len(paused_rows),
        "reply_ms": {f"p{p}": in_ms(round(percentile(latencies, p))) for p in (10, 50, 90)},
        "replies": len(latencies),
        "replies_begun_inside_speech": barged,
        "paused_sentences": len(PAUSED) * len(VOICES),
        "replies_begun_inside_pauses": paused,
        "wrong": [row for row in rows + paused_rows if not row["right"]],
    }
