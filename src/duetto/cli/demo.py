"""`duetto demo`: a conversation that no turn-based system can hold, with a simulated user."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duetto.cli import settings as options
from duetto.cli.errors import INCOMPLETE, clear_ending, clear_errors

if TYPE_CHECKING:
    from duetto.cli.keeping import Keeper
    from duetto.models.model import Observer


def run(
    out: Annotated[Path, typer.Option(help="Folder for what is heard, recorded and drawn.")] = Path("demo-out"),
    quiet: options.Quiet = False,
) -> None:
    """Show a live conversation in real time, and measure it."""
    from duetto.cli.keeping import JOURNAL, keep, summary
    from duetto.cli.running import displays, folder, starting, stopped_by_signals

    with ExitStack() as stack:
        with clear_errors():
            from rich.console import Console

            from duetto.assembly import Settings, build_session
            from duetto.demo.cast import enter
            from duetto.demo.report import report
            from duetto.recording.reader import Recording
            from duetto.timeline.clock import WallClock
            from duetto.timeline.increment import Span

            folder(out)
            settings, clock = Settings(), WallClock()
            sources = {"mic": "a simulated user", "camera": "a drawn figure", "keys": "a simulated user"}
            kept: list[Keeper] = []
            with starting(quiet=quiet):
                user, inputs = enter()

                def observers() -> list[Observer]:
                    kept.extend(keep(out, settings, clock, title="duetto demo", sources=sources, stack=stack))
                    shown = displays(quiet=quiet, partials=False, total=None)
                    for display in shown:
                        stack.callback(display.close)
                    return [user, *kept, *shown]

                session = build_session(settings, clock, inputs, feeders=[user], observers=observers)
        with clear_ending(), stopped_by_signals(session) as interruption:
            session.run()
    written = summary(out, kept, quiet=quiet)
    if not written:
        raise typer.Exit(INCOMPLETE)
    whole = report(Console(), Recording.open(out / JOURNAL), [Span(said.start, said.end) for said in user.spoken])
    raise typer.Exit(interruption.status or (0 if whole else 1))
