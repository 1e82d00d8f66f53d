"""How bright the picture is, by name, told when the name has changed for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duetto.perception.video.jpeg import Picture

LightName = Literal["dark", "dim", "bright"]


@dataclass(frozen=True, slots=True)
class LightSettings:
    """Where the names of the light begin and end."""

    dark_below: float = 0.16
    """Mean brightness below which a picture is dark, 0 to 1."""
    bright_above: float = 0.36
    """Mean brightness above which a picture is bright, 0 to 1."""
    margin: float = 0.03
    """How far beyond a border the brightness must be to leave the name it has."""
    frames: int = 2
    """Successive frames that must agree on the new name."""


@dataclass(frozen=True, slots=True)
class LightChange:
    """The light has a new name. since: media time (ns) of the first frame in it. brightness: 0 to 1."""

    since: int
    brightness: float
    name: LightName


class LightMeter:
    """Mean brightness of the picture with hysteresis."""

    def __init__(self, settings: LightSettings | None = None) -> None:
        self.settings = settings or LightSettings()
        self.name: LightName | None = None
        self.brightness = 0.0
        self._coming: LightName | None = None
        self._since = 0
        self._frames = 0

    def see(self, at: int, grey: Picture) -> LightChange | None:
        """Take in a grey picture, uint8 (h, w), of media time `at` (ns)."""
        self.brightness = round(float(grey.mean()) / 255, 4)
        name = self._named(self.brightness)
        if name == self.name:
            self._coming = None
            return None
        if name != self._coming:
            self._coming, self._since, self._frames = name, at, 0
        self._frames += 1
        if self.name is not None and self._frames < self.settings.frames:
            return None
        self.name, self._coming = name, None
        return LightChange(self._since, self.brightness, name)

    def _named(self, brightness: float) -> LightName:
        settings = self.settings
        margin = settings.margin
        dark_below = settings.dark_below + {"dark": margin, None: 0.0}.get(self.name, -margin)
        bright_above = settings.bright_above + {"bright": -margin, None: 0.0}.get(self.name, margin)
        if brightness < dark_below:
            return "dark"
        return "bright" if brightness > bright_above else "dim"
