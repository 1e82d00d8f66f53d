"""The tools by which a language model gives and ends standing orders, and what it is told of a call of theirs.

They are done here, in the reply itself: what they change counts when the reply is kept, like all that a reply does.
Only the user's own words give orders; a reply that an outcome, an order or a picture calls for is offered none of
these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.stated import CannotBeWatched, order_of, schema
from duetto.brain.tools import ToolSpec
from duetto.timeline.arrival import Act
from duetto.timeline.job import Ask
from duetto.timeline.order import Order, Shows, parts
from duetto.timeline.order_problem import problem
from duetto.timeline.order_words import describe_order

STAND: Final = "stand_order"
END: Final = "end_order"
MOST_WHAT: Final = 200
"""Characters of how an order is spoken of."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What became of a call. act: what it does if the reply is given, None where it is refused. told: for the model."""

    act: Act | None
    told: str


class _Ending(msgspec.Struct):
    names: tuple[str, ...] = ()


def specs() -> tuple[ToolSpec, ...]:
    """What the model is told of these tools."""
    return (
        ToolSpec(
            STAND,
            "Say or do something by yourself later: at a time, again and again, when a word is said, when something "
            "is seen, after a silence. It stands until it is ended. Times are in seconds.",
            schema(),
        ),
        ToolSpec(
            END,
            "End standing orders by their names; “*” for all of them.",
            {
                "type": "object",
                "properties": {"names": {"type": "array", "items": {"type": "string"}}},
                "required": ["names"],
            },
        ),
    )


def may_order(ask: Ask) -> bool:
    """Is this a reply to words of the user's own?"""
    return ask.may_call and (ask.how in ("spoken", "typed") or (ask.how == "told" and bool(ask.text)))


def take(call: CallRequest, ask: Ask, *, sees: bool) -> Ordered:
    """A call of one of these tools. sees: the model is shown pictures."""
    try:
        if call.name == STAND:
            return _stand(order_of(call.arguments, ask.context), ask, sees=sees)
        return _end(call.arguments, ask)
    except CannotBeWatched as error:
        return _refused(str(error))


def _stand(order: Order, ask: Ask, *, sees: bool) -> Ordered:
    order = msgspec.structs.replace(order, what=order.what[:MOST_WHAT])
    if wrong := problem(order, now=ask.context.now):
        return _refused(wrong)
    conditions = parts(order.when) + (() if order.until is None else parts(order.until))
    if not sees and any(isinstance(one, Shows) for one in conditions):
        return _refused("you are shown no pictures in this talk, so a question about a picture cannot be answered")
    return Ordered(Act(ask.reply, orders=(order,)), f"It stands: {describe_order(order)}.")


def _end(arguments: str, ask: Ask) -> Ordered:
    try:
        names = msgspec.json.decode(arguments or "{}", type=_Ending).names
    except msgspec.DecodeError as error:
        return _refused(f"the arguments do not fit: {error}")
    there = ask.context.orders
    if not there:
        return _refused("no order stands")
    if "*" in names:
        return Ordered(Act(ask.reply, withdraw=("*",)), "All are ended.")
    known = {name.casefold(): name for name in there}
    found = tuple(dict.fromkeys(known[name.casefold()] for name in names if name.casefold() in known))
    unknown = [name for name in names if name.casefold() not in known]
    if not found:
        return _refused(f"there is no order {', '.join(unknown) or 'without a name'}; there are: {', '.join(there)}")
    rest = f" There is none of the name {', '.join(unknown)}." if unknown else ""
    return Ordered(Act(ask.reply, withdraw=found), f"Ended: {', '.join(found)}.{rest}")


def _refused(why: str) -> Ordered:
    return Ordered(None, f"Refused: {why}. Tell them so in one short sentence, or ask what is missing.")
