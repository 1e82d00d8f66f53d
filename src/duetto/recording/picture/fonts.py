"""How wide text is, without a font at hand.

Widths are those of Helvetica (Adobe's font metrics file), which Arial and Liberation Sans share; the SVG asks for
exactly this width (`textLength`), so that no reader's font can make labels collide.
"""

from __future__ import annotations

from typing import Final
from unicodedata import combining, east_asian_width

_WIDTHS: Final = {
    character: width
    for width, characters in {
        191: "'",
        222: "ijl‘’",
        260: "|",
        278: " !,./:;I[\\]ft·",
        333: "()-`r“”",
        334: "{}",
        355: '"',
        389: "*",
        469: "^",
        500: "Jckssvxyz",
        556: "#$0123456789?L_abdeghnopqu–",
        584: "+<=>~",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1000: "…—→",
        1015: "@",
    }.items()
    for character in characters
}
_OTHER: Final = 600
_WIDE: Final = 1000
_BOLD: Final = 1.07


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width in px of `text` at a font size of `size` px."""
    thousandths = sum(_character(character) for character in text)
    return thousandths / 1000 * size * (_BOLD if bold else 1.0)


def shortened(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """`text`, or as much of it as fits into `room` px with an ellipsis; "" when not even a few letters do."""
    if text_width(text, size, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "…", size, bold=bold) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low >= 2 else ""


def _character(character: str) -> int:
    known = _WIDTHS.get(character)
    if known is not None:
        return known
    if combining(character):
        return 0
    return _WIDE if east_asian_width(character) in "WF" else _OTHER
