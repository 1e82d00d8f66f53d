"""How whole a request is, by its words alone: at once, where asking a model would take a third of a second.

Syntax tells much: a turn does not end with "the", and a question with its verb and its object mostly does
(Ford & Thompson 1996 on syntactic completion; Ekstedt & Skantze 2020, "TurnGPT", for what models make of it).
"""

from __future__ import annotations

import re
from typing import Final

from duetto.timeline.arrival import Understood

_SET = str.split
UNFINISHED: Final = frozenset(
    _SET(
        "a an the my your his its our their every each no "
        "and or but so because then if than when while whether although unless until since "
        "of for to with from in at into onto by as between about without during against "
        "is are was were am be been being do does did have has had will would can could should shall may might must "
        "i we they he she who's what's where's it's i'm you're we're they're i'd i'll let's "
        "um uh er erm hmm very maybe actually well"
    )
)
"""Words that an English turn hardly ends with."""
AMBIGUOUS: Final = frozenset(_SET("that this these those some any more most like really here there"))
"""Words that a turn may as well end with as go on after: "who says that …"."""
STRANDED: Final = frozenset(_SET("from about like is are was were do does did have can"))
"""Words that a question may end with after all: "where are you from", "what can you do". Of other prepositions the
question that goes on ("what is the weather in …") is the likelier one."""
ASKS: Final = frozenset(_SET("what who whom whose which when where why how what's who's where's how's when's"))
TURNS_ROUND: Final = frozenset(
    _SET(
        "is are was were am do does did have has had will would can could should shall may might must isn't aren't "
        "don't doesn't didn't won't can't couldn't"
    )
)
"""Verbs that stand first in a question for yes or no."""
ORDERS: Final = frozenset(
    _SET(
        "tell show give set turn play call send remind open close stop wait go read write find make add cancel explain "
        "count help book order put change say sing describe translate repeat start look check list name compare remove "
        "delete move let take get bring buy pick choose use switch convert calculate define spell"
    )
)
"""Verbs that requests begin with."""
SHORT: Final = frozenset(
    _SET("yes yeah yep no nope okay ok sure thanks please stop hello hi hey bye goodbye right great")
)
"""A turn of its own, said alone."""
FIRST: Final = frozenset(_SET("yes yeah no nope okay ok sure please right hello hi hey"))
"""Those of them that as well begin one: "no … on Thursday"."""
DISMISSALS: Final = frozenset(
    (
        "never mind",
        "forget it",
        "forget that",
        "leave it",
        "drop it",
        "stop it",
        "stop that",
        "not now",
        "that's it",
        "that's all",
        "that's enough",
        "thank you",
        "no more",
        "of course",
        "got it",
        "all right",
    )
)
"""Turns of their own in a few words, with which a matter is closed."""
CLOSES: Final = frozenset(_SET("instead too either again today tonight tomorrow"))
"""Words after which a turn that is whole hardly goes on."""
PRONOUNS: Final = frozenset(_SET("you i he she it they we"))
"""What a question of three words asks about: "who are you"."""
_LEADS: Final = frozenset(_SET("please and so well okay ok hey now then but no wait actually sorry um uh duetto"))
"""Words before the request proper."""
_WORD: Final = re.compile(r"[\w'’]+")


def wholeness(text: str, *, typed: bool = False) -> tuple[Understood, bool]:
    """How far the words are a whole request, and whether they may well go on. What was sent is whole."""
    words = [word.replace("’", "'") for word in _WORD.findall(text.lower())]
    if not words:
        return "none", False
    if typed:
        return "whole", False
    last = words[-1]
    while len(words) > 1 and words[0] in _LEADS and " ".join(words) not in DISMISSALS:
        words = words[1:]
    if " ".join(words) in DISMISSALS:
        return "whole", False
    first = words[0]
    asks = first in ASKS or first in TURNS_ROUND
    if last in UNFINISHED and not (asks and last in STRANDED and len(words) >= 3) and last not in SHORT:
        return "half", False
    if len(words) == 1:
        return ("half", False) if first in _LEADS - SHORT else ("whole", first in FIRST or first not in SHORT)
    if asks and len(words) == 2:
        return "whole", True
    if last in AMBIGUOUS:
        return "whole", True
    if last in CLOSES or last == "please" or (last in SHORT and len(words) <= 3):
        return "whole", False
    if asks:
        return "whole", len(words) < 4 and not (last in PRONOUNS and words[-2] in TURNS_ROUND)
    if first in ORDERS:
        return ("whole", len(words) < 3)
    return "whole", True
