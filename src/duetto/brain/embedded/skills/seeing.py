"""What the camera shows, now and in the last seconds: from vision's increments alone."""

from __future__ import annotations

from typing import Final

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.numbers import spell
from duetto.brain.embedded.phrasing import joined, say_duration
from duetto.brain.embedded.skill import Answer, Match, Skill
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.increment import Increment
from duetto.timeline.job import Context
from duetto.timeline.payload import Colours, Face, Light, Motion, Scene

RECENT: Final = 20 * NS_PER_S
"""How long ago (ns) something may have happened to be spoken of without being asked for it."""
_MOMENT: Final = 4 * NS_PER_S

_WHERE: Final = {
    "left third": "on the left",
    "middle third": "in the middle",
    "right third": "on the right",
    "whole picture": "all over the picture",
}


def _ago(increment: Increment, now: int) -> str:
    past = now - increment.span.end
    return "a moment ago" if past < _MOMENT else f"{say_duration(past)} ago"


def _face_where(face: Face) -> str:
    middle = face.box[0] + face.box[2] / 2
    return "on the left" if middle < 1 / 3 else "on the right" if middle > 2 / 3 else "in the middle"


def _present(context: Context, kind: type) -> list[Increment]:
    return [i for i in context.seen if isinstance(i.payload, kind) and i.status == "added"]


def _past(context: Context, kind: type) -> list[Increment]:
    """Those that have ended, the newest first."""
    ended = [i for i in context.seen if isinstance(i.payload, kind) and i.status == "committed"]
    return sorted(ended, key=lambda increment: increment.span.end, reverse=True)


def _latest(context: Context, kind: type) -> Increment | None:
    return next((i for i in reversed(context.seen) if isinstance(i.payload, kind)), None)


def _faces(context: Context) -> str:
    faces = [i.payload for i in _present(context, Face)]
    if not faces:
        return ""
    if len(faces) == 1 and isinstance(faces[0], Face):
        return f"I see a face {_face_where(faces[0])}."
    return f"I see {spell(len(faces))} faces."


def _motion(context: Context) -> str:
    regions = [i.payload.region for i in _present(context, Motion) if isinstance(i.payload, Motion)]
    where = [_WHERE[region] for region in dict.fromkeys(regions)]
    return f"Something is moving {joined(where)}." if where else ""


def _moved(context: Context) -> str:
    """The last movement that has ended."""
    for increment in _past(context, Motion):
        if isinstance(increment.payload, Motion):
            return f"{_ago(increment, context.now)} something moved {_WHERE[increment.payload.region]}."
    return ""


def _events(context: Context) -> list[str]:
    """What ended or happened in the last RECENT ns, in words, the newest first."""
    found: list[tuple[int, str]] = []
    for increment in context.seen:
        ago = _ago(increment, context.now)
        match increment.payload:
            case Motion(region=region) if increment.status == "committed":
                text = f"{ago} something moved {_WHERE[region]}."
            case Face() if increment.status == "committed":
                text = f"{ago} someone went out of the picture."
            case Scene():
                text = f"{ago} the whole picture changed."
            case _:
                continue
        if context.now - increment.span.end <= RECENT:
            found.append((increment.span.end, text))
    return [text for _, text in sorted(found, key=lambda event: -event[0])]


def _colours(context: Context) -> str:
    latest = _latest(context, Colours)
    if latest is None or not isinstance(latest.payload, Colours) or not latest.payload.names:
        return ""
    return f"Mostly {joined(latest.payload.names[:3])}."


def _light(context: Context) -> Light | None:
    latest = _latest(context, Light)
    return latest.payload if latest is not None and isinstance(latest.payload, Light) else None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    if not context.seen:
        return Answer(("I see nothing,", "I have no picture."))
    match match.intent:
        case "see.who":
            said = _who(context)
        case "see.moving":
            said = _motion(context) or _no_motion(context)
        case "see.happened":
            events = _events(context)
            return Answer(tuple(map(_upper, events[:3])) or (_motion(context) or "Nothing has happened.",))
        case "see.colour":
            said = _colours(context) or "I cannot make out a colour."
        case "see.light":
            light = _light(context)
            said = f"It is {light.name}." if light else "I cannot tell."
        case "see.where":
            said = (
                _motion(context) or _faces(context) or _upper(_moved(context)) or "I do not see anything to point at."
            )
        case _:
            return _all(context)
    return Answer((said,))


def _who(context: Context) -> str:
    gone = _past(context, Face)
    if said := _faces(context):
        return f"Yes, {said[:1].lower() + said[1:] if not said.startswith('I ') else said}"
    if gone and context.now - gone[0].span.end <= RECENT:
        return f"Not now. I saw someone {_ago(gone[0], context.now)}."
    return "I see nobody."


def _no_motion(context: Context) -> str:
    moved = _moved(context)
    return f"Not now, but {moved}" if moved else "No, nothing is moving."


def _all(context: Context) -> Answer:
    """Who, what moves, what has just happened, and if there is none of these, the light and the colours."""
    said = [text for text in (_faces(context), _motion(context)) if text]
    events = _events(context)
    if events:
        said.append(_upper(events[0]))
    if not said:
        said.append("Nobody, and nothing is moving.")
    light = _light(context)
    if light is not None and light.name != "bright":
        said.append(f"It is {light.name}.")
    if len(said) < 2 and (colours := _colours(context)):
        said.append(f"The picture is {colours[:1].lower()}{colours[1:]}")
    return Answer(tuple(said))


_THING: Final = "(something | anything | someone | somebody | anyone | anybody)"

SKILL: Final = Skill(
    name="seeing",
    phrases={
        "see.all": (
            "what (do | can) you see [now | there]",
            "what is (in front of | before) (the camera | you)",
            "what is (in | on) the (picture | camera)",
            "what are you (seeing | looking at)",
            "(describe | tell me) what you see",
        ),
        "see.who": (
            "is (anybody | anyone | somebody | someone) (there | here | in the picture)",
            "(can | do) you see (me | anybody | anyone | somebody | someone | a face)",
            "who is there",
            "who do you see",
            "how many (people | faces) (do you see | are there | can you see)",
            "am i in the picture",
        ),
        "see.moving": (
            f"is {_THING} moving",
            f"(do | can) you see {_THING} (moving | move)",
            "what is moving",
            f"did {_THING} move",
            "when did (something | anything) move",
            "did you see (that | something move)",
        ),
        "see.happened": (
            "what [just] happened",
            "what did you [just] see",
            "what has (changed | happened)",
            "what changed",
            "what moved",
        ),
        "see.colour": (
            "what (color | colour) (is it | is that | is this | do you see | is the picture)",
            "(what | which) (colors | colours) (do you see | are there | can you see)",
        ),
        "see.light": ("is it (dark | bright | light) [there | here]", "how (dark | bright | light) is it"),
        "see.where": ("where is (it | the movement | the face | the person)", "where did it move", "where am i"),
    },
    answer=answer,
)
