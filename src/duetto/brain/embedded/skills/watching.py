"""Standing orders on what is seen: "tell me when something moves on the left"."""

from __future__ import annotations

from typing import Final, Literal

from duetto.brain.embedded.memory import Given, Memory
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.timeline.job import Context
from duetto.timeline.order import Order, Sight

Seen = Literal["motion", "face", "scene", "dark", "bright"]

REGIONS: Final = {"left": "left third", "right": "right third", "middle": "middle third", "center": "middle third"}

_SAY: Final[dict[Seen, tuple[str, str]]] = {
    "motion": ("I see something moving", "I see something moving in the {region}."),
    "face": ("I see someone", "I see someone."),
    "scene": ("the picture changes", "The picture has changed."),
    "dark": ("it gets dark", "It has become dark."),
    "bright": ("it gets bright", "It has become bright."),
}

SLOTS: Final = {
    "where": ("(on | to | at) the <side> [side]", "in the <side>"),
    "when_motion": (
        "you see (something | anything | someone | somebody) (move | moving) [<where>]",
        "you see (movement | motion | something) [<where>]",
        "(something | anything | someone | somebody) (moves | is moving) [<where>]",
        "there is (movement | motion) [<where>]",
    ),
    "when_face": (
        "you see (someone | somebody | anyone | anybody | me | a face | a person | people)",
        "(someone | somebody | anyone | anybody | a person) (comes in | comes | appears | is there | arrives)",
        "a face appears",
        "there is (someone | somebody | anyone | a face)",
    ),
    "when_dark": ("it (gets | is | becomes) (dark | darker)", "the (light goes | lights go) (out | off)"),
    "when_bright": ("it (gets | is | becomes) (bright | light | brighter)", "the (light goes | lights go) on"),
    "when_scene": ("the (picture | scene | image | view) changes", "something changes"),
    "watched": ("<when_motion>", "<when_face>", "<when_dark>", "<when_bright>", "<when_scene>"),
    "tell": ("(tell me | let me know | warn me | say something | say so)",),
    "always": ("(whenever | every time | each time)",),
}

_KINDS: Final[dict[str, Seen]] = {
    "when_motion": "motion",
    "when_face": "face",
    "when_dark": "dark",
    "when_bright": "bright",
    "when_scene": "scene",
}


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    if match.intent == "watch.for":
        kind: Seen = "face" if {"people", "faces", "someone"} & set(match.words) else "motion"
    else:
        kind = next(kind for slot, kind in _KINDS.items() if slot in match)
    what, say = _SAY[kind]
    side = match.text("side")
    where = f" {'in' if side in ('middle', 'center') else 'on'} the {side}" if side else ""
    if side:
        say = f"I see something moving{where}."
    always = "always" in match or match.intent == "watch.for"
    name = f"watch {memory.numbered + 1}"
    order = Order(name, Sight(kind, REGIONS.get(side)), say, limit=None if always else 1)
    given = Given(name, "sight", f"I watch until {what}{where}")
    when = "each time" if always else "when"
    return Answer(("All right,", f"I will tell you {when} {what}{where}."), memory.with_order(given), orders=(order,))


def question(match: Match) -> Question | None:
    if match.intent == "watch.when" and len(match.words) >= 3:
        return Question("Tell you when what happens?")
    return Question("Watch for what? Movement?", "movement") if match.intent == "watch.for" else None


SKILL: Final = Skill(
    name="watching",
    phrases={
        "watch.when": ("<tell> (when | if | once | as soon as | <always>) <watched>",),
        "watch.for": (
            "(watch for | look out for | watch out for) (movement | motion | people | faces | someone) [<where>]",
        ),
    },
    answer=answer,
    question=question,
    slots=SLOTS,
)
