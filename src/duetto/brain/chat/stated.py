"""Standing orders as a language model states them: the order language in seconds, with its JSON Schema.

The types mirror those of `timeline.order`, without media time: a model says "in 90 seconds" or "at 14:30", never a
nanosecond. Docstrings and descriptions here are what the model reads.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from duetto.timeline import order as language
from duetto.timeline.clock import NS_PER_S, s
from duetto.timeline.job import Context
from duetto.timeline.order import Condition, Manner, MovementName, Order, SightKind, Watched
from duetto.timeline.phrase import normal

WEEK_S: Final = 7 * 24 * 3600
"""Seconds that a time in an order may be, at most."""
DAY: Final = 24 * 3600

Seconds = Annotated[float, Meta(gt=0, le=WEEK_S)]
_Phrases = Annotated[tuple[str, ...], Meta(description="words or phrases, any one of them")]
_Question = Annotated[str, Meta(description="a question to be answered with yes or no")]


class CannotBeWatched(ValueError):
    """An order that was stated cannot be; why, in words for the model."""


class _Stated(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


class Moment(_Stated, frozen=True, tag="moment"):
    """Once: in_s seconds from now, or at the clock time at ("14:30")."""

    in_s: Seconds | None = None
    at: str | None = None


class Every(_Stated, frozen=True, tag="every"):
    """Every so many seconds, from now on."""

    seconds: Seconds


class Silence(_Stated, frozen=True, tag="silence"):
    """The person (or anyone) has said nothing for so many seconds."""

    seconds: Seconds
    who: Literal["user", "anyone"] = "user"


class Words(_Stated, frozen=True, tag="words"):
    """The person says or types one of these, also within a sentence."""

    phrases: _Phrases
    by: Literal["heard", "typed", "either"] = "either"


class Meaning(_Stated, frozen=True, tag="meaning"):
    """Yes to a question about what the person has just said; where no words tell it."""

    question: _Question


class Clauses(_Stated, frozen=True, tag="clauses"):
    """Each clause that the person says, while they go on; {word} is the clause. To interpret: asks, manner over, say
    "Translate into German: {word}". Captions: say "{word}", manner text.
    """


class Seen(_Stated, frozen=True, tag="seen"):
    """The camera or screen sees this happen. person, face, hand: one appears; starts, stops: a lasting movement."""

    what: SightKind
    region: str | None = None
    stream: Watched | None = None


class Repeats(_Stated, frozen=True, tag="repeats"):
    """A movement has been made once more: to count it, with {n} in what is said."""

    of: MovementName = "movement"


class Reads(_Stated, frozen=True, tag="reads"):
    """One of these comes to stand on the screen, or before the camera."""

    phrases: _Phrases
    stream: Watched = "screen"


class Shows(_Stated, frozen=True, tag="shows"):
    """Yes to a question about the picture, where nothing simpler tells it."""

    question: _Question
    stream: Watched = "camera"


class AnyOf(_Stated, frozen=True, tag="any"):
    """Any of these."""

    of: tuple[When, ...]


class AllOf(_Stated, frozen=True, tag="all"):
    """All of these, in any order, within so many seconds."""

    of: tuple[When, ...]
    within_s: Seconds = 60.0


class Then(_Stated, frozen=True, tag="then"):
    """First the one, and within so many seconds the other."""

    first: When
    then: When
    within_s: Seconds = 60.0


class After(_Stated, frozen=True, tag="after"):
    """So many seconds after first, unless but_not comes meanwhile."""

    first: When
    wait_s: Seconds
    but_not: When | None = None


class Unless(_Stated, frozen=True, tag="unless"):
    """When this is met, but not if but_not was within so many seconds before."""

    when: When
    but_not: When
    within_s: Seconds = 60.0


class Nth(_Stated, frozen=True, tag="nth"):
    """Every n-th time that it is met."""

    of: When
    n: int


When = (
    Moment
    | Every
    | Silence
    | Words
    | Meaning
    | Clauses
    | Seen
    | Repeats
    | Reads
    | Shows
    | AnyOf
    | AllOf
    | Then
    | After
    | Unless
    | Nth
)


class Statement(msgspec.Struct, frozen=True):
    """A standing order as it is stated."""

    name: Annotated[str, Meta(description="short and its own; the name of one in force changes that one")]
    when: When
    say: Annotated[
        str,
        Meta(
            description="what is said, word for word; {n} is how often it was met, {left} how often it still will be, "
            "{word} the phrase, {region} the place. With asks: what you are then told to do"
        ),
    ]
    asks: Annotated[bool, Meta(description="you are asked at that moment, with what is then known")] = False
    manner: Annotated[
        Manner | None,
        Meta(description="over: at once, even into their speech; gap: when nobody speaks; text: written only"),
    ] = None
    times: Annotated[int | None, Meta(description="how often at most")] = None
    rest_s: Annotated[float, Meta(ge=0, le=WEEK_S, description="seconds between two remarks at least")] = 0.0
    until: Annotated[When | None, Meta(description="what ends it")] = None
    what: Annotated[str, Meta(description='how you speak of it: "I count your push-ups"')] = ""


def order_of(arguments: str, context: Context) -> Order:
    """The order that was stated, in media time. Raises CannotBeWatched where the arguments make no order."""
    try:
        stated = msgspec.json.decode(arguments or "{}", type=Statement, strict=False)
        when = _condition(stated.when, context)
        until = None if stated.until is None else _condition(stated.until, context)
    except msgspec.ValidationError as error:
        raise CannotBeWatched(f"the arguments do not fit: {error}") from None
    except msgspec.DecodeError as error:
        raise CannotBeWatched(f"the arguments are not JSON: {error}") from None
    except RecursionError:
        raise CannotBeWatched("its conditions are nested too deep") from None
    manner = stated.manner or ("gap" if stated.asks else "over")
    name, rest = " ".join(stated.name.split()), s(stated.rest_s)
    return Order(name, when, stated.say, stated.times, manner, rest, until, stated.asks, stated.what)


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of a statement, its own definition on the outside, each other one once."""
    (reference,), parts = msgspec.json.schema_components([Statement], ref_template="#/$defs/{name}")
    own = parts.pop(reference["$ref"].rsplit("/", 1)[1])
    whole: dict[str, Any] = {**own, "$defs": {**parts, "When": {"anyOf": own["properties"]["when"]["anyOf"]}}}
    found: dict[str, Any] = _slim(whole, own["properties"]["when"]["anyOf"])
    found["$defs"]["When"] = {"anyOf": own["properties"]["when"]["anyOf"]}
    found.pop("description", None)  # the tool's own says it
    return found


