"""When each act of a camera's track happens, to each of its repetitions; and from that the truth: its events."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from duetto.bench.stage.moves import raised, smooth
from duetto.bench.stage.skeleton import J
from duetto.bench.track import MOVES, Act, Camera, Change, Event, Screen

REST: Final = 4.5
"""Seconds that a track goes on after its last act."""
OUTSIDE: Final = 0.16
"""Share of the picture's height (times the figure's size) by which the middle of a person is beyond the edge when
nothing of them is in the picture."""
RISE: Final = 0.6
"""Seconds in which a hand is raised, or lowered."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One act in its time, seconds. cycles: begin and end of each repetition. origin, target: of who walks, as shares
    of the picture's width.
    """

    act: Act
    start: float
    end: float
    cycles: tuple[tuple[float, float], ...] = ()
    origin: float = 0.0
    target: float = 0.0


def place_of(camera: Camera, who: int) -> float:
    """Where a person stands, as a share of the picture's width."""
    return min(max(camera.place + (0.0, -0.27, 0.27)[who], 0.08), 0.92)


def outside_of(camera: Camera, side: str, aspect: float = 16 / 9) -> float:
    """Where a person is who has just left on that side."""
    beyond = OUTSIDE * camera.size / aspect * 2.0
    return -beyond if side == "left" else 1.0 + beyond


@lru_cache(maxsize=64)
def schedule(camera: Camera) -> tuple[Stretch, ...]:
    """All acts in their times, in the order of the file."""
    found: list[Stretch] = []
    ended = 0.0
    places = {who: place_of(camera, who) for who in range(3)}
    for number, act in enumerate(camera.acts):
        start = act.at if act.at is not None else ended + act.after
        stretch = _stretch(camera, number, act, start, places[act.who])
        if act.does in ("enter", "leave"):
            places[act.who] = stretch.target
        found.append(stretch)
        ended = stretch.end
    return tuple(found)


def _stretch(camera: Camera, number: int, act: Act, start: float, place: float) -> Stretch:
    if act.does in MOVES:
        cycles = _cycles(act, start, random.Random(f"{camera.seed}:{number}"))
        return Stretch(act, start, cycles[-1][1], cycles)
    if act.does == "enter":
        return Stretch(act, start, start + act.lasts, (), outside_of(camera, act.side), place_of(camera, act.who))
    if act.does == "leave":
        return Stretch(act, start, start + act.lasts, (), place, outside_of(camera, act.side))
    return Stretch(act, start, start + max(act.lasts, 2 * RISE + 0.1 if act.does == "hand" else 0.0))


def _cycles(act: Act, start: float, dice: random.Random) -> tuple[tuple[float, float], ...]:
    pauses = dict(act.pauses)
    last = act.pace if act.pace_to is None else act.pace_to
    cycles: list[tuple[float, float]] = []
    at = start
    for n in range(act.times):
        share = n / max(1, act.times - 1)
        pace = (act.pace + (last - act.pace) * share) * (1 + act.uneven * dice.uniform(-1, 1))
        cycles.append((round(at, 4), round(at + pace, 4)))
        at += pace + pauses.get(n + 1, 0.0)
    return tuple(cycles)


def length_of_camera(camera: Camera) -> float:
    """Seconds that a drawn camera lasts."""
    return camera.lasts or max((stretch.end for stretch in schedule(camera)), default=0.0) + REST


def length_of_screen(screen: Screen) -> float:
    """Seconds that a screen lasts."""
    return screen.lasts or max((screen_end(change) for change in screen.changes), default=0.0) + REST


def screen_end(change: Change) -> float:
    """When a change of the screen is complete, seconds."""
    if change.types:
        return change.at + len(change.types) * change.pace
    return change.at + change.scrolls * change.pace + change.runs


# --- the truth ------------------------------------------------------------------------------------------------


def events_of(camera: Camera | None, screen: Screen | None) -> tuple[Event, ...]:
    """Everything that can be seen to happen, by time."""
    found: list[Event] = []
    if camera is not None and camera.video:
        found += [
            Event(what=event.what, at=event.at + camera.begins, name=event.name, stream="camera")
            for event in camera.events
        ]
    elif camera is not None:
        for stretch in schedule(camera):
            found += _events(camera, stretch)
    if screen is not None:
        for change in screen.changes:
            end = screen_end(change)
            if change.scrolls:
                found.append(Event(what="still", at=end, stream="screen"))
            elif change.runs:
                found.append(Event(what="text", at=end, name="0:00", stream="screen"))
            else:
                text, letter = change.shows or change.types, change.pace if change.types else 0.0
                found.append(Event(what="text", at=end, name=text, stream="screen", letter=letter))
    return tuple(sorted(found, key=lambda event: event.at))


def _events(camera: Camera, stretch: Stretch) -> list[Event]:
    act = stretch.act
    if stretch.cycles:
        repeats = [Event(what="repeat", at=end, name=act.does) for _, end in stretch.cycles]
        starts = Event(what="starts", at=stretch.start, name=act.does)
        return [starts, *repeats, Event(what="stops", at=stretch.end, name=act.does)]
    match act.does:
        case "enter":
            edge = 0.0 if act.side == "left" else 1.0
            share = (edge - stretch.origin) / (stretch.target - stretch.origin)
            return [Event(what="enter", at=round(stretch.start + share * (stretch.end - stretch.start), 4))]
        case "leave":
            return [Event(what="leave", at=stretch.end)]
        case "hand":
            return [Event(what="hand", at=round(stretch.start + RISE * _nose(), 4), name=act.side)]
        case _:
            return []


@lru_cache(maxsize=1)
def _nose() -> float:
    """The share of raising a hand at which the wrist passes the nose."""
    pose = raised(1)
    for n in range(1001):
        joints = pose(smooth(n / 1000), 0.0)
        if joints[J["left wrist"], 1] >= joints[J["head"], 1]:
            return n / 1000
    return 1.0
