"""Standing orders: a small typed language of conditions over the timeline, each with what is to be said when it is met.

Data only. They are stated once (by a brain, a command or a program) and kept until withdrawn; `interaction.orders`
checks them in every micro-turn. A condition is an event: it is met at a moment, and may be met again.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Watched = Literal["camera", "screen"]
SightKind = Literal[
    "motion",
    "still",
    "face",
    "face-gone",
    "person",
    "person-gone",
    "hand",
    "starts",
    "stops",
    "scene",
    "dark",
    "bright",
]
"""What can be seen to happen. motion, still: something begins to move, nothing moves any more. face, person: one
appears; -gone: the last has left. hand: one is raised. starts, stops: a lasting movement (waving, exercise, walking)
begins, or ends. scene: the picture is another. dark, bright: it has become so.
"""
MovementName = Literal["push-up", "squat", "arm raise", "wave", "jumping jack", "movement"]
"""Movements that are counted. "movement": whatever repeats itself."""
Manner = Literal["over", "gap", "text"]
"""How an order speaks. over: at once, over the user's speech if need be. gap: as soon as nobody speaks. text: silently,
as a line of text.
"""
MOST_PHRASES: Final = 16
"""Phrases of one condition."""
MOST_LETTERS: Final = 400
"""Characters of a phrase, a question or what is to be said."""
DEEPEST: Final = 6
"""Conditions within conditions."""


class _Condition(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


# --- time -----------------------------------------------------------------------------------------------------


class Moment(_Condition, frozen=True, tag="moment"):
    """Once, at media time `at` (ns)."""

    at: int


class Interval(_Condition, frozen=True, tag="interval"):
    """Every `period` ns, first one period after media time `start` (ns)."""

    start: int
    period: int


class Silence(_Condition, frozen=True, tag="silence"):
    """For `length` ns on end `who` has said (or typed) nothing: met once in each such silence. What the order itself
    says does not end a silence of the user's.
    """

    length: int
    who: Literal["user", "anyone"] = "anyone"


# --- words ----------------------------------------------------------------------------------------------------


class Words(_Condition, frozen=True, tag="words"):
    """One of these phrases is heard from the user, also inside of what they say, or typed by them.

    phrases: each one or more words, lower case, without punctuation. Met on partial words; if those are taken back
    before anything was said, it was not met. by: how they come.
    """

    phrases: tuple[str, ...]
    by: Literal["heard", "typed", "either"] = "either"


class Meaning(_Condition, frozen=True, tag="meaning"):
    """The brain says yes to this question about what the user has just said; asked at the end of each turn."""

    question: str


class Clauses(_Condition, frozen=True, tag="clauses"):
    """Each clause that the user says, as soon as it is whole; {word} is its words.

    For speech behind speech: what is said of each comes in their order. While none of that has been heard or shown it
    is said anew when the recogniser's words change; afterwards they stay as they were. `rest` does not count.
    """


# --- seen -----------------------------------------------------------------------------------------------------


class Sight(_Condition, frozen=True, tag="sight"):
    """Each time this is seen to happen. region: None for anywhere in the picture. stream: None for either."""

    what: SightKind
    region: str | None = None
    stream: Watched | None = None


class Repeats(_Condition, frozen=True, tag="repeats"):
    """Each time a movement has been made once more. of: which one."""

    of: MovementName = "movement"


class Reads(_Condition, frozen=True, tag="reads"):
    """One of these phrases comes to stand on the screen, or before the camera. Case and punctuation do not count."""

    phrases: tuple[str, ...]
    stream: Watched = "screen"


class Shows(_Condition, frozen=True, tag="shows"):
    """The brain says yes to this question about the picture, where it said no before. Asked when it changes."""

    question: str
    stream: Watched = "camera"


# --- of others ------------------------------------------------------------------------------------------------


class AnyOf(_Condition, frozen=True, tag="any"):
    """Met whenever one of these is."""

    of: tuple[Condition, ...]


class AllOf(_Condition, frozen=True, tag="all"):
    """Met when each of these has been met, in any order, the first of them at most `within` ns ago."""

    of: tuple[Condition, ...]
    within: int


class Then(_Condition, frozen=True, tag="then"):
    """Met when `then` is met after `first`, at most `within` ns after it."""

    first: Condition
    then: Condition
    within: int


class After(_Condition, frozen=True, tag="after"):
    """Met `wait` ns after `first` was, unless `but_not` has been met meanwhile."""

    first: Condition
    wait: int
    but_not: Condition | None = None


class Unless(_Condition, frozen=True, tag="unless"):
    """Met when `when` is, except where `but_not` was met within the `within` ns before."""

    when: Condition
    but_not: Condition
    within: int


class Nth(_Condition, frozen=True, tag="nth"):
    """Met each time that `of` has been met `n` times more."""

    of: Condition
    n: int


Condition = (
    Moment
    | Interval
    | Silence
    | Words
    | Meaning
    | Clauses
    | Sight
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


class Order(msgspec.Struct, frozen=True):
    """A standing order: when to speak by oneself, and what to say.

    name: unique in its session, what the user may call it by. say: {n} is replaced by how often it has been met, {left}
    by how often it still will be (`limit`), {region} by where it was seen, {word} by the clause, or the phrase heard,
    typed or read. asks: `say` tells the brain what to say, and is not said itself. limit: how often at most, None for
    no limit. rest: ns between two remarks at least; what is met meanwhile is counted and not spoken of. until: it ends,
    unsaid, when this is met. what: how it is spoken of ("I tell you when someone comes in"), "" for by its name.
    """

    name: str
    when: Condition
    say: str
    limit: int | None = None
    manner: Manner = "over"
    rest: int = 0
    until: Condition | None = None
    asks: bool = False
    what: str = ""


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The condition and all those inside of it."""
    match condition:
        case AnyOf(of) | AllOf(of):
            inner = of
        case Then(first, then):
            inner = (first, then)
        case After(first, _, but_not):
            inner = (first,) if but_not is None else (first, but_not)
        case Unless(when, but_not):
            inner = (when, but_not)
        case Nth(of):
            inner = (of,)
        case _:
            inner = ()
    return (condition, *(each for one in inner for each in parts(one)))
