"""What is wrong with a client's message, in the protocol's words: a code, a sentence, and the field."""

from __future__ import annotations

import re
from typing import Any, Final, Literal, TypeVar

import msgspec

ErrorType = Literal["invalid_request_error", "rate_limit_error", "server_error"]

_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<name>.*?)`(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>.*?)`(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_OTHER: Final = re.compile(r"(?P<text>.*?)(?: - at `(?P<key>key in )?\$(?P<path>.*)`)?", re.DOTALL)
_MOST_NAME: Final = 200
"""Characters of a field's name that are handed back: a client chooses it."""

T = TypeVar("T")


class Wrong(Exception):
    """A message that cannot be carried out. str(): one sentence for the client. param: the field, "" for none."""

    def __init__(self, code: str, text: str, param: str = "", type: ErrorType = "invalid_request_error") -> None:
        super().__init__(text)
        self.code = code
        self.param = param
        self.type: ErrorType = type


def decode(message: str | bytes | msgspec.Raw, type: type[T], at: str = "") -> T:
    """A message, or a part of one that stands at the field `at`, as `type`. Raises Wrong, with the field."""
    try:
        return msgspec.json.decode(message, type=type)
    except msgspec.ValidationError as error:
        raise from_validation(error, at) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Wrong("invalid_json", f"the message is not JSON: {_short(str(error))}", at) from None


def convert(value: Any, type: type[T], at: str = "") -> T:
    """Like `decode`, of what has been read from JSON already."""
    try:
        return msgspec.convert(value, type=type)
    except msgspec.ValidationError as error:
        raise from_validation(error, at) from None
    except RecursionError:
        raise Wrong("invalid_value", "it is nested too deep", at) from None


def from_validation(error: msgspec.ValidationError, at: str = "") -> Wrong:
    """The field that msgspec names, from the message's top, where the decoded part stands at `at`."""
    text = str(error)
    if found := _UNKNOWN.fullmatch(text):
        param = _join(at, found["path"], found["name"])
        return Wrong("unknown_parameter", f"unknown field {param}", param)
    if found := _MISSING.fullmatch(text):
        param = _join(at, found["path"], found["name"])
        return Wrong("missing_required_parameter", f"missing field {param}", param)
    other = _OTHER.fullmatch(text)
    path, what = (other["path"], other["text"]) if other else ("", text)
    param = _join(at, path)
    code = "invalid_type" if what.startswith("Expected `") and ", got `" in what else "invalid_value"
    return Wrong(code, f"{param or 'the message'}: {_short(what)}", param)


def _join(at: str, path: str | None, name: str = "") -> str:
    parts = (at, (path or "").removeprefix("."), name)
    whole = ""
    for part in parts:
        dot = "." if whole and part and not part.startswith("[") else ""
        whole += dot + part
    return _short(whole)


def _short(text: str) -> str:
    return text if len(text) <= _MOST_NAME else text[:_MOST_NAME] + "…"
