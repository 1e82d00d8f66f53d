"""What an item's camera and screen show, and when: the `[camera]` and `[screen]` of a scenario file.

Data only; `bench.stage` draws it, or plays a real video instead. Times are seconds from the item's beginning.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

Moves = Literal["push-up", "squat", "arm raise", "jumping jack", "wave"]
"""Movements that repeat themselves."""
Does = Literal["push-up", "squat", "arm raise", "jumping jack", "wave", "enter", "leave", "hand", "curtain", "lamp"]
Room = Literal["wall", "living room", "gym", "office", "garden"]
Page = Literal["build", "editor", "terminal", "clock"]
What = Literal["repeat", "starts", "stops", "enter", "leave", "hand", "text", "still"]

MOVES: Final[tuple[str, ...]] = get_args(Moves)
LONGEST_TRACK: Final = 115.0
"""Seconds that a track may last at most."""


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that can be seen to happen at `at` seconds.

    what: "repeat": a movement has been made once more, the body is back where it began; "starts", "stops": a movement
    begins to be seen, or its last repetition is over; "enter": the middle of a person crosses the picture's edge;
    "leave": the last of them is out of it; "hand": a wrist passes the height of the nose; "text": `name` stands there
    in full; "still": the last change of what had been moving. name: of the movement, or the text. letter: seconds that
    each letter of a text took to be typed.
    """

    what: What
    at: float
    name: str = ""
    stream: Literal["camera", "screen"] = "camera"
    letter: float = 0.0


class Act(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a person before the camera does, or that happens in the room.

    at: when it begins; left out: `after` seconds after the act before has ended. who: which person, from 0; one whose
    first act is "enter" is not there before. times: repetitions of a movement. pace: seconds that a repetition takes,
    `pace_to`: in the end, changing evenly. uneven: share by which single ones differ from that. pauses: after which
    repetition, for how many seconds. depth: share of the whole movement. side: of an arm; for "enter" and "leave" of
    the picture. lasts: seconds of what does not repeat itself. level: for "lamp", the light it leads to; 1 is usual.
    """

    does: Does
    at: float | None = None
    after: float = 0.5
    who: int = 0
    times: int = 1
    pace: float = 1.6
    pace_to: float | None = None
    uneven: float = 0.0
    pauses: tuple[tuple[int, float], ...] = ()
    depth: float = 1.0
    side: Literal["left", "right"] = "right"
    lasts: float = 1.6
    level: float = 1.0


class Camera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the camera shows: drawn from `acts`, or a real video with its `events`.

    seed: of all that is drawn by chance. rate: pictures a second. room: what is behind. size: a person's height as a
    share of the picture's. place: where the first one stands, as a share of its width. turn: degrees by which they
    face past the camera. light: 1 is usual; drift: share by which it slowly changes. noise: of the sensor, levels of
    255. shake: of the camera, pixels. lasts: seconds in all, 0 for 4.5 s after the last act.
    video: path, relative to the scenario's, of a video that is played instead from `begins` on; `events` are what is to
    be seen in it, in its own time.
    """

    seed: int = 1
    rate: float = 15.0
    room: Room = "living room"
    size: float = 0.78
    place: float = 0.5
    turn: float = 0.0
    light: float = 1.0
    drift: float = 0.0
    noise: float = 2.0
    shake: float = 0.0
    lasts: float = 0.0
    acts: tuple[Act, ...] = ()
    video: str = ""
    begins: float = 4.0
    events: tuple[Event, ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens on the screen, at `at`.

    shows: a line that comes to stand below the others. replaces: what of a line that stands there is replaced by
    `shows`. types: a line that is typed letter by letter, `pace` seconds each. scrolls: so many lines of a log run
    through, `pace` seconds each. runs: seconds that a clock runs down. Exactly one of shows, types, scrolls, runs.
    """

    at: float
    shows: str = ""
    replaces: str = ""
    types: str = ""
    scrolls: int = 0
    runs: int = 0
    pace: float = 0.25


class Screen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the screen shows. page: what kind of window. dark: light letters on dark ground. lasts: as of `Camera`."""

    seed: int = 1
    rate: float = 5.0
    page: Page = "build"
    dark: bool = True
    lasts: float = 0.0
    lines: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def problem_of_camera(camera: Camera) -> str:
    """What is wrong with it, with the field and its limits; "" if nothing is."""
    limits = (
        ("rate", 1.0, 30.0),
        ("size", 0.2, 1.2),
        ("place", 0.0, 1.0),
        ("turn", -90.0, 90.0),
        ("light", 0.1, 2.0),
        ("drift", 0.0, 0.8),
        ("noise", 0.0, 60.0),
        ("shake", 0.0, 40.0),
        ("lasts", 0.0, LONGEST_TRACK),
        ("begins", 0.0, LONGEST_TRACK),
    )
    if found := _beyond(camera, "camera", limits):
        return found
    if camera.video:
        if camera.acts:
            return "camera.acts: with a video nothing is drawn; its events go to camera.events"
    elif not camera.acts:
        return "camera.acts: at least one is needed, or a video"
    elif camera.events:
        return "camera.events: only with a video; what is drawn tells its own"
    for number, act in enumerate(camera.acts):
        if found := _problem_of_act(act, f"camera.acts[{number}]"):
            return found
    return ""


def _problem_of_act(act: Act, where: str) -> str:
    limits = (
        ("at", 0.0, LONGEST_TRACK),
        ("after", 0.0, LONGEST_TRACK),
        ("who", 0, 2),
        ("times", 1, 60),
        ("pace", 0.4, 6.0),
        ("pace_to", 0.4, 6.0),
        ("uneven", 0.0, 0.6),
        ("depth", 0.3, 1.2),
        ("lasts", 0.3, LONGEST_TRACK),
        ("level", 0.1, 2.0),
    )
    if found := _beyond(act, where, limits):
        return found
    if act.pauses and act.does not in MOVES:
        return f"{where}.pauses: only in a movement ({', '.join(MOVES)})"
    for after, seconds in act.pauses:
        if not 1 <= after < act.times or not 0.0 < seconds <= 30.0:
            return f"{where}.pauses: after 1 to {act.times - 1}, up to 30 s (got {after}, {seconds:g})"
    return ""


def problem_of_screen(screen: Screen) -> str:
    """What is wrong with it, with the field and its limits; "" if nothing is."""
    if found := _beyond(screen, "screen", (("rate", 1.0, 30.0), ("lasts", 0.0, LONGEST_TRACK))):
        return found
    if not screen.changes and not screen.lines:
        return "screen.changes: lines or changes are needed"
    for number, change in enumerate(screen.changes):
        where = f"screen.changes[{number}]"
        given = [name for name in ("shows", "types", "scrolls", "runs") if getattr(change, name)]
        if len(given) != 1:
            return f"{where}: exactly one of shows, types, scrolls, runs (got {', '.join(given) or 'none'})"
        if change.replaces and not change.shows:
            return f"{where}.replaces: needs shows"
        limits = (("at", 0.0, LONGEST_TRACK), ("scrolls", 0, 400), ("runs", 0, 110), ("pace", 0.05, 5.0))
        if found := _beyond(change, where, limits):
            return found
    return ""


def _beyond(of: msgspec.Struct, where: str, limits: tuple[tuple[str, float, float], ...]) -> str:
    for name, low, high in limits:
        value = getattr(of, name)
        if value is not None and not low <= value <= high:
            return f"{where}.{name}: from {low:g} to {high:g} (got {value:g})"
    return ""
