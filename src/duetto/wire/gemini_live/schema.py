"""Gemini's schema of a tool's parameters, a part of OpenAPI 3.0's, as the JSON Schema that brains are given."""

from __future__ import annotations

from typing import Any, Final

from duetto.wire.gemini_live.fault import Malformed
from duetto.wire.gemini_live.names import camel

TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})

_KEPT: Final = frozenset({"description", "title", "format", "pattern", "minimum", "maximum", "default"})
_COUNTS: Final = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"}
)  # of protocol buffers' int64, which is a string in JSON


def json_schema(schema: dict[str, Any], field: str) -> dict[str, Any]:
    """The same as JSON Schema. Raises Malformed, which names what is wrong below `field`."""
    made: dict[str, Any] = {}
    nullable = False
    for name, value in schema.items():
        spelt = camel(name)
        path = f"{field}.{spelt}"
        if value is None:
            continue
        if spelt == "type":
            made["type"] = _type(value, path)
        elif spelt == "nullable":
            nullable = value is True or value == "true"
        elif spelt == "properties":
            inside = _mapping(value, path)
            made["properties"] = {key: _inner(one, f"{path}.{key}") for key, one in inside.items()}
        elif spelt == "items":
            made["items"] = _inner(value, path)
        elif spelt == "anyOf":
            made["anyOf"] = [_inner(one, f"{path}[{i}]") for i, one in enumerate(_list(value, path))]
        elif spelt in ("required", "enum"):
            made[spelt] = _list(value, path)
        elif spelt in _COUNTS:
            made[spelt] = _count(value, path)
        elif spelt in _KEPT:
            made[spelt] = value
    if made.get("type") == "":
        del made["type"]
    if nullable and "type" in made:
        made["type"] = [made["type"], "null"]
        if "enum" in made and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    return made


def _inner(value: Any, field: str) -> dict[str, Any]:
    return json_schema(_mapping(value, field), field)


def _mapping(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(field, "an object is needed")
    return value


def _list(value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise Malformed(field, "a list is needed")
    return value


def _type(value: Any, field: str) -> str:
    name = value.lower() if isinstance(value, str) else None
    if name == "type_unspecified":
        return ""
    if name not in TYPES:
        raise Malformed(field, f"one of {', '.join(sorted(TYPES)).upper()}")
    return str(name)


def _count(value: Any, field: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise Malformed(field, "a whole number is needed") from None
