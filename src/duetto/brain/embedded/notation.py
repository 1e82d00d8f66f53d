"""The expansion notation of JSGF (W3C note "JSpeech Grammar Format", 2000): words, `(a | b)`, `[option]`, `<slot>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Word:
    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    name: str


@dataclass(frozen=True, slots=True)
class Option:
    of: Expansion


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Expansion, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    items: tuple[Expansion, ...]


Expansion = Word | Slot | Option | Sequence | Alternatives

_TOKEN: Final = re.compile(r"\s*(<[a-z_]+>|[()\[\]|]|[a-z']+)")


def parse(template: str) -> Expansion:
    """Raises ValueError with the template and the place in it that cannot be read."""
    tokens: list[str] = []
    at = 0
    text = template.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"template {template!r}: cannot read {text[at:]!r}")
        tokens.append(found[1])
        at = found.end()
    expansion, rest = _alternatives(template, tokens, 0)
    if rest != len(tokens):
        raise ValueError(f"template {template!r}: {tokens[rest]!r} opens nowhere")
    return expansion


def _alternatives(template: str, tokens: list[str], at: int) -> tuple[Expansion, int]:
    items: list[Expansion] = []
    while True:
        item, at = _sequence(template, tokens, at)
        items.append(item)
        if at == len(tokens) or tokens[at] != "|":
            return (items[0] if len(items) == 1 else Alternatives(tuple(items))), at
        at += 1


def _sequence(template: str, tokens: list[str], at: int) -> tuple[Expansion, int]:
    items: list[Expansion] = []
    while at < len(tokens) and tokens[at] not in "|)]":
        token = tokens[at]
        at += 1
        if token in "([":
            inner, at = _alternatives(template, tokens, at)
            if at == len(tokens) or tokens[at] != {"(": ")", "[": "]"}[token]:
                raise ValueError(f"template {template!r}: a {token!r} is not closed")
            at += 1
            items.append(Option(inner) if token == "[" else inner)
        elif token.startswith("<"):
            items.append(Slot(token[1:-1]))
        else:
            items.append(Word(token))
    if not items:
        raise ValueError(f"template {template!r}: an alternative is empty")
    return (items[0] if len(items) == 1 else Sequence(tuple(items))), at
