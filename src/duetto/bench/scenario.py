"""A scenario: one small readable file that says what a user does, when, and what is then expected.

The files are TOML, one per item, in a folder per suite. Times in them are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from duetto.bench.track import Camera, Screen, What, problem_of_camera, problem_of_screen
from duetto.timeline.clock import s
from duetto.timeline.order import Order

Who = Literal["user", "other", "background"]
Kind = Literal[
    "reply",
    "fact",
    "wait",
    "silence",
    "go_on",
    "yield",
    "backchannel",
    "count",
    "span",
    "watch",
    "calm",
    "due",
    "cue",
    "hush",
    "translated",
]
SEEN: Final = ("count", "span", "watch", "calm")
"""Kinds of what is expected on the camera or the screen, and not on a step."""
UNASKED: Final = ("due", "cue", "hush", "translated")
"""Kinds of what is said without being asked for at that moment: by a standing order."""

LONGEST: Final = 120.0
"""Seconds that an item may last at most."""


class BadScenario(ValueError):
    """A scenario file that cannot be used; the text names the file, the field and the limit."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that the user does. Exactly one field says when, at least one of `says` and `types` says what.

    at: seconds from the beginning. quiet: when both have been silent for so many seconds. hears: when the agent has
    said this word since the step before. speaking: when the agent has spoken for so many seconds since then.
    clause_end: when the agent pauses for the n-th time since then. after: seconds after the end of the step before.
    delay: seconds after that moment. limit: seconds after which the step is taken all the same.
    says: what is spoken; "…" is a pause inside it, of `pause` seconds. sound: a recording of just that, which is played
    instead: a sound file, its path relative to the scenario's. types: a line that is typed and sent.
    who: the user; another person in the room, talking to somebody else; or a voice in the background. to: whom the
    user talks to. level: dB relative to the user's usual level.
    """

    at: float | None = None
    after: float | None = None
    quiet: float | None = None
    hears: str | None = None
    speaking: float | None = None
    clause_end: int | None = None
    delay: float = 0.0
    limit: float = 12.0
    says: str = ""
    sound: str = ""
    types: str = ""
    pause: float = 0.7
    who: Who = "user"
    to: Literal["agent", "other"] = "agent"
    level: float = 0.0

    @property
    def addressed(self) -> bool:
        """The step is the user's, and meant for the agent."""
        return self.who == "user" and self.to == "agent"


class Expect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What should happen on a step.

    kind: "reply": speech that begins within `within` seconds of the end of the step; "wait": none begins while the
    step lasts, its pauses included; "silence": none begins in it, nor until `within` after its end; "go_on": the
    agent, who is speaking, does not fall silent within `within` of the step's onset; "yield": it does; "backchannel":
    a short sound of listening during the step, which takes no turn; "fact": one of `says` begins to be said within
    `within` of the end of the step, whatever else is.
    step: number of the step, from 0. within: two numbers, seconds. says: content is right if one of these is said
    from then on until the user's next turn: words in order, others may lie between. never: wrong if one of these is.
    stale: what the step makes wrong. Where it was heard before, one of `puts_right` must be said.

    On what is seen (windows are `within`, in seconds from the event; `since`: nothing said before counts, as orders
    are given and confirmed until then): "count": the repetitions are counted aloud; right if the last number said
    after the last but one is right within one. "span": one of `says` is said when the movement starts, one of `ends`
    when it stops. "watch": at each `event` (named `name`, if it is given) one of `says` begins to be said within
    `within`. "calm": no remark from `since` on that is not a "watch" or "span" met.

    On what is said by itself: "due": one of `says` begins to be said within `within` of the moment `later` seconds
    after the step's end, spoken or typed. "cue": the same of the end of `word`, said the `nth` time in the step, and
    while the user still speaks in it. "hush": in the whole item no remark is made that is neither a "due" or "cue" met
    nor an answer to what the user has just said, up to `later` seconds after the step's end where `later` is given;
    `word`: the cue that the item is about. "translated": the n-th of
    `says` begins to be said within `within` of the end of the step's n-th clause, all of them in this order; `shown`:
    they are shown as text, and not said.
    """

    kind: Kind
    step: int = 0
    within: tuple[float, float] = (0.0, 2.0)
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    puts_right: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    event: What | None = None
    name: str = ""
    since: float = 0.0
    later: float = 0.0
    word: str = ""
    nth: int = 1
    shown: bool = False


class ModelCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call that the scripted model makes. arguments: JSON."""

    name: str
    arguments: str = "{}"


class ModelRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the scripted model answers: to words that match `words`, `text`, with `calls`. See `testing.model.Rule`.

    restarted: the text instead, where the brain is not told what was heard and begins its answer anew.
    """

    words: str
    text: str = ""
    restarted: str | None = None
    calls: tuple[ModelCall, ...] = ()
    outcome: bool = False
    noted: bool = False
    heard: str | None = None
    fault: str = ""
    times: int | None = None


class ModelTool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool of the scripted model: it returns `returns` after `takes` seconds. Others as for `brain.tools.tool`."""

    name: str
    returns: str
    takes: float = 1.0
    effects: bool = False
    confirm: str = ""
    behind: bool = False


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item. about: what it is there to show, in one sentence. noise: level of the room's noise, dB of full scale.
    model, tools: for targets whose brain is a scripted model. camera, screen: what is to be seen; the item then lasts
    until they end. lasts: seconds until which it goes on at least, though the user does nothing more. orders: standing
    orders that the application gives at the beginning. answers: the application wants the user's turns answered.

    suite, name: the folder and the file it came from. folder: where that is, empty in results.
    """

    about: str
    steps: tuple[Step, ...]
    expect: tuple[Expect, ...]
    noise: float = -62.0
    model: tuple[ModelRule, ...] = ()
    tools: tuple[ModelTool, ...] = ()
    camera: Camera | None = None
    screen: Screen | None = None
    lasts: float = 0.0
    orders: tuple[Order, ...] = ()
    answers: bool = True
    suite: str = ""
    name: str = ""
    folder: str = ""

    @property
    def id(self) -> str:
        return f"{self.suite}/{self.name}"


_STOPS: Final = ".,!?;:…"
_WHENS: Final = ("at", "after", "quiet", "hears", "speaking", "clause_end")


def load(path: Path) -> Scenario:
    """Read one file. Raises BadScenario."""
    try:
        found = msgspec.toml.decode(path.read_bytes(), type=Scenario)
    except OSError as error:
        raise BadScenario(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadScenario(f"{path}: {error}") from None
    found = msgspec.structs.replace(found, suite=path.parent.name, name=path.stem)
    problem = _problem(found) or _missing(found, path.parent)
    if problem:
        raise BadScenario(f"{path}: {problem}")
    return msgspec.structs.replace(found, folder=str(path.parent))


def _missing(scenario: Scenario, folder: Path) -> str:
    for number, step in enumerate(scenario.steps):
        if step.sound and not (folder / step.sound).is_file():
            return f"steps[{number}].sound: there is no file {step.sound} beside it"
    camera = scenario.camera
    if camera is not None and camera.video and not (folder / camera.video).is_file():
        return f"camera.video: there is no file {camera.video} beside it"
    return ""


def _problem(scenario: Scenario) -> str:
    if not scenario.steps:
        return "steps: at least one is needed"
    if not scenario.expect:
        return "expect: at least one is needed"
    for number, step in enumerate(scenario.steps):
        given = [name for name in _WHENS if getattr(step, name) is not None]
        where = f"steps[{number}]"
        if len(given) != 1:
            return f"{where}: exactly one of {', '.join(_WHENS)} (got {', '.join(given) or 'none'})"
        if not step.says and not step.types:
            return f"{where}: says or types is needed"
        for name, low, high in (("delay", 0.0, LONGEST), ("limit", 0.1, LONGEST), ("pause", 0.05, 10.0)):
            if not low <= getattr(step, name) <= high:
                return f"{where}.{name}: from {low:g} to {high:g} s (got {getattr(step, name):g})"
        if not -40.0 <= step.level <= 12.0:
            return f"{where}.level: from -40 to 12 dB (got {step.level:g})"
    for number, expect in enumerate(scenario.expect):
        if not 0 <= expect.step < len(scenario.steps):
            return f"expect[{number}].step: there are steps 0 to {len(scenario.steps) - 1} (got {expect.step})"
        if expect.within[1] <= expect.within[0]:
            return f"expect[{number}].within: the second must be above the first (got {list(expect.within)})"
        if expect.kind in SEEN:
            if problem := _unseen(expect, scenario):
                return f"expect[{number}]{problem}"
            continue
        if expect.kind in UNASKED:
            if problem := _unasked(expect, scenario.steps[expect.step]):
                return f"expect[{number}]{problem}"
            continue
        if not scenario.steps[expect.step].says:
            return f"expect[{number}].step: step {expect.step} is not spoken; only what is spoken can be expected on"
    if not 0.0 <= scenario.lasts <= LONGEST:
        return f"lasts: from 0 to {LONGEST:g} s (got {scenario.lasts:g})"
    if scenario.camera is not None and (problem := problem_of_camera(scenario.camera)):
        return problem
    return problem_of_screen(scenario.screen) if scenario.screen is not None else ""


def _unseen(expect: Expect, scenario: Scenario) -> str:
    """What is wrong with an expectation on what is seen."""
    if scenario.camera is None and scenario.screen is None:
        return f".kind: {expect.kind} needs a [camera] or a [screen]"
    if expect.kind == "watch" and (expect.event is None or not expect.says):
        return ": watch needs event and says"
    if expect.kind == "span" and not (expect.says and expect.ends):
        return ": span needs says and ends"
    return ""


def _unasked(expect: Expect, step: Step) -> str:
    """What is wrong with an expectation on what is said by itself."""
    if expect.kind != "hush" and not expect.says:
        return f".says: {expect.kind} needs it"
    if expect.kind == "due" and not 0.0 <= expect.later <= LONGEST:
        return f".later: from 0 to {LONGEST:g} s (got {expect.later:g})"
    if expect.kind == "cue":
        there = occurrences(step.says.split(), expect.word) if expect.word else ()
        if not 1 <= expect.nth <= len(there):
            return f".word: “{expect.word}” is said {len(there)} times in step {expect.step} (nth is {expect.nth})"
    clauses = len([part for part in step.says.split("…") if part.strip()])
    if expect.kind == "translated" and len(expect.says) != clauses:
        return f".says: one for each clause of step {expect.step}, {clauses} (got {len(expect.says)})"
    return ""


def occurrences(words: Sequence[str], phrase: str) -> tuple[int, ...]:
    """Where a phrase ends among these words: the place of its last word, for each time. Case and stops do not count."""
    plain = [word.strip(_STOPS).lower() for word in words]
    wanted = phrase.lower().split()
    ends = range(len(wanted), len(plain) + 1)
    return tuple(end - 1 for end in ends if plain[end - len(wanted) : end] == wanted)


SHIPPED: Final = Path(__file__).parent / "suites"
"""The scenarios that come with duetto: the floor."""
SHIPPED_MODEL: Final = Path(__file__).parent / "model_suites"
"""Those for a brain with a language model, each with a script for one."""
SHIPPED_ORDERS: Final = Path(__file__).parent / "order_suites"
"""Those on standing orders and on what is seen: taken by name, as what is drawn takes its time."""


def load_all(folder: Path = SHIPPED, suites: Iterable[str] = ()) -> tuple[Scenario, ...]:
    """All items of a folder of suites, or of some of them, by suite and name. Raises BadScenario."""
    wanted = tuple(suites)
    if folder == SHIPPED and wanted:
        ordered = tuple(name for name in wanted if (SHIPPED_ORDERS / name).is_dir())
        others = tuple(name for name in wanted if name not in ordered)
        if ordered:
            return load_all(SHIPPED_ORDERS, ordered) + (load_all(SHIPPED, others) if others else ())
    there = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    missing = set(wanted) - {path.name for path in there}
    if missing:
        known = ", ".join(path.name for path in there) or "none"
        raise BadScenario(f"{folder}: there is no suite {', '.join(sorted(missing))}; there are: {known}")
    items = [load(file) for path in there if not wanted or path.name in wanted for file in sorted(path.glob("*.toml"))]
    if not items:
        raise BadScenario(f"{folder}: no scenario files in it")
    return tuple(items)


def half(place: int) -> Literal["dev", "held-out"]:
    """Of the items of a suite, by their place in it: every other one is for fitting, the rest for reporting."""
    return "dev" if place % 2 == 0 else "held-out"


def ns(seconds: float) -> int:
    """Seconds of a scenario in ns."""
    return s(seconds)
