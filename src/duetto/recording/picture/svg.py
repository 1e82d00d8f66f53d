"""Writes shapes as SVG 1.1: no scripts, no styles from elsewhere, pictures inside."""

from __future__ import annotations

from base64 import b64encode
from xml.sax.saxutils import escape, quoteattr

from duetto.recording.picture.shapes import Label, Line, Path, Picture, Rect, Shape, Strip
from duetto.recording.picture.theme import FONT


def document(width: float, height: float, title: str, strips: list[tuple[float, str, Strip]]) -> str:
    """The whole file. strips: distance from the top (px), name, and shapes of each, painted in order."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}"'
        f' viewBox="0 0 {_n(width)} {_n(height)}" font-family="{FONT}" role="img">',
        f"<title>{_plain(title)}</title>",
    ]
    for top, name, strip in strips:
        parts.append(f'<g data-lane={quoteattr(name)} transform="translate(0 {_n(top)})">')
        parts += [_shape(shape) for shape in strip.shapes]
        parts.append("</g>")
    parts.append("</svg>\n")
    return "\n".join(parts)


def _shape(shape: Shape) -> str:
    match shape:
        case Rect(box=b, fill=fill, radius=radius, stroke=stroke):
            round_ = f' rx="{_n(radius)}"' if radius else ""
            edge = f' stroke="{stroke}"' if stroke else ""
            return (
                f'<rect x="{_n(b.x)}" y="{_n(b.y)}" width="{_n(b.width)}" height="{_n(b.height)}"{round_}'
                f' fill="{fill}"{edge}/>'
            )
        case Line(x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, width=width, dash=dash):
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            return (
                f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{stroke}"'
                f' stroke-width="{_n(width)}"{dashes}/>'
            )
        case Path(d=d, fill=fill, stroke=stroke, width=width):
            edge = f' stroke="{stroke}" stroke-width="{_n(width)}" stroke-linejoin="round"' if stroke else ""
            return f'<path d="{d}" fill="{fill}"{edge}/>'
        case Picture(box=b, jpeg=jpeg):
            data = b64encode(jpeg).decode("ascii")
            return (
                f'<image x="{_n(b.x)}" y="{_n(b.y)}" width="{_n(b.width)}" height="{_n(b.height)}"'
                f' preserveAspectRatio="xMidYMid slice" href="data:image/jpeg;base64,{data}"/>'
            )
        case Label():
            return _label(shape) if shape.text else ""


def _label(label: Label) -> str:
    look = ' font-weight="600"' if label.bold else ""
    look += ' font-style="italic"' if label.italic else ""
    look += ' text-decoration="line-through"' if label.struck else ""
    return (
        f'<text x="{_n(label.x)}" y="{_n(label.y)}" font-size="{_n(label.size)}" fill="{label.fill}"{look}'
        f' textLength="{_n(label.width)}" lengthAdjust="spacingAndGlyphs">{_plain(label.text)}</text>'
    )


def _plain(text: str) -> str:
    """Escaped, and without the control characters that XML does not allow."""
    return escape("".join(c if c >= " " and c not in "\ufffe\uffff" else " " for c in text))


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
