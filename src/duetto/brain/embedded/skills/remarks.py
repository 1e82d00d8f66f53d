"""What an order says when it is met, in the user's words: "say stop", "tell me to look up", "ask if I am there"."""

from __future__ import annotations

from typing import Final

from duetto.brain.embedded.memory import short
from duetto.brain.embedded.phrasing import quoted, sentence, swapped
from duetto.brain.embedded.skill import Match, Words

SLOTS: Final = {
    "speak": ("(say | write | ask | tell me to)", "<saying>"),
    "saying": (
        "(keep saying | repeat | shout | announce | call out)",
        "(answer | respond | reply | come back) with",
        "i (want | would like) [to hear] you [to] say",
        "tell me that",
    ),
    "tell": ("(tell me | let me know | warn me | stop me | interrupt me | remind me)", "<nudge>", "<catching>"),
    "catching": ("(call me out | pull me up | correct me | catch me | remark [on it])",),
    "nudge": (
        "(beep | buzz | ping | ring) [at] [me]",
        "(nudge | poke | alert | notify | signal) me",
        "give me a (shout | nudge | ping | sign | signal | beep)",
    ),
}
_WHAT: Final = frozenset("what where when why how who".split())
_WHO: Final = frozenset("i we you he she it they".split())
_ASKING: Final = frozenset("am are is was were have has had can could will would do does did should shall".split())


def remark(match: Match, index: int = 0) -> str:
    """What to say, as a sentence."""
    words, verb = _words(match, index), _verb(match, index)
    if verb in ("tell", "that"):
        return sentence(short(swapped(words)))
    if verb != "ask":
        return sentence(short(quoted(words)))
    joint, words = _question(words)
    text = short(quoted(_asked(words) if joint else words))
    if joint in _WHAT:
        text = f"{joint} {text}"
    return f"{text[:1].upper()}{text[1:]}?"


def said(match: Match, index: int = 0) -> str:
    """How duetto says that it will: "say stop", "tell you to look up"."""
    words, verb = _words(match, index), _verb(match, index)
    if verb in ("tell", "that"):
        return f"tell you {'to' if verb == 'tell' else 'that'} {short(swapped(words))}"
    if verb == "ask":
        joint, words = _question(words)
        return f"ask{f' {joint}' if joint else ''} {short(swapped(words) if joint else quoted(words))}"
    return f"{verb} {short(quoted(words))}"


def _words(match: Match, index: int) -> Words:
    """What is to be said; a sign is the last of it."""
    return match.get("reply", index) or match.get("sign")


def _verb(match: Match, index: int) -> str:
    """One of say, write, ask, tell (to do something), that (something is so)."""
    words = match.get("speak", index) or match.get("speak") or match.words[:1]
    if words == ("tell", "me", "that"):
        return "that"
    return words[0] if words and words[0] in ("write", "ask", "tell") else "say"


def sign(match: Match, says: str = "It is time.") -> tuple[str, str]:
    """What is said where no words are given, and how duetto says that it will: for "beep" or "ping me" a beep."""
    return ("Beep.", "beep") if "nudge" in match else (says, "tell you")


def _question(words: Words) -> tuple[str, Words]:
    """What is asked, without "me"; "if" or "whether" where it is asked indirectly, else ""."""
    if len(words) > 1 and words[0].lower() == "me":
        words = words[1:]
    if len(words) > 1 and words[0].lower() in ("if", "whether"):
        return words[0].lower(), words[1:]
    if len(words) > 2 and words[0].lower() in _WHAT and words[1].lower() in _WHO:
        return words[0].lower(), words[1:]
    return "", words


def silent(match: Match) -> bool:
    """It is to be written."""
    return match.get("speak") == ("write",)


def _asked(words: Words) -> Words:
    """An indirect question as a direct one: "i am there" is "are you there"."""
    at = next((at for at, word in enumerate(words[:4]) if word.lower() in _ASKING), 0)
    turned = tuple(swapped(words).split())
    if at:
        return (turned[at], *turned[:at], *turned[at + 1 :])
    return ("do", *turned) if words[:1] == ("i",) else turned
