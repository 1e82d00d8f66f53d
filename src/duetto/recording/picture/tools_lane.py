"""Which tools ran, and when."""

from __future__ import annotations

from duetto.recording.picture.bars import bars
from duetto.recording.picture.facts import Facts
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Strip
from duetto.recording.picture.theme import TOOLS, TOOLS_SOFT


def tools_lane(facts: Facts, row: Row) -> Strip:
    """A bar for each call, with its name and arguments."""
    strip = Strip()
    strip.height = 3.0 + bars(strip, facts.calls, row, 3.0, TOOLS, TOOLS_SOFT)
    return strip
