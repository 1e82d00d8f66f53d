"""`duetto doctor`: what works here, and what an extra would add."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from duetto.cli.errors import DIFFERENT


def run(
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Try every part, and tell what extras would add.

    Uses no network beyond this machine, whose usual ports it asks for language models. Exit status 1 if an embedded
    part does not work.
    """
    from duetto.doctor import as_json, examine, render

    diagnosis = examine()
    if json:
        sys.stdout.write(as_json(diagnosis))
    else:
        from rich.console import Console

        Console().print(render(diagnosis))
    raise typer.Exit(0 if diagnosis.healthy else DIFFERENT)
