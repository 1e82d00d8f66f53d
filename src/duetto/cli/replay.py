"""`duetto replay`: the recorded inputs through the same code again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duetto.cli.errors import DIFFERENT, clear_errors

if TYPE_CHECKING:
    from duetto.recording.replay import ReplayReport


def run(
    file: Annotated[Path, typer.Argument(help="A session's recording (MCAP).", metavar="FILE")],
    trace: Annotated[bool, typer.Option("--trace", help="Print what was perceived and decided, a line each.")] = False,
    times: Annotated[int, typer.Option(help="How often.", min=1, max=10_000)] = 1,
) -> None:
    """Run a recording's inputs through the code again.

    Reports whether each action came out the same; exit status 1 if not.
    """
    from rich.console import Console

    from duetto.terminal.progress import ProgressBar

    with clear_errors():
        from duetto.assembly import model_of
        from duetto.recording.reader import Recording
        from duetto.recording.replay import replay
        from duetto.recording.trace import trace as trace_of

        recording = Recording.open(file)
        if trace:
            sys.stdout.write(trace_of(recording))
        errors = Console(stderr=True)
        bar = ProgressBar(errors, recording.until * times) if errors.is_terminal else None
        reports: list[ReplayReport] = []
        try:
            for done in range(times):
                if bar is not None:
                    bar.base = recording.until * done
                reports.append(replay(recording, model_of, progress=bar.on_micro_turn if bar else None))
        finally:
            if bar is not None:
                bar.close()
    sys.stdout.write(report_text(reports))
    raise typer.Exit(0 if all(report.same for report in reports) else DIFFERENT)


def report_text(reports: list[ReplayReport]) -> str:
    """What came out, in a few lines."""
    from duetto.timeline.clock import in_s

    first = reports[0]
    lines = [
        f"{first.micro_turns} micro-turns, {first.rounds} rounds, {in_s(first.until):.2f} s"
        + (" (the recording was cut off)" if first.truncated else "")
    ]
    for name in ("actions", "edits", "voice"):
        tallies = [getattr(report, name) for report in reports]
        different = sum(tally.different for tally in tallies)
        unit = "samples of the voice" if name == "voice" else name
        lines.append(f"{tallies[0].compared} {unit}: {'the same' if not different else f'{different} different'}")
        lines += [f"  {tally.first}" for tally in tallies if tally.first is not None][:1]
    if len(reports) > 1:
        same = sum(report.same for report in reports)
        lines.append(f"{same} of {len(reports)} replays gave the same actions")
    return "\n".join(lines) + "\n"
