"""The event trace of a session: what was perceived and decided, a line each, to be read and compared.

Golden tests keep one per conversation. It has media time only and leaves out what comes every micro-turn (`Sound`,
spans that merely grow), so it is the same on every machine, under any load.

      1280 mic     + "what" 1040-1200
      1440 mic     - "what"
      1440 mic     + "watch" 1040-1210
      2080         > ask 3 "what time is it" (spoken, draft)

The columns: media time in ms at which it was known, stream, `+` added, `=` committed, `-` revoked or `>` decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from duetto.interaction.action import (
    AbortCall,
    Action,
    AskBrain,
    CallTool,
    DeclineCall,
    DropReply,
    Duck,
    EndTurn,
    Fire,
    Hold,
    Inquire,
    KeepReply,
    PlanClause,
    ReleaseReply,
    Restore,
    Resume,
    Show,
    Tell,
    TrimReply,
    Unfire,
    Unwatch,
    Watch,
)
from duetto.models.model import MicroTurn
from duetto.timeline.increment import Increment
from duetto.timeline.order_words import describe_order
from duetto.timeline.payload import (
    Called,
    Colours,
    Ending,
    Face,
    Fired,
    Heard,
    Light,
    Line,
    Motion,
    Movement,
    Notice,
    Payload,
    Person,
    Planned,
    RaisedHand,
    Reading,
    Scene,
    Shown,
    Sound,
    Typing,
    Voicing,
    Word,
)

MARKS = {"added": "+", "committed": "=", "revoked": "-"}
_GROWING = (Voicing, Motion, Face, Person, RaisedHand)


def trace(micro_turns: Iterable[MicroTurn]) -> str:
    """The whole trace, a line per event, of a `Recording` or any micro-turns. Empty if nothing happened."""
    lines: list[str] = []
    for micro_turn in micro_turns:
        for output in micro_turn.outputs:
            for edit in _telling(output.edits):
                lines.append(f"{_ms(edit.at):>6} {edit.stream:<7} {describe_edit(edit)}")
            lines += [f"{_ms(output.at):>6} {'':<7} > {describe_action(action)}" for action in output.actions]
    return "".join(f"{line}\n" for line in lines)


def describe_edit(edit: Increment) -> str:
    """One edit in words: `+ "what" 1040-1200`."""
    what = f"{MARKS[edit.status]} {describe_payload(edit.payload)}"
    if edit.status == "revoked":
        return what
    if edit.status == "added" and isinstance(edit.payload, _GROWING):
        return f"{what} {_ms(edit.span.start)}-"
    if edit.span.start == edit.span.end:
        return what
    return f"{what} {_ms(edit.span.start)}-{_ms(edit.span.end)}"


def describe_payload(payload: Payload) -> str:
    """What an increment says, in a few words."""
    match payload:
        case Word(text=text):
            return f'"{text}"'
        case Heard(text=text, reply=reply, clause=clause):
            return f'heard "{text}" ({reply}/{clause})'
        case Planned(text=text, reply=reply, clause=clause):
            return f'planned "{text}" ({reply}/{clause})'
        case Typing(text=text, paused=paused):
            return f'typing "{text}"' + (" (paused)" if paused else "")
        case Line(text=text):
            return f'line "{text}"'
        case Called(call=call, name=name, arguments=arguments, text=text, failed=failed):
            return f"call {call} {name}({arguments}){' failed' if failed else ''}" + (f': "{text}"' if text else "")
        case Shown(text=text):
            return f'shown "{text}"'
        case Notice(part=part, text=text):
            return f"notice {part}: {text}"
        case Motion(region=region):
            return f"motion, {region}"
        case Light(name=name):
            return f"light: {name}"
        case Colours(names=names):
            return f"colours: {', '.join(names)}"
        case Sound(probability=probability, level_db=level):
            return f"sound {level:.0f} dB, voice {probability:.2f}"
        case Movement(name=name, count=count):
            return f"movement: {name}, {count}"
        case RaisedHand(side=side):
            return f"{side} hand raised"
        case Reading(text=text):
            return f'reads "{text}"'
        case Fired(order=order, n=n, text=text):
            return f'order "{order}" met, {n}' + (f': "{text}"' if text else "")
        case Ending(probability=probability):
            return f"finished {probability:.2f}"
        case Voicing() | Scene() | Face() | Person():
            return type(payload).__name__.lower()
        case _:
            assert_never(payload)


def describe_action(action: Action) -> str:
    """What was decided, in a few words."""
    match action:
        case AskBrain(reply=reply, text=text, how=how, draft=draft):
            return f'ask {reply} "{text}" ({how}{", draft" if draft else ""})'
        case KeepReply(reply=reply):
            return f"keep {reply}"
        case DropReply(reply=reply):
            return f"drop {reply}"
        case TrimReply(reply=reply):
            return f"trim {reply}"
        case CallTool(call=call, name=name, arguments=arguments):
            return f"call {call} {name}({arguments})"
        case AbortCall(call=call):
            return f"abort {call}"
        case DeclineCall(call=call, name=name):
            return f"decline {call} {name}"
        case PlanClause(clause=clause, reply=reply, text=text, place=place, held=held):
            return f'plan {reply}/{clause} "{text}" ({place}{", held" if held else ""})'
        case ReleaseReply(reply=reply):
            return f"release {reply}"
        case Duck() | Restore() | Hold() | Resume():
            return type(action).__name__.lower()
        case Show(text=text):
            return f'show "{text}"'
        case EndTurn(utterance=utterance):
            return f"end of turn {utterance}"
        case Watch(order=stated):
            return f'watch "{stated.name}": {describe_order(stated)}'
        case Unwatch(name=name):
            return f'unwatch "{name}"'
        case Fire(order=order, n=n, text=text, sure=sure):
            return f'fire "{order}" {n}' + (f' "{text}"' if text else "") + ("" if sure else " (unsure)")
        case Unfire(order=order, n=n):
            return f'unfire "{order}" {n}'
        case Inquire(number=number, question=question, stream=stream):
            return f'inquire {number} "{question}"' + (f" ({stream})" if stream else "")
        case Tell(part=part, text=text):
            return f"tell {part}: {text}"
        case _:
            assert_never(action)


def _telling(edits: tuple[Increment, ...]) -> Iterator[Increment]:
    """The edits that tell something: no sound levels, and no revision of what only grew or moved."""
    skip: set[int] = set()
    for place, edit in enumerate(edits):
        if edit.id in skip or isinstance(edit.payload, Sound):
            continue
        after = edits[place + 1] if place + 1 < len(edits) else None
        if edit.status == "revoked" and after is not None and _goes_on(edit, after):
            if isinstance(edit.payload, _GROWING):
                skip.add(after.id)
            continue
        yield edit


def _goes_on(old: Increment, new: Increment) -> bool:
    """A revision of something that grows or moves, or of the line being typed: what is new tells it all."""
    if not isinstance(old.payload, (*_GROWING, Typing)) or type(new.payload) is not type(old.payload):
        return False
    return new.status == "added" and new.span.start == old.span.start


def _ms(ns: int) -> int:
    return round(ns / 1e6)
