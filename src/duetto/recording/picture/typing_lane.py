"""What the user typed: each letter where it was typed, corrections struck through, and the line when it was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from duetto.recording.picture.facts import Facts, Mark
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.place import spread
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Path, Rect, Strip
from duetto.recording.picture.theme import FAINT, TYPED, TYPED_SOFT, WORD_SIZE
from duetto.timeline.clock import s

HEIGHT: Final = 24.0
BASELINE: Final = 16.0
SIGN: Final = 30.0
"""px for the frame's edge and the sign in front of a sent line."""
LONGEST: Final = 160.0
"""px that one pasted piece may take."""
REST: Final = s(2)
"""A pause in typing this long (ns) ends the tinted stretch."""


def typing_lane(facts: Facts, row: Row) -> Strip:
    """Letters and sent lines, in order of their time, none upon another."""
    strip = Strip(HEIGHT)
    strokes = [stroke for stroke in facts.strokes if row.holds(stroke.at) and stroke.text.strip()]
    sent = [mark for mark in facts.sent if row.holds(mark.at)]
    items = [_Item(k.at, shortened(k.text, WORD_SIZE, LONGEST), "gone" if k.gone else "key") for k in strokes]
    items += [_Item(m.at, _line(m, row), "sent") for m in sent]
    items.sort(key=lambda item: (item.at, item.kind == "sent"))
    while (placed := _place(items, row)) is None:
        items.pop()
    _tint(strip, [(item.at, x) for x, item in zip(placed, items, strict=True) if item.kind != "sent"])
    for x, item in zip(placed, items, strict=True):
        if item.kind == "sent":
            strip.add(Rect(Box(x + 4, 3, item.width - 8, HEIGHT - 6), TYPED, 9))
            strip.add(Path(f"M{x + 23:.1f} 7.5v4.5h-9m3-3l-3 3 3 3", stroke="#ffffff", width=1.4))
            if item.text:
                strip.add(Label(x + SIGN, BASELINE, item.text, WORD_SIZE, "#ffffff", bold=True))
        else:
            gone = item.kind == "gone"
            strip.add(Label(x, BASELINE, item.text, WORD_SIZE, FAINT if gone else TYPED, struck=gone))
    return strip


@dataclass(frozen=True, slots=True)
class _Item:
    """Something to be placed: a letter, a letter taken out, or a sent line, at media time `at` (ns)."""

    at: int
    text: str
    kind: Literal["key", "gone", "sent"]

    @property
    def width(self) -> float:
        """px, with the frame around a sent line."""
        if self.kind == "sent":
            return SIGN + 8 + (6 + text_width(self.text, WORD_SIZE, bold=True) if self.text else 0)
        return text_width(self.text, WORD_SIZE)


def _line(mark: Mark, row: Row) -> str:
    """The sent line, as far as it has room in the row; nothing rather than a letter or two: the keys show it too."""
    room = min(LONGEST, row.limit - row.x(mark.at) - SIGN - 14)
    text = shortened(mark.label, WORD_SIZE, room, bold=True)
    return text if len(text) >= min(6, len(mark.label)) else ""


def _place(items: list[_Item], row: Row) -> list[float] | None:
    return spread([row.x(item.at) for item in items], [item.width for item in items], 1.0, row.left, row.limit)


def _tint(strip: Strip, strokes: list[tuple[int, float]]) -> None:
    """A soft ground behind each stretch of typing."""
    begin: float | None = None
    for place, (at, x) in enumerate(strokes):
        begin = x if begin is None else begin
        last = place + 1 == len(strokes) or strokes[place + 1][0] - at > REST
        if last:
            strip.add(Rect(Box(begin - 4, 3, x - begin + 16, HEIGHT - 6), TYPED_SOFT, 5))
            begin = None
