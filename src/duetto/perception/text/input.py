"""Where a transport puts the user's keystrokes: checked, and in order."""

from __future__ import annotations

from typing import Final, get_args, get_type_hints

from duetto.timeline.stream import Stream
from duetto.timeline.turn import Key

MAX_TEXT: Final = 4000
"""Characters that one key may insert, at most: a paste is one key."""
_OPS: Final[tuple[str, ...]] = get_args(get_type_hints(Key)["op"])


class KeysInput:
    """The keys of one user. Any thread may push; nothing is lost, so at `limit` waiting keys the transport waits."""

    def __init__(self, limit: int = 1024) -> None:
        self._keys: Stream[Key] = Stream("keys", limit=limit)

    def push(self, key: Key) -> None:
        """Append one edit.

        Raises ValueError naming the field when it makes no sense or time runs backwards, StreamFull at the limit,
        RuntimeError when closed.
        """
        for field in ("at", "position", "count"):
            value = getattr(key, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise ValueError(f"{field}: an integer of 0 or more wanted (got {value!r})")
        if key.op not in _OPS:
            raise ValueError(f"op: one of {', '.join(_OPS)} wanted (got {key.op!r})")
        if not isinstance(key.text, str):
            raise ValueError(f"text: a string wanted (got {type(key.text).__name__})")
        if len(key.text) > MAX_TEXT:
            raise ValueError(f"text: {len(key.text)} characters, the limit is {MAX_TEXT}")
        try:
            key.text.encode()
        except UnicodeEncodeError as error:
            # Half a surrogate pair could be perceived, but not recorded.
            raise ValueError(f"text: not valid Unicode at character {error.start}") from None
        try:
            self._keys.push(key.at, key)
        except ValueError as error:
            raise ValueError(f"at: {error}") from None

    def take(self, before_ns: int) -> tuple[Key, ...]:
        """Remove and return the waiting keys with a time below `before_ns`, oldest first."""
        return tuple(key for _, key in self._keys.take(before_ns))

    def close(self) -> None:
        """No more pushes. What is waiting can still be taken."""
        self._keys.close()

    @property
    def finished(self) -> bool:
        """Closed and empty."""
        return self._keys.finished
