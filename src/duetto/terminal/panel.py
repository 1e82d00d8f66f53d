"""The lanes, drawn: a strip per stream on one time axis, and beneath it what was heard, said, seen and typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from duetto.terminal.book import BIN, SILENCE_DB, Clause, Column, LaneBook, Utterance
from duetto.terminal.words import clock_time
from duetto.timeline.clock import NS_PER_S, in_ms

LABEL: Final = 9
"""Width of the lanes' names, in characters."""
NARROWEST: Final = 40
WIDEST: Final = 120

USER: Final = "green"
AGENT: Final = "cyan"
CAMERA: Final = "magenta"
KEYS: Final = "yellow"
ALARM: Final = "red"
FAINT: Final = "bright_black"

_STEPS: Final = "▁▂▃▄▅▆▇█"
_LOWEST_DB: Final = -55.0
_HIGHEST_DB: Final = -12.0
_FLOORS: Final = {
    "nobody": ("nobody", FAINT),
    "user": ("you", USER),
    "agent": ("duetto", AGENT),
    "both": ("both", ALARM),
}
_VOICES: Final = {"full": ("full voice", FAINT), "low": ("voice lowered", KEYS), "held": ("voice held", ALARM)}
_DECIDED: Final = {"think": ("?", "white"), "say": ("▸", AGENT), "yield": ("▾", ALARM)}

Cell = tuple[str, str]


def draw(book: LaneBook, width: int, total: int | None = None) -> RenderableType:
    """All lanes for a terminal of `width` characters. total: media time (ns) at which the input ends, if known."""
    width = min(max(width, NARROWEST), WIDEST) - 2
    strip = width - LABEL
    columns = list(book.columns(strip))
    lanes = Table.grid(padding=0)
    lanes.add_column(width=LABEL, style=FAINT)
    lanes.add_column(width=strip, overflow="ellipsis", no_wrap=True)
    lanes.add_row("", _axis(book.now, strip))
    lanes.add_row(Text("you", USER), _row(_mic(column) for column in columns))
    lanes.add_row(Text("duetto", AGENT), _row(_voice(column) for column in columns))
    lanes.add_row(Text("camera", CAMERA), _row(_camera(column) for column in columns))
    lanes.add_row(Text("keys", KEYS), _row(_keys(column) for column in columns))
    lanes.add_row(Text("decides", "white"), _row(_DECIDED.get(column.decided, ("·", FAINT)) for column in columns))
    words = Table.grid(padding=0)
    words.add_column(width=LABEL)
    words.add_column(width=strip, overflow="fold")
    for label, style, rows in (
        ("heard", USER, [_utterance(u) for u in book.utterances if u.words]),
        ("said", AGENT, [_clause(c) for c in book.clauses]),
        ("seen", CAMERA, _seen(book)),
        ("typed", KEYS, _typed(book)),
        ("decided", "white", [_dated(d.at, d.text, FAINT) for d in book.decisions]),
        ("notice", ALARM, [_dated(d.at, d.text, ALARM) for d in book.notices]),
    ):
        for number, row in enumerate(rows):
            row.truncate(2 * strip, overflow="ellipsis")
            words.add_row(Text(label if number == 0 else "", style), row)
    parts = [_head(book, width, total), lanes, Rule(style=FAINT), words, Rule(style=FAINT), _foot(book)]
    return Padding(Group(*parts), (0, 1), expand=False)


