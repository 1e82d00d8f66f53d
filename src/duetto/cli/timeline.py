"""`duetto timeline`: a recording as a picture."""

from __future__ import annotations

import sys
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from duetto.cli.errors import clear_errors, fail


def run(
    file: Annotated[Path, typer.Argument(help="A session's recording (MCAP).", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="The picture: .svg, or .png with its extra.")],
    start: Annotated[float | None, typer.Option(help="Begin here, in seconds.", min=0)] = None,
    end: Annotated[float | None, typer.Option(help="End here, in seconds.", min=0)] = None,
    title: Annotated[str | None, typer.Option(help="What stands above it.")] = None,
) -> None:
    """Draw a recording as a picture.

    What was heard, seen, typed, said and decided: one lane per stream, on one time axis.
    """
    with clear_errors():
        from duetto.recording.picture import draw
        from duetto.recording.reader import Recording
        from duetto.timeline.clock import s

        for option, seconds in (("start", start), ("end", end)):
            if seconds is not None and not isfinite(seconds):
                fail(f"--{option}: a number of seconds is needed (got {seconds:g})")
        recording = Recording.open(file)
        draw(
            recording,
            out,
            start=None if start is None else s(start),
            end=None if end is None else s(end),
            title=title,
        )
    sys.stdout.write(f"{out}\n")
