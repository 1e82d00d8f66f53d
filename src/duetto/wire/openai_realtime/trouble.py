"""What is wrong with a client's event, in the protocol's words: a code, a sentence, and the field."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar

import msgspec

from duetto.wire.seat import Refused

MOST_DEPTH: Final = 64
"""How deep what a client may choose freely (a tool's schema, a prompt's variables) may be nested."""
_MOST_NAMED: Final = 200
"""Characters of a client's own words that are handed back in an error."""
_FIELD: Final = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*?)`", re.DOTALL)
_PATH: Final = re.compile(r" - at `(?:key in )?\$(?P<path>.*)`\Z", re.DOTALL)

T = TypeVar("T")


class Wrong(Exception):
    """An event that cannot be carried out. str(): one sentence for the client. param: the field, "" for none."""

    def __init__(self, code: str, text: str, param: str = "", type: str = "invalid_request_error") -> None:
        super().__init__(text)
        self.code = code
        self.param = param
        self.type = type


def decode(message: str | bytes | msgspec.Raw, type: Any, at: str = "") -> Any:
    """A message, or the part of one that stands at the field `at`, as `type`. Raises Wrong, with the field."""
    try:
        return msgspec.json.decode(message, type=type)
    except msgspec.ValidationError as error:
        raise from_validation(error, at) from None
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise Wrong("invalid_json", f"not JSON: {shortened(str(error))}", at) from None


def convert(value: Any, type: type[T], at: str = "") -> T:
    """Like `decode`, of what has been read from JSON already."""
    try:
        return msgspec.convert(value, type=type)
    except msgspec.ValidationError as error:
        raise from_validation(error, at) from None
    except RecursionError:
        raise Wrong("invalid_value", "nested too deep", at) from None


def from_validation(error: msgspec.ValidationError, at: str = "") -> Wrong:
    """What msgspec has found, as this protocol says it."""
    text = str(error)
    found = _PATH.search(text)
    param = joined(at, found["path"] if found else "")
    what = text[: found.start()] if found else text
    if field := _FIELD.match(what):
        param = joined(param, field["name"])
        if field["what"] == "missing required":
            return Wrong("missing_required_parameter", f"missing required parameter: '{param}'", param)
        return Wrong("unknown_parameter", f"unknown parameter: '{param}'", param)
    code = "invalid_type" if "`, got `" in what else "invalid_value"
    return Wrong(code, f"invalid value for '{param or 'event'}': {shortened(what)}", param)


def joined(at: str, name: str) -> str:
    """The path of a field below another."""
    name = name.removeprefix(".")
    dot = "." if at and name and not name.startswith("[") else ""
    return shortened(f"{at}{dot}{name}")


def shortened(text: str) -> str:
    return text if len(text) <= _MOST_NAMED else text[:_MOST_NAMED] + "…"


def check_depth(value: Any, at: str, most: int = MOST_DEPTH) -> None:
    """Raises Wrong if what a client chose freely is nested too deep to be handed on."""
    if most == 0:
        raise Wrong("invalid_value", f"'{at}' is nested more than {MOST_DEPTH} deep", at)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        check_depth(part, at, most - 1)


def from_refused(refused: Refused) -> Wrong:
    """What a seat has said no to."""
    match refused.kind:
        case "flood":
            text = f"{refused}; what was sent is lost"
            return Wrong("input_audio_buffer_full", text, refused.field or "audio", "rate_limit_error")
        case "over":
            return Wrong("session_expired", str(refused), refused.field)
        case "full":
            return Wrong("server_full", str(refused), refused.field, "server_error")
        case "setting":
            return Wrong("invalid_value", str(refused), refused.field)
