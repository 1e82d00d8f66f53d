"""How the picture looks: sizes in CSS pixels, colours as hex. Its own background serves light pages and dark."""

from __future__ import annotations

from typing import Final

WIDTH: Final = 1200
MARGIN: Final = 20
GUTTER: Final = 104
"""Width of the lane names, left of the time axis."""
PLOT_LEFT: Final = MARGIN + GUTTER
PLOT_RIGHT: Final = WIDTH - MARGIN - 18

FONT: Final = "Inter, 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
TITLE_SIZE: Final = 21
WORD_SIZE: Final = 12.5
NOTE_SIZE: Final = 11
SMALL_SIZE: Final = 10

PAGE: Final = "#f5f3ec"
CARD: Final = "#fffefb"
EDGE: Final = "#e3dfd3"
GRID: Final = "#e4dfd2"
TICK: Final = "#f3efe6"
INK: Final = "#22262e"
MUTED: Final = "#767b85"
FAINT: Final = "#9a9da4"

USER: Final = "#2f6ca8"
USER_SOFT: Final = "#e3edf7"
DUETTO: Final = "#cf5f38"
DUETTO_SOFT: Final = "#fbe7de"
SEEN: Final = "#3f7f63"
SEEN_SOFT: Final = "#dcede4"
TYPED: Final = "#75559f"
TYPED_SOFT: Final = "#ece5f5"
TOOLS: Final = "#3d6f86"
TOOLS_SOFT: Final = "#dfecf1"
DECIDED: Final = "#8a6a14"
BOTH: Final = "#8c5a8a"
"""The floor, when both speak."""
WARNING: Final = "#b23a48"
WARNING_SOFT: Final = "#f8e3e4"
