"""Words and numbers as they stand on the page; everything that is not ours is escaped."""

from __future__ import annotations

import html
from typing import Final

NS: Final = 1e9


def esc(text: object) -> str:
    """Text for HTML and SVG, in content and in quoted attributes; control characters become blanks."""
    return html.escape("".join(c if c >= " " and c not in "\x7f\ufffe\uffff" else " " for c in str(text)), quote=True)


def number(value: float | None) -> str:
    """A figure as one reads it: whole numbers whole, others with three digits that count."""
    if value is None or value != value:
        return "–"
    if float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value)}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def px(value: float) -> str:
    """A coordinate of a picture, without needless digits."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def percent(part: int, whole: int) -> str:
    """A share: "75 %", or a dash where there is nothing to share."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def title(name: str) -> str:
    """A key of the results as words: "take_over" becomes "take over"."""
    return name.replace("_", " ").strip()


def cut(text: str, most: int) -> str:
    """The text with at most so many characters, the last of them an ellipsis where it was longer."""
    return text if len(text) <= most else text[: max(most - 1, 0)] + "…"
