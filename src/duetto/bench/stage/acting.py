"""Who is where in which pose at any moment of a camera's track: a function of the track and the time, nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from duetto.bench.stage import moves
from duetto.bench.stage.moves import smooth
from duetto.bench.stage.schedule import RISE, Stretch, place_of, schedule
from duetto.bench.stage.skeleton import Pose
from duetto.bench.track import Camera

Still = Callable[[float, float], Pose]

LEADS: Final = {"push-up": 1.3, "wave": 0.45, "squat": 0.3, "arm raise": 0.3, "jumping jack": 0.3}
"""Seconds before and after a movement in which the body comes from standing into its pose, and back."""
STEP: Final = 1.05
"""Seconds of two steps."""
SIDEWAYS: Final = 78.0
"""Degrees by which a body is turned that is seen from the side."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A person in the picture. place: of their middle, a share of its width. turn: degrees, positive to the right."""

    who: int
    pose: Pose
    place: float
    turn: float


def people(camera: Camera, time: float) -> tuple[Appearance, ...]:
    """All who may be seen at that time, seconds."""
    found = (_person(camera, who, time) for who in _cast(camera))
    return tuple(one for one in found if one is not None)


@lru_cache(maxsize=64)
def _cast(camera: Camera) -> tuple[int, ...]:
    """Who takes part: all who do something."""
    return tuple(sorted({act.who for act in camera.acts if act.does not in ("curtain", "lamp")}))


def _person(camera: Camera, who: int, time: float) -> Appearance | None:
    mine = [s for s in schedule(camera) if s.act.who == who and s.act.does not in ("curtain", "lamp")]
    here = bool(mine) and mine[0].act.does != "enter"
    place, turn = place_of(camera, who), camera.turn * (-1 if who else 1)
    pose = moves.stand(time + 1.7 * who)
    for stretch in mine:
        act = stretch.act
        if act.does in ("enter", "leave"):
            if stretch.start <= time < stretch.end:
                return _walking(stretch, who, time, turn)
            if time >= stretch.end:
                here, place = act.does == "enter", stretch.target if act.does == "enter" else place
        elif act.does == "hand":
            pose = _hand(stretch, time, pose)
        else:
            pose, turn = _moving(stretch, time, pose, turn)
    return Appearance(who, pose, place, turn) if here else None


def _walking(stretch: Stretch, who: int, time: float, turn: float) -> Appearance:
    share = (time - stretch.start) / (stretch.end - stretch.start)
    ahead = SIDEWAYS if stretch.target > stretch.origin else -SIDEWAYS
    place = stretch.origin + (stretch.target - stretch.origin) * share
    # They turn from or to where they stand in a quarter of a second.
    at_rest = (time - stretch.start) if stretch.act.does == "leave" else (stretch.end - time)
    weight = smooth(at_rest / 0.25)
    pose = moves.walk((time - stretch.start) / STEP)
    pose = pose if weight >= 1 else weight * pose + (1 - weight) * moves.stand(time)
    return Appearance(who, pose, place, turn + (ahead - turn) * weight)


def _hand(stretch: Stretch, time: float, standing: Pose) -> Pose:
    if not stretch.start <= time < stretch.end:
        return standing
    share = min((time - stretch.start) / RISE, (stretch.end - time) / RISE, 1.0)
    return moves.raised(1 if stretch.act.side == "left" else -1)(smooth(share), time)


def _moving(stretch: Stretch, time: float, standing: Pose, turn: float) -> tuple[Pose, float]:
    act = stretch.act
    lead = LEADS[act.does]
    if not stretch.start - lead < time < stretch.end + lead:
        return standing, turn
    how = _pose_of(act.does, act.side)
    pose = how(act.depth * share_at(stretch, time), time)
    weight = smooth(min((time - stretch.start + lead) / lead, (stretch.end + lead - time) / lead, 1.0))
    if act.does == "push-up":
        aside = math.copysign(SIDEWAYS + 8, 1.0 if act.side == "right" else -1.0)
        turn += (aside - turn) * weight
    return (pose if weight >= 1 else weight * pose + (1 - weight) * standing), turn


def _pose_of(does: str, side: str) -> Still:
    return {
        "push-up": moves.push_up,
        "squat": moves.squat,
        "arm raise": moves.arm_raise,
        "jumping jack": moves.jumping_jack,
        "wave": moves.wave(1 if side == "left" else -1),
    }[does]


def share_at(stretch: Stretch, time: float) -> float:
    """How far the movement is from rest, 0 to 1: out, a short stay, and back again in each repetition."""
    for start, end in stretch.cycles:
        if start <= time < end:
            share = (time - start) / (end - start)
            if stretch.act.does == "wave":
                return 0.5 - 0.5 * math.cos(2 * math.pi * share)
            return smooth(share / 0.46) if share < 0.5 else smooth((1 - share) / 0.46)
    return 0.0
