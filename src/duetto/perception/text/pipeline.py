"""The line being typed, key by key: known before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.payload import Line, Notice, Typing
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Key, Turn


@dataclass(frozen=True, slots=True)
class TypingSettings:
    """How typing is followed."""

    line_characters: int = 4000
    """Characters in one line, at most; what is typed beyond is cut off, and a notice says so."""
    pause_ms: float = 600.0
    """Milliseconds without a key after which the typing has paused."""


@dataclass(frozen=True, slots=True)
class SentLine:
    """A line that was sent. since: media time (ns) of its first key. at: of the key that sent it."""

    text: str
    since: int
    at: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The typing as it stands after a round of a micro-turn.

    draft: the unsent line. since, latest: media time (ns) of its first and latest key, None when there is no draft.
    paused: there is a draft and no key for a while. typing: there is a draft and the user is at it now.
    lines: sent in this very round, in order; later rounds do not repeat them.
    """

    draft: str = ""
    since: int | None = None
    latest: int | None = None
    paused: bool = False
    lines: tuple[SentLine, ...] = ()

    @property
    def typing(self) -> bool:
        return bool(self.draft) and not self.paused


class TypingPipeline:
    """Keys to `Typing` and `Line` increments on stream `keys`.

    Each micro-turn revises `Typing` at most once, whatever the number of keys. A position beyond the line counts
    as its end; only as many characters are deleted as there are. A line of nothing but spaces is not sent.
    """

    def __init__(self, settings: TypingSettings | None = None) -> None:
        self.settings = settings or TypingSettings()
        if self.settings.line_characters < 1:
            raise ValueError(f"line_characters: at least 1 (got {self.settings.line_characters})")
        self._draft = ""
        self._since: int | None = None
        self._latest: int | None = None
        self._cut = False
        self._open: int | None = None
        self._written: Typing | None = None
        self.reading = Reading()
        """The typing after the latest `step`."""

    @property
    def resting(self) -> bool:
        """Without keys there is nothing to do."""
        return not (self.reading.draft or self.reading.lines)

    def step(self, turn: Turn, timeline: Timeline) -> None:
        """Take in the keys of one round and write what they make to the timeline."""
        now = turn.span.end
        sent: list[SentLine] = []
        for key in turn.keys:
            if key.op == "send":
                line = self._send(key, timeline, now)
                if line:
                    sent.append(line)
            else:
                self._edit(key, timeline, now)
        paused = self._latest is not None and now - self._latest >= ms(self.settings.pause_ms)
        self._write(timeline, now, paused)
        self.reading = Reading(
            draft=self._draft, since=self._since, latest=self._latest, paused=paused, lines=tuple(sent)
        )

    def _edit(self, key: Key, timeline: Timeline, now: int) -> None:
        position = min(max(key.position, 0), len(self._draft))
        if key.op == "insert":
            limit = self.settings.line_characters
            text = key.text[: limit - len(self._draft)]
            if len(text) < len(key.text) and not self._cut:
                self._cut = True
                told = Notice(part="keys", text=f"The line is full: {limit} characters are the limit.")
                timeline.add("acts", Span(now, now), told, at=now, source="keys", committed=True)
            self._draft = self._draft[:position] + text + self._draft[position:]
        else:
            self._draft = self._draft[:position] + self._draft[position + max(key.count, 0) :]
        if not self._draft:
            self._clear()
            return
        self._since = key.at if self._since is None else self._since
        self._latest = max(key.at, self._since)

    def _send(self, key: Key, timeline: Timeline, now: int) -> SentLine | None:
        text, since = self._draft, self._since
        self._clear()
        if since is None or not text.strip():
            return None
        self._withdraw(timeline, now)
        at = max(key.at, since)
        timeline.add("keys", Span(since, at), Line(text), at=now, source="typing", committed=True)
        return SentLine(text, since, at)

    def _clear(self) -> None:
        self._draft, self._since, self._latest, self._cut = "", None, None, False

    def _write(self, timeline: Timeline, now: int, paused: bool) -> None:
        if self._since is None or self._latest is None:
            self._withdraw(timeline, now)
            return
        typing = Typing(self._draft, paused)
        if typing == self._written and self._open is not None:
            return
        span = Span(self._since, self._latest)
        if self._open is None:
            self._open = timeline.add("keys", span, typing, at=now, source="typing").id
        else:
            self._open = timeline.revise(self._open, "keys", span, typing, at=now).id
        self._written = typing

    def _withdraw(self, timeline: Timeline, now: int) -> None:
        if self._open is not None:
            timeline.revoke(self._open, "keys", at=now)
            self._open = None
