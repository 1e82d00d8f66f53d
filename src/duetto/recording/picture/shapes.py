"""What a lane is made of, in the picture's pixels; y counts from the top of the lane's own strip."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from duetto.recording.picture.fonts import text_width


@dataclass(frozen=True, slots=True)
class Box:
    """left, top, width, height in px."""

    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        """True when the two share more than an edge."""
        apart = (
            self.x + self.width <= other.x + 0.01
            or other.x + other.width <= self.x + 0.01
            or self.y + self.height <= other.y + 0.01
            or other.y + other.height <= self.y + 0.01
        )
        return not apart


@dataclass(frozen=True, slots=True)
class Rect:
    box: Box
    fill: str
    radius: float = 0.0
    stroke: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str
    width: float = 1.0
    dash: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """d: SVG path data."""

    d: str
    fill: str = "none"
    stroke: str = ""
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, rounded at the corners."""

    box: Box
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Label:
    """Text that begins at x, with its baseline at y."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    bold: bool = False
    italic: bool = False
    struck: bool = False

    @property
    def width(self) -> float:
        """px, whatever font draws it: the writer makes it exactly so wide."""
        return text_width(self.text, self.size, bold=self.bold)

    @property
    def box(self) -> Box:
        """From the tops of its capitals to the bottoms of its tails."""
        return Box(self.x, self.y - 0.76 * self.size, self.width, 0.98 * self.size)

    def moved(self, y: float) -> Label:
        """The same, `y` px further down."""
        return replace(self, y=self.y + y)


Shape = Rect | Line | Path | Picture | Label


@dataclass(slots=True)
class Strip:
    """One lane in one row: its shapes, painted in order, and how high it is (px)."""

    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        self.shapes.extend(shapes)

    @property
    def labels(self) -> list[Label]:
        return [shape for shape in self.shapes if isinstance(shape, Label)]
