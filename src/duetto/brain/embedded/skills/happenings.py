"""What an order can wait for, in words: something said or typed, seen, read, done again, or a silence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Kind, short
from duetto.brain.embedded.phrasing import quoted, say_duration
from duetto.brain.embedded.skill import Match, Words
from duetto.brain.embedded.skills.movements import counted, doing
from duetto.brain.embedded.slots import duration, whole
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.order import Condition, Nth, Reads, Repeats, Sight, SightKind, Silence
from duetto.timeline.order import Words as Heard
from duetto.timeline.phrase import normal

REGIONS: Final = {"left": "left third", "right": "right third", "middle": "middle third", "center": "middle third"}
WAVES_APART: Final = 3 * NS_PER_S
"""Least time (ns) between two remarks on a movement that is made again and again."""

_SOMEONE: Final = "(someone | somebody | anyone | anybody | a person)"
SLOTS: Final = {
    "so_many": ("<below_hundred>",),
    "short": ("<so_many> (second | seconds | minute | minutes | hour | hours)", "(a | half a) minute", "an hour"),
    "where": ("(on | to | at) the <side> [side]", "in the <side>"),
    "on_screen": ("on (my | the) screen",),
    "when_motion": (
        "you see (something | anything | someone | somebody) (move | moving) [<where>]",
        "you see (movement | motion | something) [<where>]",
        "(something | anything | someone | somebody) (moves | is moving) [<where> | <on_screen>]",
        "there is (movement | motion) [<where> | <on_screen>]",
    ),
    "when_still": (
        "nothing (moves | is moving) [any more] [<on_screen>]",
        "(it | everything | the movement) (is still | stops | stops moving | stands still) [<on_screen>]",
    ),
    "when_face": (
        "you see (someone | somebody | anyone | anybody | me | a face | a person | people)",
        "a face appears",
    ),
    "when_person": (
        f"{_SOMEONE} (comes in | comes | enters | walks in | appears | arrives | is there | is at the door)",
        "i (come in | come back | am back)",
        "there is (someone | somebody | anyone)",
    ),
    "when_gone": (
        f"({_SOMEONE} | everyone | everybody) (leaves | goes out | goes away | goes | walks out | has left | is gone)",
        "(nobody | no one) is there [any more]",
        "i (leave | go out | go away | am gone)",
        "the room is empty",
    ),
    "when_hand": (
        f"({_SOMEONE} | i) (raises | raise | lifts | lift | holds up | hold up | puts up | put up) <a_hand>",
        "(you see a raised hand | a hand is raised | a hand goes up)",
    ),
    "a_hand": ("(a | my | their | the | one) hand",),
    "when_dark": ("it (gets | is | becomes) (dark | darker)", "the (light goes | lights go) (out | off)"),
    "when_bright": ("it (gets | is | becomes) (bright | light | brighter)", "the (light goes | lights go) on"),
    "when_scene": ("the (picture | scene | image | view) changes", "something changes [<on_screen>]"),
    "when_screen": ("(my | the) screen changes",),
    "seen": (
        "<when_motion>",
        "<when_still>",
        "<when_face>",
        "<when_person>",
        "<when_gone>",
        "<when_hand>",
        "<when_dark>",
        "<when_bright>",
        "<when_scene>",
        "<when_screen>",
    ),
    "voicing": (
        "i (say | mention | type | have said | talk about | use | bring up)",
        "i start (talking about | saying)",
        "you hear [me say]",
    ),
    "ordinal": ("(second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth)",),
    "nth_time": ("twice", "[for] the <ordinal> time"),
    "when_said": ("<voicing> <cue> [<so_many> times | <nth_time>]", "<cue> (comes up | is said | is mentioned)"),
    "when_read": ("(my | the) screen (says | shows | reads) <cue>",),
    "when_silent": (
        "<voicing> nothing for <short>",
        "i (am | go | fall | stay | keep | have been) (silent | quiet) [for] [<more_than>] <short>",
        "i (pause | stop talking | stop speaking) [for] [<more_than>] <short>",
        "i do not (speak | talk | say anything | say a word) [for] [<more_than>] <short>",
        "<nobody> (talks | speaks | says anything | says a word | says something) for <short>",
        "(it is | there is) (quiet | silent | silence) for <short>",
    ),
    "nobody": ("(nobody | no one)",),
    "more_than": ("(more than | longer than | over | at least)",),
    "when_starts": ("i (start | begin) <activity>",),
    "when_stops": ("i (stop | finish) <activity>",),
    "when_made": ("i (wave | squat)", "i (do | make) a <movement>"),
    "when_done": ("i have (done | made) <so_many> <movement>",),
    "happening": (
        "<seen>",
        "<when_said>",
        "<when_read>",
        "<when_silent>",
        "<when_starts>",
        "<when_stops>",
        "<when_made>",
        "<when_done>",
    ),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """What an order waits for. text: as a clause, of the user as "you". says: what is said of it if no words are given.

    once: "tell me when" means one time. rest: ns between two remarks.
    """

    when: Condition
    text: str
    says: str
    kind: Kind
    once: bool = False
    rest: int = 0


_SEEN: Final[dict[str, tuple[SightKind, str, str]]] = {
    "when_motion": ("motion", "I see something moving", "I see something moving in the {region}."),
    "when_still": ("still", "nothing moves any more", "Nothing moves any more."),
    "when_face": ("face", "I see someone", "I see someone."),
    "when_person": ("person", "someone comes in", "Someone has come in."),
    "when_gone": ("person-gone", "someone leaves", "Someone has left."),
    "when_hand": ("hand", "I see a raised hand", "I see a raised hand."),
    "when_dark": ("dark", "it gets dark", "It has become dark."),
    "when_bright": ("bright", "it gets bright", "It has become bright."),
    "when_scene": ("scene", "the picture changes", "The picture has changed."),
    "when_screen": ("scene", "your screen changes", "Your screen has changed."),
}


def happening(match: Match) -> Happening | None:
    """What a filled `<happening>`, or `<seen>`, says; None where its numbers make no sense."""
    for slot in _SEEN:
        if slot in match:
            return sight(slot, match)
    for slot, read in _OTHERS.items():
        if slot in match:
            return read(match)
    return _said(match) if "cue" in match else None


def sight(slot: str, match: Match) -> Happening:
    """What is seen, by its slot."""
    kind, text, says = _SEEN[slot]
    side, screen = match.text("side"), "on_screen" in match or slot == "when_screen"
    where = f" {'in' if side in ('middle', 'center') else 'on'} the {side}" if side else ""
    if screen and slot != "when_screen":
        where = " on your screen"
    if where:
        says = says.removesuffix(" in the {region}.").removesuffix(".") + f"{where}."
    when = Sight(kind, REGIONS.get(side), "screen" if screen else None)
    return Happening(when, f"{text}{where}", says, "sight", once=True)


def cues(words: Words) -> tuple[str, ...]:
    """The phrases that are named: "red or blue" are two."""
    found: list[list[str]] = [[]]
    for word in words:
        if word.lower() == "or" and found[-1]:
            found.append([])
        else:
            found[-1].append(word)
    return tuple(dict.fromkeys(phrase for one in found if (phrase := normal(" ".join(one)))))


def _named(words: Words) -> Words:
    """Without what leads up to a cue: "the word red" is "red", "me say red" as well."""
    for lead in (
        ("me", "say"),
        ("me", "use"),
        ("me", "mention"),
        ("the", "word"),
        ("the", "words"),
        ("the", "phrase"),
        ("a", "word", "like"),
    ):
        if len(words) > len(lead) and tuple(word.lower() for word in words[: len(lead)]) == lead:
            words = words[len(lead) :]
    return words


def _said(match: Match) -> Happening | None:
    words, voicing = _named(match.get("cue")), match.get("voicing") or ("you", "hear")
    if {"mention", "about"} & set(voicing) and len(words) > 1:
        words = words[words[0].lower() in ("a", "an", "the") :]
    phrases = cues(words)
    if not phrases:
        return None
    typed = "type" in voicing
    past = "typed" if typed else "said"
    when = Heard(phrases, "typed" if typed else "either")
    cue = short(quoted(words))
    if not {"so_many", "nth_time"} & set(match.slots):
        verb = " ".join(voicing[2:] if voicing[1] == "have" else voicing[1:])
        heard = voicing[0] == "you" and voicing[-1] != "say"
        text = f"I hear {cue}" if heard else f"you {'say' if voicing[0] == 'you' else verb} {cue}"
        return Happening(when, text, f"You {past} {{word}}.", "words")
    count = whole(match.get("so_many")) if "so_many" in match else _nth(match.get("nth_time"))
    if count is None:
        return None
    text = f"you have {past} {cue} {times(count)}"
    says = f"You have {past} {cue} {times(count)}."
    return Happening(Nth(when, count) if count > 1 else when, text, says, "words", once=True)


def nth(found: Happening, lead: Words) -> Happening:
    """For the so-many-th time, as "the third time" has it. Counts words and what is seen alike."""
    count = _nth(lead)
    if count is None:
        return replace(found, once=True)
    return replace(found, when=Nth(found.when, count), text=f"{found.text} for the {lead[-2]} time", once=True)


def _nth(words: Words) -> int | None:
    """Of "twice", or of "for the third time"."""
    return 2 if words == ("twice",) else whole(words[-2:-1])


def _read(match: Match) -> Happening | None:
    return reading(match.get("cue"))


def reading(words: Words) -> Happening | None:
    """Words that come to stand on the screen; None for none."""
    words = _named(words)
    phrases = tuple(dict.fromkeys(each for cue in cues(words) for each in (cue, in_digits(cue)) if each))
    if not phrases:
        return None
    text = f"your screen says {short(quoted(words))}"
    return Happening(Reads(phrases), text, "Your screen says {word}.", "sight", once=True)


def in_digits(words: str) -> str:
    """Spoken digits, or a spoken number, as they would stand on a screen; "" for what is none."""
    spoken = words.split()
    single = [numbers.value((word,)) for word in spoken]
    if all(value is not None and value < 10 and value.denominator == 1 for value in single):
        return "".join(str(value) for value in single)
    value = whole(tuple(spoken))
    return "" if value is None else str(value)


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _silent(match: Match) -> Happening | None:
    length = duration(match.get("short"))
    if length is None:
        return None
    nobody = "nobody" in match or match.words[0] in ("it", "there")
    text = f"{'nobody says anything' if nobody else 'you say nothing'} for {say_duration(length)}"
    says = f"{'Nobody has said anything' if nobody else 'You have said nothing'} for {say_duration(length)}."
    return Happening(Silence(length, "anyone" if nobody else "user"), text, says, "silence")


def _starts(match: Match) -> Happening:
    what = doing(match)
    return Happening(Sight("starts"), f"you start {what}", "You have started.", "sight", once=True)


def _stops(match: Match) -> Happening:
    what = doing(match)
    return Happening(Sight("stops"), f"you stop {what}", "You have stopped.", "sight", once=True)


def _made(match: Match) -> Happening:
    which = "wave" if "wave" in match.words else "squat" if "movement" not in match else ""
    movement, one, _ = counted((which,) if which else match.get("movement"))
    text = f"you {which}" if which else f"you do {one}"
    return Happening(Repeats(movement), text, f"That was {one}.", "count", rest=WAVES_APART)


def _done(match: Match) -> Happening | None:
    count = whole(match.get("so_many"))
    if count is None:
        return None
    movement, one, many = counted(match.get("movement"))
    text = f"you have done {one if count == 1 else f'{count} {many}'}"
    when = Nth(Repeats(movement), count) if count > 1 else Repeats(movement)
    return Happening(when, text, f"{text[0].upper()}{text[1:]}.", "count", once=True)


_OTHERS: Final = {
    "when_said": _said,
    "when_read": _read,
    "when_silent": _silent,
    "when_starts": _starts,
    "when_stops": _stops,
    "when_made": _made,
    "when_done": _done,
}
