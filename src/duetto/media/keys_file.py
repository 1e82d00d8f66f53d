"""Typing from a file: JSON Lines, one event a line, seconds from the session's start.

    {"at": 1.25, "insert": "h"}                     puts text at the end of the line, or at "position"
    {"at": 2.0, "delete": 1}                        removes characters at the end of the line, or from "position" on
    {"at": 2.5, "send": true}                       sends the line
    {"at": 3.0, "type": "add milk", "cps": 8, "send": true}     types with so many characters per second, then sends

Empty lines are passed over. The whole file is checked when it is opened.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Generic, Protocol, TypeVar

import msgspec
from msgspec import Meta

from duetto.media.problem import MediaError, readable
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import in_s, s
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import Key

LONGEST_FILE: Final = 16_000_000
"""Bytes that a keys file may have."""
MOST_KEYS: Final = 200_000
"""Keystrokes that a keys file may hold."""

Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    """One line of the file. at: seconds. Exactly one of insert, delete, type and send; type may also send."""

    at: Annotated[float, Meta(ge=0, le=604_800)]
    insert: Text | None = None
    delete: Count | None = None
    position: Annotated[int, Meta(ge=0)] | None = None
    type: Text | None = None
    cps: Annotated[float, Meta(gt=0, le=1000)] = 8.0
    send: bool = False


class KeyInput(Protocol):
    """What keystrokes are pushed into, as perception's `KeysInput`."""

    def push(self, key: Key, /) -> object: ...

    def close(self) -> None: ...


In = TypeVar("In", bound=KeyInput)


class _Line:
    """Follows the line being typed, to know where its end is."""

    def __init__(self) -> None:
        self.length = 0

    def keys(self, event: _Event) -> list[Key]:
        """The keystrokes of an event. Raises ValueError("field: problem")."""
        chosen = [name for name in ("insert", "delete", "type") if getattr(event, name) is not None]
        if len(chosen) > 1 or (not chosen and not event.send):
            raise ValueError('event: one of "insert", "delete", "type" and "send" is needed')
        if event.send and chosen and chosen != ["type"]:
            raise ValueError(f'send: only "type" can send too, not "{chosen[0]}"')
        if event.position is not None and chosen[:1] not in (["insert"], ["delete"]):
            raise ValueError('position: it belongs to "insert" or "delete"')
        at = s(event.at)
        if event.type is not None:
            typed = [self._insert(s(event.at + i / event.cps), char, None) for i, char in enumerate(event.type)]
            return [*typed, self._send(s(event.at + len(event.type) / event.cps))] if event.send else typed
        if event.insert is not None:
            return [self._insert(at, event.insert, event.position)]
        if event.delete is not None:
            return [self._delete(at, event.delete, event.position)]
        return [self._send(at)]

    def _insert(self, at: int, text: str, position: int | None) -> Key:
        where = self.length if position is None else position
        if where > self.length:
            raise ValueError(f"position: it is {where}, but the line has {self.length} characters")
        self.length += len(text)
        return Key(at, "insert", text=text, position=where)

    def _delete(self, at: int, count: int, position: int | None) -> Key:
        where = self.length - count if position is None else position
        if where < 0 or where + count > self.length:
            raise ValueError(f"delete: {count} from {max(where, 0)} on, but the line has {self.length} characters")
        self.length -= count
        return Key(at, "delete", position=where, count=count)

    def _send(self, at: int) -> Key:
        self.length = 0
        return Key(at, "send")


def read_keys(path: str | Path) -> list[Key]:
    """The keystrokes of a file, in order. Raises MediaError that names the file, the line and the field."""
    path = readable(path)
    if path.stat().st_size > LONGEST_FILE:
        raise MediaError(path, "file", f"it is larger than {LONGEST_FILE / 1e6:.0f} MB, the limit")
    decoder = msgspec.json.Decoder(_Event)
    keys: list[Key] = []
    line = _Line()
    for number, text in enumerate(path.read_bytes().splitlines(), 1):
        if not text.strip():
            continue
        try:
            new = line.keys(decoder.decode(text))
        except (ValueError, msgspec.DecodeError) as error:
            raise MediaError(path, f"line {number}", _plainly(error)) from None
        if keys and new[0].at < keys[-1].at:
            before = in_s(keys[-1].at)
            raise MediaError(
                path, f"line {number}", f"at: time runs backwards, {in_s(new[0].at):g} s after {before:g} s"
            )
        keys += new
        if len(keys) > MOST_KEYS:
            raise MediaError(path, f"line {number}", f"more than {MOST_KEYS} keystrokes, the limit")
    if not keys:
        raise MediaError(path, "file", "it holds no event")
    return keys


def _plainly(error: Exception) -> str:
    """A decoding error with its field first: "at: Expected `float` >= 0.0"."""
    text = str(error)
    if found := re.fullmatch(r"(.*) - at `\$\.?(.*)`", text):
        return f"{found[2]}: {found[1]}" if found[2] else found[1]
    if found := re.fullmatch(r"Object (contains unknown|missing required) field `(.*?)`", text):
        return f"{found[2]}: " + ("there is no such field" if "unknown" in found[1] else "it is missing")
    return text


class KeysFileFeeder(Generic[In]):
    """Feeds the keystrokes of a file into an input, each at its time."""

    def __init__(self, path: str | Path, into: In) -> None:
        self.path = Path(path)
        self.input = into
        self._keys = read_keys(path)
        self._next = 0
        self._closed = False

    @property
    def duration(self) -> int:
        """Media time of the last keystroke, in ns."""
        return self._keys[-1].at

    def feed(self, until: int) -> None:
        """Push the keystrokes before media time `until` (ns); after the last one, close the input."""
        while not self._closed and self._next < len(self._keys) and self._keys[self._next].at < until:
            try:
                self.input.push(self._keys[self._next])
            except StreamFull:
                return  # as many as one micro-turn can take; the rest is pushed in the next
            self._next += 1
        if self._next == len(self._keys):
            self.close()

    @property
    def finished(self) -> bool:
        """All keystrokes have been pushed."""
        return self._closed

    def notices(self) -> tuple[Fault, ...]:
        """None: the file was checked when it was opened."""
        return ()

    def close(self) -> None:
        """Push no more."""
        if not self._closed:
            self._closed = True
            self.input.close()
