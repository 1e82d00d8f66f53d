"""What is seen now: the view that decisions are made on."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.perception.video.light import LightName
from duetto.perception.video.motion import Moving
from duetto.timeline.arrival import Box


@dataclass(frozen=True, slots=True)
class Seeing:
    """The picture as it stands at the end of a micro-turn.

    frame_at: media time (ns) of the newest readable picture, None before the first. stalled: the camera gave
    pictures and gives none now; then nothing moves and no face is here. black: so is the picture, with the same
    effect. motions: what moves, left to right. faces, persons: boxes of left, top, width, height in shares, 0 to 1.
    light, brightness (0 to 1), colours: of the newest picture, unknown before the first. scene_at: media time (ns) of
    the latest change of the whole picture.
    """

    frame_at: int | None = None
    stalled: bool = False
    black: bool = False
    motions: tuple[Moving, ...] = ()
    faces: tuple[Box, ...] = ()
    persons: tuple[Box, ...] = ()
    light: LightName | None = None
    brightness: float = 0.0
    colours: tuple[str, ...] = ()
    scene_at: int | None = None
