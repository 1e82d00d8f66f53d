"""A folder of real videos with labels, as items like those that are drawn.

`labels.toml` in it has a `[[clips]]` for each: the video's path, the task, and what is to be seen in it, in the video's
own seconds:

    [[clips]]
    video = "squats.mp4"
    task = "count"               # RepCount: count aloud; "span": say start and stop; "watch": tell each event
    of = "squat"                 # which movement, or any other name for it
    times = [2.1, 4.0, 5.8]      # when each repetition is complete; or count = 3 with start and stop, evenly spread

    [[clips]]
    video = "door.mp4"
    task = "watch"
    events = [{ what = "enter", at = 7.5 }, { what = "leave", at = 31.0 }]
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec

from duetto.bench.scenario import BadScenario, Expect, Scenario, Step
from duetto.bench.track import Camera, Event, What

FILE: Final = "labels.toml"
ORDER_AT: Final = 0.6
"""Seconds at which the order is typed."""
BEGINS: Final = 9.0
"""Seconds at which a video begins: the order has been given and confirmed by then."""
MOST_SECONDS: Final = 104.0
"""Seconds of a video that an item has room for."""

ORDERS: Final[dict[str, tuple[str, tuple[str, ...], tuple[float, float]]]] = {
    "enter": ("tell me whenever someone comes in", ("in", "come", "came", "comes", "here", "see"), (-0.8, 3.0)),
    "leave": ("tell me whenever someone leaves", ("left", "leave", "leaves", "gone", "out", "away"), (-0.8, 3.0)),
    "hand": ("tell me whenever someone raises a hand", ("hand",), (-0.4, 2.5)),
    "still": ("tell me when nothing moves", ("nothing", "still", "stopped"), (0.3, 5.0)),
}
"""Events that a video may be watched for: the order, what tells it, and its window, seconds."""
_COUNTED: Final = {"wave": "how often i wave"}


class Clip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One video with its labels, as the module says. order: how it is asked for; by default after task and `of`.

    start, stop: of the movement. lasts: seconds of it that are played, 0 for all.
    """

    video: str
    task: Literal["count", "span", "watch"]
    of: str = "movement"
    order: str = ""
    times: tuple[float, ...] = ()
    count: int = 0
    start: float | None = None
    stop: float | None = None
    events: tuple[Event, ...] = ()
    lasts: float = 0.0


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A labels file."""

    clips: tuple[Clip, ...]


def load_media(folder: Path) -> tuple[Scenario, ...]:
    """An item for each clip, in the order of the file. Raises BadScenario, which names the clip and the field."""
    path = folder / FILE
    try:
        labels = msgspec.toml.decode(path.read_bytes(), type=Labels)
    except OSError as error:
        raise BadScenario(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path}: {error}") from None
    items: list[Scenario] = []
    for number, clip in enumerate(labels.clips):
        problem = _problem(clip, folder)
        if problem:
            raise BadScenario(f"{path}: clips[{number}].{problem}")
        items.append(_item(clip, number, folder))
    if not items:
        raise BadScenario(f"{path}: clips: at least one is needed")
    return tuple(sorted(items, key=lambda item: item.id))


def _problem(clip: Clip, folder: Path) -> str:
    if not (folder / clip.video).is_file():
        return f"video: there is no file {clip.video} in {folder}"
    if not 0.0 <= clip.lasts <= MOST_SECONDS:
        return f"lasts: from 0 to {MOST_SECONDS:g} s (got {clip.lasts:g})"
    bounds = clip.start is not None and clip.stop is not None and clip.start < clip.stop
    match clip.task:
        case "count":
            if bool(clip.times) == bool(clip.count):
                return "times: either these, or count with start and stop"
            if clip.count and not bounds:
                return "count: needs start and stop, and the first below the second"
            if list(clip.times) != sorted(clip.times):
                return "times: they must rise"
        case "span":
            if not bounds:
                return "start: a span needs start and stop, and the first below the second"
        case "watch":
            unknown = next((e.what for e in clip.events if e.what not in ORDERS), None)
            if not clip.events or unknown:
                return f"events: at least one of {', '.join(ORDERS)} (got {unknown or 'none'})"
    return ""


def _item(clip: Clip, number: int, folder: Path) -> Scenario:
    whats = tuple(dict.fromkeys(event.what for event in clip.events))
    since = BEGINS - 1.0 + (4.0 * (len(whats) - 1) if clip.task == "watch" else 0.0)
    begins = since + 1.0
    expect: tuple[Expect, ...]
    match clip.task:
        case "count":
            texts = [clip.order or f"count {_COUNTED.get(clip.of, f'my {_plural(clip.of)}')}"]
            expect = (Expect(kind="count", since=since),)
            events = tuple(_event("repeat", at, clip.of) for at in _times(clip))
        case "span":
            texts = [clip.order or "say start when i start moving and stop when i stop"]
            expect = (Expect(kind="span", says=("start",), ends=("stop",), since=since),)
            assert clip.start is not None and clip.stop is not None
            events = (_event("starts", clip.start, clip.of), _event("stops", clip.stop, clip.of))
        case "watch":
            texts = [clip.order] if clip.order else [ORDERS[what][0] for what in whats]
            told = [
                Expect(kind="watch", event=what, says=ORDERS[what][1], within=ORDERS[what][2], since=since)
                for what in whats
            ]
            expect = (*told, Expect(kind="calm", since=since))
            events = clip.events
    first, *others = texts
    steps = (Step(at=ORDER_AT, types=first), *(Step(quiet=1.2, types=text) for text in others))
    lasts = min(begins + clip.lasts, begins + MOST_SECONDS) if clip.lasts else 0.0
    return Scenario(
        about=f"{clip.video}: {clip.task} {clip.of if clip.task != 'watch' else ', '.join(whats)}.",
        steps=steps,
        expect=expect,
        camera=Camera(video=clip.video, begins=begins, events=events, lasts=lasts),
        suite=clip.task,
        name=f"{number + 1:03}-{Path(clip.video).stem}",
        folder=str(folder),
    )


def _times(clip: Clip) -> tuple[float, ...]:
    if clip.times:
        return clip.times
    assert clip.start is not None and clip.stop is not None
    each = (clip.stop - clip.start) / clip.count
    return tuple(clip.start + each * (n + 1) for n in range(clip.count))


def _event(what: What, at: float, name: str) -> Event:
    return Event(what=what, at=at, name=name)


def _plural(name: str) -> str:
    return name.replace("-", " ") + ("" if name.endswith("s") else "s")
