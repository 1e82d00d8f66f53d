"""What was said, as clients put it: turns of parts, and blobs of sound and sight."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, TypeVar

import msgspec

from duetto.timeline.command import Remember
from duetto.timeline.turn import Samples
from duetto.wire.audio import BadSound, Format, from_base64
from duetto.wire.gemini_live import pictures
from duetto.wire.gemini_live.fault import Malformed
from duetto.wire.gemini_live.messages import Blob, Content, Part

RATE: Final = 16_000
"""Samples per second of sound whose type names no rate."""
LOWEST_RATE: Final = 8_000
HIGHEST_RATE: Final = 96_000
MOST_TURNS: Final = 512
"""Turns in one message."""
MOST_TEXT: Final = 100_000
"""Characters of one turn."""

_T = TypeVar("_T")
_STANDARD: Final = str.maketrans("-_", "+/")
_PCM: Final = ("audio/pcm", "audio/l16", "audio/x-pcm")
_WHO: Final[dict[str, Literal["user", "duetto"]]] = {"": "user", "user": "user", "model": "duetto"}


def sound_rate(mime: str, field: str) -> int:
    """Samples per second of 16 bit PCM, as its media type says. Raises Malformed for any other."""
    kind, *parameters = (one.strip().lower() for one in (mime or "audio/pcm").split(";"))
    if kind not in _PCM:
        raise Malformed(field, f"audio/pcm;rate={RATE} is needed: 16 bit, little-endian, mono (got {mime[:40]!r})")
    rate = next((one[5:] for one in parameters if one.startswith("rate=")), str(RATE))
    if re.fullmatch(r"\d{1,6}", rate, re.ASCII) is None or not LOWEST_RATE <= int(rate) <= HIGHEST_RATE:
        raise Malformed(field, f"rate from {LOWEST_RATE} to {HIGHEST_RATE} samples per second (got {rate[:12]!r})")
    return int(rate)


def remembered(turns: tuple[Content, ...], field: str, source: Callable[[], str]) -> tuple[Remember, ...]:
    """The turns as things that were said. source: a new name for each. Raises Malformed."""
    if len(turns) > MOST_TURNS:
        raise Malformed(field, f"{len(turns)} turns, the limit is {MOST_TURNS}")
    return tuple(one for index, turn in enumerate(turns) for one in _turn(turn, f"{field}[{index}]", source))


def _turn(turn: Content, field: str, source: Callable[[], str]) -> Iterator[Remember]:
    who = _WHO.get(turn.role.lower())
    if who is None:
        raise Malformed(f"{field}.role", f"user or model (got {turn.role[:20]!r})")
    texts: list[str] = []
    shown: list[bytes] = []
    asides: list[str] = []
    for index, part in enumerate(turn.parts):
        where = f"{field}.parts[{index}]"
        if part.thought:
            continue
        if part.text is not None:
            texts.append(part.text)
        elif part.inline_data is not None:
            shown.append(_shown(part.inline_data, f"{where}.inlineData"))
        else:
            asides.append(_aside(part, where))
    text = "\n".join(texts).strip()
    if len(text) > MOST_TEXT:
        raise Malformed(field, f"{len(text)} characters, the limit is {MOST_TEXT}")
    for picture in shown[:-1]:
        yield Remember(source(), who, "", picture)
    if text or shown:
        yield Remember(source(), who, text, shown[-1] if shown else b"")
    for aside in asides:
        yield Remember(source(), "system", aside[:MOST_TEXT])


def _shown(blob: Blob, field: str) -> bytes:
    pictures.check_type(blob.mime_type, f"{field}.mimeType")  # sound: in realtimeInput
    return pictures.jpeg(decoded(blob, field), f"{field}.data")


def _aside(part: Part, field: str) -> str:
    """A call of a tool or its outcome, in an earlier conversation."""
    if part.function_call is not None:
        return f"{part.function_call.name} was called with {as_text(part.function_call.args)}."
    if part.function_response is not None:
        return f"{part.function_response.name} gave {as_text(part.function_response.response)}."
    raise Malformed(field, "text, inlineData, functionCall or functionResponse is needed")


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def decoded(blob: Blob, field: str) -> bytes:
    """The bytes of a blob: base64 of either alphabet, padded or not. Raises Malformed."""
    text = blob.data.translate(_STANDARD)
    return _well(lambda: from_base64(text + "=" * (-len(text) % 4), f"{field}.data"))


def sound(blob: Blob, field: str) -> tuple[Samples, int]:
    """int16 (n,), and samples per second. Raises Malformed."""
    written = Format("pcm16", sound_rate(blob.mime_type, f"{field}.mimeType"))
    data = decoded(blob, field)
    return _well(lambda: written.decode(data, f"{field}.data")), written.rate


def _well(read: Callable[[], _T]) -> _T:
    try:
        return read()
    except BadSound as error:
        raise Malformed(error.field, str(error).removeprefix(f"{error.field}: ")) from None
