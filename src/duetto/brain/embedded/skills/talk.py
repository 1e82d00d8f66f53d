"""Small talk, what duetto can do, yes and no, and what it says when it did not understand."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.skill import Answer, Match, Skill
from duetto.timeline.job import Context

_MISSED: Final = (
    ("Sorry, I did not get that.", "You can ask me for a sum, say twelve times seven."),
    ("I did not understand.", "I could set a timer for you."),
    ("That was beyond me.", "Ask me what I see, for example."),
    ("I could not make sense of that.", "I can keep a shopping list."),
    ("I missed that one.", "Say help, and I tell you what I can do."),
)
_HELP: Final = (
    "I can do sums,",
    "turn miles into kilometers,",
    "tell the time,",
    "set timers and reminders,",
    "keep lists and notes,",
    "read to you and count,",
    "say what I see,",
    "and what was said before.",
)


def not_understood(memory: Memory) -> Answer:
    """Says so, and names one thing that would work; never the same twice in a row."""
    return Answer(_MISSED[memory.misses % len(_MISSED)], replace(memory, misses=memory.misses + 1))


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    match match.intent:
        case "talk.hello":
            return Answer((f"Hello, {memory.name}." if memory.name else "Hello.",))
        case "talk.thanks":
            return Answer(("You are welcome.",))
        case "talk.bye":
            return Answer((f"Goodbye, {memory.name}." if memory.name else "Goodbye.",))
        case "talk.how":
            return Answer(("I am fine, thank you.",))
        case "talk.who":
            return Answer(("I am duetto.", "I listen and speak at the same time."))
        case "talk.help":
            return Answer(_HELP)
        case "talk.hear":
            return Answer(("Yes, I hear you.",))
        case "talk.no":
            return Answer(("All right.",) if memory.pending else ())
        case _:
            return Answer()


SKILL: Final = Skill(
    name="talk",
    phrases={
        "talk.hello": ("(hello | hi | hey | good morning | good evening | good afternoon) [there | again]",),
        "talk.thanks": ("(thanks | thank you) [very much | a lot]",),
        "talk.bye": ("(goodbye | good bye | bye | bye bye | see you | good night) [later]",),
        "talk.how": ("how are you [doing | today]",),
        "talk.who": ("who are you", "what (is your name | are you)"),
        "talk.help": ("help [me]", "what can (you do | i say | i ask [you])", "what do you do", "how does this work"),
        "talk.hear": ("(can | do) you hear me", "are you (there | listening)"),
        "talk.yes": ("(yes | yeah | yep | sure | okay | right | exactly | all right | i see | good | great) [please]",),
        "talk.no": ("(no | nope | no thanks | no thank you)",),
    },
    answer=answer,
)
