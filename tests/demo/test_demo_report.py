"""The demo's report: finds what happened in a recording, and says so when something did not."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from duetto.demo.report import report, shown
from duetto.models.model import MicroTurn, Output, Timing
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Heard, Line, Planned
from duetto.timeline.turn import Turn

USER = [Span(s(29), s(33))]
EVENTS = {
    "84": (3.0, "heard", "84."),
    "two": (4.0, "heard", "two,"),
    "four": (4.5, "heard", "four,"),
    "six": (5.0, "heard", "six,"),
    "cut": (6.0, "revoked", "six,"),
    "line": (9.0, "line", "what is 3 times 4"),
    "12": (10.0, "heard", "12."),
    "reads": (8.0, "read", "lighthouse"),
    "reads on": (12.0, "read", "counted"),
    "sees": (15.0, "said", "Hello."),
    "wave 1": (16.0, "said", "1"),
    "wave 2": (16.8, "said", "2"),
    "wave 3": (17.6, "said", "3"),
    "wave 4": (18.4, "said", "4"),
    "reminder 1": (20.0, "said", "Breathe."),
    "reminder 2": (25.0, "said", "Breathe."),
    "reminder 3": (30.0, "said", "Breathe."),
    "caught": (31.5, "said", "Stop."),
}


def recording(*without: str) -> list[MicroTurn]:
    made = []
    events = [e for name, e in EVENTS.items() if name not in without]
    for index in range(70):
        span = Span(index * ms(500), (index + 1) * ms(500))
        edits = []
        for at, kind, text in events:
            if span.start <= s(at) < span.end:
                payload = {"heard": Heard(text, 1, 1), "read": Heard(text, 2, 1), "line": Line(text)}.get(kind)
                payload = payload or Planned(text, 1, 1)
                status = "revoked" if kind == "revoked" else "committed"
                edits.append(Increment(1, "voice", Span(s(at), s(at) + ms(10)), payload, status, s(at), "plan"))
        timing = Timing(ms(20) if index == 3 else 0, ms(2), 0, {}, {})
        output = Output(span.end, tuple(edits))
        made.append(MicroTurn(index, span, (Turn(index, 0, span),), (output,), bytes(24_000), timing))
    return made


def missing(*without: str, user=USER) -> set[str]:
    return {item.what for item in shown(recording(*without), user) if not item.happened}  # type: ignore[arg-type]


def test_everything_is_found_where_it_happened():
    found = shown(recording(), USER)  # type: ignore[arg-type]
    assert all(item.happened for item in found) and len(found) == 10
    first = [3, 4.5, 6, 10, 12, 15, 31.5, 16.8, 20, 30]
    assert [item.where[0] for item in found] == [s(at) for at in first]


@pytest.mark.parametrize(
    ("without", "what"),
    [
        ("84", {"a question answered by voice"}),
        ("four", {"the user changes it, and duetto goes on from there", "the user cuts in, and duetto stops"}),
        ("cut", {"the user cuts in, and duetto stops"}),
        ("12", {"a line typed while duetto speaks, used in what it says next", "and then it reads on"}),
        ("line", {"a line typed while duetto speaks, used in what it says next", "and then it reads on"}),
        ("reads on", {"and then it reads on"}),
        ("reads", {"and then it reads on"}),
        ("sees", {"somebody is seen coming in, and greeted"}),
        ("caught", {"a word is caught while the user talks"}),
        ("wave 2", {"movements are counted aloud, as they are made"}),
        ("reminder 1", {"a reminder at its moments"}),
        ("reminder 3", {"a reminder at its moments", "a reminder also while the user talks"}),
    ],
)
def test_what_did_not_happen_is_not_claimed(without, what):
    assert missing(without) == what
    assert all(item.where == () for item in shown(recording("84"), USER) if item.what.startswith("a question"))


def test_what_is_said_in_silence_is_not_said_over_the_user():
    assert missing(user=[Span(s(31), s(33))]) == {"a reminder also while the user talks"}
    assert missing(user=[Span(s(29), s(31))]) == {"a word is caught while the user talks"}


def test_the_report_tells_both_and_whether_all_is_well():
    def told(*without: str) -> tuple[bool, str]:
        console = Console(file=io.StringIO(), width=120, color_system=None)
        good = report(console, recording(*without), USER)  # type: ignore[arg-type]
        return good, console.file.getvalue()  # type: ignore[attr-defined]

    good, text = told()
    assert good and "✗" not in text and text.count("✓") == 10
    assert "at 20.0, 25.0, 30.0 s" in text
    late = next(line for line in text.splitlines() if "over 10 ms late" in line)
    assert late.split()[-2:] == ["1", "70"]
    work = next(line for line in text.splitlines() if "work in a micro-turn" in line)
    assert "2.0 ms" in work
    good, text = told("84")
    assert not good and text.count("✗") == 1
    assert "at" not in next(line for line in text.splitlines() if "✗" in line).split()
