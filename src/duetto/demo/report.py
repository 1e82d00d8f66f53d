"""What the demo showed, found in its recording, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from duetto.brain.embedded.numbers import value
from duetto.recording.measure import Measures, measure, percentile
from duetto.recording.reader import Recording
from duetto.timeline.clock import in_ms, in_s
from duetto.timeline.increment import Span
from duetto.timeline.payload import Heard, Line, Planned


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the things that the demo is there to show, and whether it happened. where: media times (ns)."""

    what: str
    happened: bool
    where: tuple[int, ...] = ()


def shown(recording: Recording, user: Sequence[Span]) -> list[Shown]:
    """Look for each of them in the recording. user: when the user really spoke."""
    said: list[tuple[Span, str]] = []
    words: list[tuple[int, str, int]] = []
    typed: list[int] = []
    cut: list[tuple[int, str]] = []
    for micro_turn in recording:
        for output in micro_turn.outputs:
            for edit in output.edits:
                match edit.payload:
                    case Planned(text=text) if edit.status == "committed":
                        said.append((edit.span, text))
                    case Planned(text=text) if edit.status == "revoked":
                        cut.append((edit.at, text))
                    case Heard(text=text, reply=reply):
                        words.append((edit.span.start, text, reply))
                    case Line():
                        typed.append(edit.span.end)
    answered = [at for at, text, _ in words if text.strip(".,") == "84"]
    woven = [at for at, text, _ in words if text.strip(".,") == "12" and typed and at > typed[0]]
    story = {reply for _, text, reply in words if text == "lighthouse"}
    reading_on = [at for at, _, reply in words if reply in story and woven and at > woven[0]]
    seen = [span.start for span, text in said if text == "Hello."]
    caught = [span.start for span, text in said if text == "Stop." and any(u.start < span.start < u.end for u in user)]
    waves = [(span.start, int(text)) for span, text in said if text.isdecimal()]
    in_time = [at for (_, one), (at, two) in pairwise(waves) if two == one + 1]
    reminders = [span.start for span, text in said if text == "Breathe."]
    over = [at for at in reminders if any(span.start < at < span.end for span in user)]
    counted = [(at, number) for at, text, _ in words if (number := value(text.strip(".,").split())) is not None]
    amended = [
        since
        for (_, one), (since, two), (_, three) in zip(counted, counted[1:], counted[2:], strict=False)
        if two - one == three - two == 2
    ]
    stopped = [at for at, text in cut if value(text.strip(".,").split()) is not None and amended and at > amended[0]]
    return [
        Shown("a question answered by voice", bool(answered), tuple(answered[:1])),
        Shown("the user changes it, and duetto goes on from there", bool(amended), tuple(amended[:1])),
        Shown("the user cuts in, and duetto stops", bool(stopped), tuple(stopped[:1])),
        Shown("a line typed while duetto speaks, used in what it says next", bool(woven), tuple(woven[:1])),
        Shown("and then it reads on", bool(reading_on), tuple(reading_on[:1])),
        Shown("somebody is seen coming in, and greeted", bool(seen), tuple(seen)),
        Shown("a word is caught while the user talks", bool(caught), tuple(caught)),
        Shown("movements are counted aloud, as they are made", len(in_time) >= 3, tuple(in_time)),
        Shown("a reminder at its moments", len(reminders) >= 3, tuple(reminders)),
        Shown("a reminder also while the user talks", bool(over), tuple(over)),
    ]


def tables(happened: Sequence[Shown], measures: Measures) -> list[Table]:
    """Both, for a terminal."""
    what = Table(title="What happened", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    for item in happened:
        times = ", ".join(f"{in_s(at):.1f}" for at in item.where[:9])
        what.add_row(
            "[green]✓[/]" if item.happened else "[red]✗[/]", item.what, f"[dim]at {times} s[/]" if times else ""
        )
    took = Table(title="What was measured", title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
    for title in ("", "median", "slowest", "of"):
        took.add_column(title, justify="left" if not title else "right")
    for name, values in (
        ("the user stops → first sound of the reply", measures.reply),
        ("the user cuts in → duetto ducks", measures.duck),
        ("the user cuts in → duetto is silent", measures.silent),
        ("a reminder's moment → its first sound", [abs(error) for error in measures.order]),
        ("work in a micro-turn", measures.compute),
    ):
        if values:
            took.add_row(name, _ms(percentile(values, 50)), _ms(percentile(values, 100)), str(len(values)))
    late = sum(1 for value in measures.late if value > 10_000_000)
    took.add_row("micro-turns that began over 10 ms late", str(late), "", str(len(measures.late)))
    took.add_row("replies begun inside the user's speech", str(len(measures.barged)), "", "")
    return [what, took]


def report(console: Console, recording: Recording, user: Sequence[Span]) -> bool:
    """Print both tables. True when everything that the demo is there to show has happened."""
    happened = shown(recording, user)
    for table in tables(happened, measure(recording, user)):
        console.print()
        console.print(table)
    return all(item.happened for item in happened)


def _ms(ns: float) -> str:
    return f"{in_ms(round(ns)):.0f} ms" if ns >= 10_000_000 else f"{in_ms(round(ns)):.1f} ms"