def _slim(part: Any, union: list[Any]) -> Any:
    """Without what no model needs; the union of all conditions, which stands at each place of one, told once."""
    if isinstance(part, list):
        return [_slim(one, union) for one in part]
    if not isinstance(part, dict):
        return part
    choices = part.get("anyOf")
    slim = {name: _slim(one, union) for name, one in part.items() if name not in ("title", "discriminator")}
    if choices is not None and all(one in choices for one in union):
        rest = [one for one in choices if one not in union]
        del slim["anyOf"]
        slim |= {"anyOf": [*rest, {"$ref": "#/$defs/When"}]} if rest else {"$ref": "#/$defs/When"}
    return slim


def _condition(when: When, context: Context) -> Condition:
    match when:
        case Moment():
            return language.Moment(_moment(when, context))
        case Every(seconds=seconds):
            return language.Interval(context.now, s(seconds))
        case Silence(seconds=seconds, who=who):
            return language.Silence(s(seconds), who)
        case Words(phrases=phrases, by=by):
            return language.Words(tuple(map(normal, phrases)), by)
        case Meaning(question=question):
            return language.Meaning(question)
        case Clauses():
            return language.Clauses()
        case Seen(what=what, region=region, stream=stream):
            return language.Sight(what, region or None, stream)
        case Repeats(of=of):
            return language.Repeats(of)
        case Reads(phrases=phrases, stream=watched):
            return language.Reads(phrases, watched)
        case Shows(question=question, stream=watched):
            return language.Shows(question, watched)
        case AnyOf(of=several):
            return language.AnyOf(tuple(_condition(one, context) for one in several))
        case AllOf(of=several, within_s=within):
            return language.AllOf(tuple(_condition(one, context) for one in several), s(within))
        case Then(first=first, then=then, within_s=within):
            return language.Then(_condition(first, context), _condition(then, context), s(within))
        case After(first=first, wait_s=wait, but_not=but_not):
            bar = None if but_not is None else _condition(but_not, context)
            return language.After(_condition(first, context), s(wait), bar)
        case Unless(when=inner, but_not=bar_of, within_s=within):
            return language.Unless(_condition(inner, context), _condition(bar_of, context), s(within))
        case Nth(of=one, n=n):
            return language.Nth(_condition(one, context), n)


def _moment(moment: Moment, context: Context) -> int:
    """In media time (ns). Of a clock time, the next that there is."""
    if moment.in_s is not None:
        return context.now + s(moment.in_s)
    try:
        hours, minutes, *more = (int(part) for part in (moment.at or "").strip().split(":"))
        wanted = hours * 3600 + minutes * 60 + (more[0] if more else 0)
    except ValueError:
        raise CannotBeWatched("a moment needs in_s, seconds from now, or at, a time such as 14:30") from None
    if not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= wanted < DAY and len(more) <= 1):
        raise CannotBeWatched(f"there is no time {moment.at!r}")
    unix = context.epoch_ns + context.now
    here = time.localtime(unix // NS_PER_S)
    passed = here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec
    return context.now + ((wanted - passed - 1) % DAY + 1) * NS_PER_S - unix % NS_PER_S
