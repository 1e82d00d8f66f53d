"""SVG to PNG by resvg (a wheel of 1.4 MB; Pillow has 7 MB and draws no SVG, matplotlib with what it needs over 30)."""

from __future__ import annotations

from typing import Final

from duetto.recording.errors import RecordingError

ZOOM: Final = 2
"""Image pixels for a pixel of the SVG: sharp on dense screens."""
_LETTER: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" font-family="sans-serif">'
    '<text x="2" y="14" font-size="14">{}</text></svg>'
)


def render(svg: str) -> bytes:
    """PNG of an SVG document. Raises RecordingError without the extra, and where the machine has no font at all."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise RecordingError("a PNG needs resvg: pip install 'duetto[picture]', or write an .svg") from error
    if svg_to_bytes(svg_string=_LETTER.format("M")) == svg_to_bytes(svg_string=_LETTER.format("")):
        raise RecordingError("a PNG needs a font, and this machine has none: install one, or write an .svg")
    png: bytes = svg_to_bytes(svg_string=svg, zoom=ZOOM)
    return png
