"""`duetto demo`: a conversation that no turn-based system can hold, with a simulated user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from duetto.cli import settings as options
from duetto.cli.errors import clear_errors


def run(
    out: Annotated[Path, typer.Option(help="Folder for what is heard, recorded and drawn.")] = Path("demo-out"),
    quiet: options.Quiet = False,
) -> None:
    """Show a live conversation, and measure it."""
    from duetto.cli.running import folder

    with clear_errors():
        from duetto.demo.run import run_demo

        folder(out)
    raise typer.Exit(run_demo(out, quiet=quiet))
