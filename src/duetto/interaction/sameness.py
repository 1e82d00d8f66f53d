"""Do the words that a turn ends with mean the same as those that a draft was made on?

A draft is thrown away with every word that comes after it. Some words at the end of a request ask for nothing more: a
reply that was begun without them is the reply to them too, and is there a word's length sooner.
"""

from __future__ import annotations

import re
from typing import Final

from duetto.interaction.state import Reply

_COURTESY: Final = re.compile(r"please|thanks|thank you")
_INSTEAD: Final = re.compile(r"please|thanks|thank you|instead")
_CORRECTS: Final = re.compile(r"(?:no|sorry|actually|rather|wait|i mean|i meant|make (?:it|that))\b")


def still_fits(draft: Reply, text: str) -> bool:
    """The draft answers this text: the one that it was made on, or with words of courtesy after it.

    What corrects something ("no, in Paris") says by that already that it is "instead". A draft that was told that more
    will follow fits nothing that does: "how do you spell" and "please".
    """
    if draft.text == text:
        return True
    if not text.startswith(f"{draft.text} ") or draft.understood == "half":
        return False
    more = text[len(draft.text) + 1 :]
    return bool((_INSTEAD if _CORRECTS.match(text) else _COURTESY).fullmatch(more))