def _axis(now: int, strip: int) -> Text:
    """The media time above the strips, every two seconds."""
    every = 2 * NS_PER_S // BIN
    first = max(0, now - 1) // BIN - strip + 1
    marks = [" "] * strip
    for number in range(max(0, -(-first // every) * every), first + strip - 4, every):
        mark = clock_time(number * BIN).removesuffix(".00")
        marks[number - first : number - first + len(mark)] = mark
    return Text("".join(marks)[:strip], FAINT, no_wrap=True)


def _row(cells: Iterable[Cell]) -> Text:
    """A row of cells, those of one style together."""
    text = Text(no_wrap=True)
    run, style = "", ""
    for char, new in cells:
        if new != style:
            text.append(run, style)
            run, style = "", new
        run += char
    return text.append(run, style)


def _step(db: float) -> str:
    share = (db - _LOWEST_DB) / (_HIGHEST_DB - _LOWEST_DB)
    return _STEPS[min(len(_STEPS) - 1, max(0, int(share * len(_STEPS))))]


def _mic(column: Column) -> Cell:
    return _step(column.mic_db), USER if column.speaking else FAINT


def _voice(column: Column) -> Cell:
    if column.voice_db <= SILENCE_DB:
        return "▁", FAINT
    return _step(column.voice_db), f"dim {AGENT}" if column.voice_low else AGENT


def _camera(column: Column) -> Cell:
    return ("▪", CAMERA) if column.seen else ("·", FAINT)


def _keys(column: Column) -> Cell:
    return {"": ("·", FAINT), "key": ("▪", KEYS), "line": ("↵", f"bold {KEYS}")}[column.typed]


def _head(book: LaneBook, width: int, total: int | None) -> RenderableType:
    who, who_style = _FLOORS[book.floor]
    voice, voice_style = _VOICES[book.voice]
    left = Text.assemble(("duetto ", "bold"), (clock_time(book.now), "bold"))
    right = Text.assemble(("speaking: ", FAINT), (who, who_style), ("   ", ""), (voice, voice_style))
    space = width - left.cell_len - right.cell_len
    if total and space > 24:
        after = f" {clock_time(total)}"
        bar = space - len(after) - 4
        done = min(bar, bar * book.now // total)
        left.append("  ")
        left.append("━" * done, AGENT)
        left.append("━" * (bar - done), FAINT)
        left.append(after, FAINT)
    left.append(" " * max(1, width - left.cell_len - right.cell_len))
    left.append_text(right)
    left.no_wrap = True
    return left


def _foot(book: LaneBook) -> Text:
    p50, p99 = in_ms(book.compute(0.5)), in_ms(book.compute(0.99))
    foot = Text(style=FAINT, no_wrap=True)
    foot.append(f"micro-turn p50 {p50:.1f} ms, p99 {p99:.1f} ms · late p99 {in_ms(book.late(0.99)):.1f} ms")
    if book.overruns:
        foot.append(f" · {book.overruns} overran", ALARM)
    if book.behind:
        foot.append(" · waiting: " + ", ".join(f"{part} {count}" for part, count in book.behind.items()))
    return foot


def _time(at: int) -> Cell:
    return f"{clock_time(at):>8}  ", FAINT


def _dated(at: int, text: str, style: str) -> Text:
    return Text.assemble(_time(at), (text, style))


def _utterance(utterance: Utterance) -> Text:
    words = sorted(utterance.words.values(), key=lambda word: (word.span.start, word.id))
    text = Text.assemble(_time(words[0].span.start))
    for number, word in enumerate(words):
        said = word.payload.text  # type: ignore[union-attr]
        text.append((" " if number else "") + said, "bold" if word.status == "committed" else f"italic {FAINT}")
    return text


def _clause(clause: Clause) -> Text:
    text = Text.assemble(_time(clause.at), (" ".join(clause.heard), "bold"))
    if clause.unsaid and clause.state != "said":
        if clause.heard:
            text.append(" ")
        text.append(clause.unsaid, f"strike {FAINT}" if clause.state == "cut" else FAINT)
    return text


def _seen(book: LaneBook) -> list[Text]:
    rows = [_dated(d.at, d.text, FAINT) for d in list(book.seen)[-2:]]
    if book.in_view:
        rows.append(Text.assemble(("     now  ", FAINT), (" · ".join(book.in_view.values()), CAMERA)))
    return rows


def _typed(book: LaneBook) -> list[Text]:
    rows = [Text.assemble(_time(d.at), (d.text, "bold"), (" ↵", KEYS)) for d in book.lines]
    if book.typing:
        rows.append(Text.assemble(("     now  ", FAINT), (book.typing, ""), ("▏", f"bold {KEYS}")))
    return rows
