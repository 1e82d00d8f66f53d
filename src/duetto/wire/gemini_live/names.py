"""Names as clients spell them: camelCase or snake_case at any depth, as protocol buffers' JSON allows both."""

from __future__ import annotations

import re
from typing import Any, Final

from duetto.wire.gemini_live.fault import Malformed

MOST_DEPTH: Final = 48
"""Objects and lists inside one another in a message."""

OPAQUE: Final = frozenset(
    {"args", "response", "parameters", "parametersJsonSchema", "responseJsonSchema", "labels", "partMetadata"}
)
"""Fields with names of the application's own in them."""

_SNAKE: Final = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


def camel(name: str) -> str:
    """speech_config -> speechConfig; what is spelt so already stays."""
    return _SNAKE.sub(lambda found: found[1].upper(), name) if "_" in name else name


def normal(value: Any, field: str = "", depth: int = 0) -> Any:
    """The same with camelCase names, without nulls (they say nothing); what is in an OPAQUE field stays as it is.

    Raises Malformed for a field that is given twice and for what is nested deeper than MOST_DEPTH.
    """
    if depth > MOST_DEPTH:
        raise Malformed(_short(field), f"nested more than {MOST_DEPTH} deep")
    if isinstance(value, list):
        return [normal(item, f"{field}[{index}]", depth + 1) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, inside in value.items():
        spelt = camel(name)
        path = f"{field}.{spelt}" if field else spelt
        if spelt in found:
            raise Malformed(path, "given twice")
        if spelt in OPAQUE:
            _check_depth(inside, path, depth + 1)
            found[spelt] = inside
        elif inside is not None:
            found[spelt] = normal(inside, path, depth + 1)
    return {name: inside for name, inside in found.items() if inside is not None}


def _check_depth(value: Any, field: str, depth: int) -> None:
    if depth > MOST_DEPTH:
        raise Malformed(field, f"nested more than {MOST_DEPTH} deep")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        _check_depth(one, field, depth + 1)


def _short(field: str) -> str:
    return field if len(field) <= 60 else field[:57] + "..."
