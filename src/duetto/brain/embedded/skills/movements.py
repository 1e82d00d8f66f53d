"""Movements by name, as they are counted and as one speaks of doing them."""

from __future__ import annotations

from typing import Final

from duetto.brain.embedded.skill import Match, Words
from duetto.timeline.order import MovementName

SLOTS: Final = {
    "movement": (
        "(push up | push ups | squat | squats | arm raise | arm raises | jumping jack | jumping jacks | wave | waves)",
        "(movement | movements | repetition | repetitions | reps | sit ups | lunges | moves | steps)",
    ),
    "activity": (
        "[doing] <movement>",
        "(raising | lifting) my (arms | hands)",
        "(waving | moving | walking | exercising | jumping | dancing | running | squatting | working out)",
    ),
}

_BY_WORD: Final[dict[str, tuple[MovementName, str, str]]] = {
    "push": ("push-up", "a push-up", "push-ups"),
    "squat": ("squat", "a squat", "squats"),
    "arm": ("arm raise", "an arm raise", "arm raises"),
    "jumping": ("jumping jack", "a jumping jack", "jumping jacks"),
    "wave": ("wave", "a wave", "waves"),
}


def counted(words: Words) -> tuple[MovementName, str, str]:
    """A filled `<movement>`: which it is, and how one and how many of it are called."""
    first = words[0].removesuffix("s")
    if first in _BY_WORD:
        return _BY_WORD[first]
    many = " ".join(words)
    many = many if many.endswith("s") else f"{many}s"
    return "movement", f"a {many.removesuffix('s')}", many


def doing(match: Match) -> str:
    """A filled `<activity>`, of the user as "you": "doing push-ups"."""
    if "movement" in match:
        return f"doing {counted(match.get('movement'))[2]}"
    return match.text("activity").replace("my ", "your ")
