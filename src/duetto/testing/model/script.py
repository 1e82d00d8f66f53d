"""What a scripted model answers: rules over what it is asked, and how fast, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

from duetto.brain.chat.model import CallRequest
from duetto.timeline.clock import NS_PER_S, ms

Fault = Literal["", "busy", "refused", "overflow", "broken", "hang", "cut", "stall", "nonsense"]
"""What goes wrong: "busy" 429, "refused" 401, "overflow" 400 for too long a context, "broken" 500, "hang" nothing ever
comes, "cut" the connection ends in the middle, "stall" nothing more comes from the middle on, "nonsense" a stream that
is no JSON."""

_TOKEN: Final = re.compile(r"\s*[\w']{1,9}|\s*[^\w\s]|\s+$")
_SEEN: Final = re.compile(r"^\(\d+:\d\d\) \((?!typed|they may)")
_STAMP: Final = re.compile(r"^\(\d+:\d\d\)(?: \([^)]*\))?\s*")


@dataclass(frozen=True)
class Asked:
    """A request as a rule sees it: `messages` and `tools` as they came over the wire."""

    messages: tuple[dict[str, Any], ...]
    tools: tuple[str, ...] = ()

    @cached_property
    def last(self) -> str:
        """The last message's text."""
        content = self.messages[-1].get("content") if self.messages else ""
        if isinstance(content, list):
            return "".join(part.get("text", "") for part in content)
        return content or ""

    @cached_property
    def words(self) -> str:
        """What the user said or typed last, without its time; "" where the model was asked about an outcome."""
        lines = self.last.splitlines()
        if self.messages and self.messages[-1]["role"] == "tool":
            return ""
        if not self.state:
            return self.last
        return _STAMP.sub("", lines[-2]) if len(lines) > 1 and not _SEEN.match(lines[-2]) else ""

    @cached_property
    def state(self) -> str:
        """The line on how things stand, as duetto writes it; "" from other clients."""
        found = [line for line in self.last.splitlines() if line.startswith("(now ")]
        return found[-1] if found else ""

    @property
    def note(self) -> str:
        """What is to be said now though the user has not asked for it just now: a standing order's; "" for nothing."""
        found = re.search(r"; for this reply: (.*)\)$", self.state, re.DOTALL)
        return "" if found is None or self.words else found.group(1)

    @property
    def heard(self) -> str:
        """What was heard of the reply being said, "" if none is."""
        return _quoted(self.state, "heard")

    @property
    def unsaid(self) -> str:
        """What was to follow of it."""
        return _quoted(self.state, "not yet said")

    @property
    def outcome(self) -> str | None:
        """The latest outcome of a tool, if it came last of all; else None."""
        if self.words:
            return None
        last = self.messages[-1:] if self.messages[-1:] and self.messages[-1]["role"] == "tool" else ()
        for message in (*last, *reversed(self.messages[:-1])):
            if message["role"] == "tool":
                return str(message["content"])
            if message["role"] == "user":
                return None
        return None


@dataclass(frozen=True, slots=True)
class Rule:
    """Requests whose words match `words` (a regular expression, case ignored) get `text`, and these `calls`.

    text: or a function of what was asked. first_token, rate: ns until the first token, and tokens a second; None for
    the script's. fault: what goes wrong instead or in the middle. times: how often the rule applies, None for always.
    outcome: it applies to requests about a tool's outcome, and `words` is looked for in that. noted: it applies to
    requests for what a standing order calls for, and `words` is looked for in what is told of that; a rule without it
    does as well, where it matches no words. heard: it applies only
    where this regular expression is found in what was heard of the reply being said; None for any.
    """

    words: str
    text: str | Callable[[Asked], str] = ""
    calls: tuple[CallRequest, ...] = ()
    first_token: int | None = None
    rate: float | None = None
    fault: Fault = ""
    times: int | None = None
    outcome: bool = False
    noted: bool = False
    heard: str | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """An answer, token by token. first: ns until the first one; gap: ns between two. fault: as in `Rule`."""

    tokens: tuple[str, ...]
    calls: tuple[CallRequest, ...]
    first: int
    gap: int
    fault: Fault


@dataclass
class Script:
    """Rules, the first that applies counts; `default` where none does. Times as in `Rule`. Not for several threads."""

    rules: Sequence[Rule] = ()
    default: str = "I do not know that."
    first_token: int = ms(300)
    rate: float = 40.0
    _used: dict[int, int] = field(default_factory=dict)

    def perform(self, asked: Asked) -> Performance:
        """What is answered to this request."""
        for index, rule in enumerate(self.rules):
            used = self._used.get(index, 0)
            if (rule.times is None or used < rule.times) and _applies(rule, asked):
                self._used[index] = used + 1
                return self._of(rule, asked)
        return self._of(Rule("", self.default), asked)

    def _of(self, rule: Rule, asked: Asked) -> Performance:
        text = rule.text if isinstance(rule.text, str) else rule.text(asked)
        first = self.first_token if rule.first_token is None else rule.first_token
        gap = round(NS_PER_S / (self.rate if rule.rate is None else rule.rate))
        return Performance(tokens(text), rule.calls, first, gap, rule.fault)


def tokens(text: str) -> tuple[str, ...]:
    """A text in pieces of about the size of a model's tokens; joined they are the text."""
    return tuple(_TOKEN.findall(text))


def phrases(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The rules' words where they are plain, for a recogniser's language."""
    return tuple(rule.words for rule in rules if re.fullmatch(r"[\w' ]+", rule.words))


def _applies(rule: Rule, asked: Asked) -> bool:
    if rule.heard is not None and not re.search(rule.heard, asked.heard, re.IGNORECASE):
        return False
    if rule.outcome:
        return asked.outcome is not None and re.search(rule.words, asked.outcome, re.IGNORECASE) is not None
    if asked.outcome is not None:
        return False
    if rule.noted:
        return bool(asked.note) and re.search(rule.words, asked.note, re.IGNORECASE) is not None
    return re.search(rule.words, asked.words, re.IGNORECASE) is not None


def _quoted(state: str, name: str) -> str:
    found = re.search(rf'{name}: "((?:[^"\\]|\\.)*)"', state)
    return found.group(1) if found else ""
