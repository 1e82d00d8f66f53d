"""The timeline picture: a session at a glance, a lane for each stream on one time axis."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from duetto.recording.errors import RecordingError
from duetto.recording.picture.facts import gather
from duetto.recording.picture.page import lay_out
from duetto.recording.picture.png import render
from duetto.recording.picture.svg import document
from duetto.recording.reader import Recording
from duetto.timeline.clock import in_s, s

LONGEST: Final = s(600)
"""Media time (ns) that one picture holds: more would be a page that nobody can scroll through."""

__all__ = ["LONGEST", "draw"]


def draw(
    recording: Recording,
    path: str | Path,
    *,
    start: int | None = None,
    end: int | None = None,
    title: str | None = None,
) -> None:
    """Draw the session, or `[start, end)` of it (media time in ns), to `path`: ".svg", or ".png" with its extra.

    Raises RecordingError for an empty stretch, one longer than ten minutes, another ending of the name, or a file
    that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in (".svg", ".png"):
        raise RecordingError(f"{path}: a picture's name ends in .svg or .png")
    begin = max(0, start or 0)
    until = recording.until if end is None else min(end, recording.until)
    if until <= begin:
        raise RecordingError(f"{recording.path}: nothing between {in_s(begin):g} s and {in_s(until):g} s")
    if until - begin > LONGEST:
        raise RecordingError(
            f"{recording.path}: {in_s(until - begin):.0f} s are too much for one picture;"
            f" choose at most {in_s(LONGEST):g} s of it by start and end"
        )
    page = lay_out(gather(recording, begin, until), recording.info, title)
    svg = document(page.width, page.height, page.title, page.strips)
    data = svg.encode() if path.suffix.lower() == ".svg" else render(svg)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RecordingError(f"{path}: cannot write the picture: {error.strerror}") from error
