"""What an adapter needs of the engine: a host that seats conversations, and a seat to converse from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from duetto.engine.opening import Opening, Refused
from duetto.models.model import MicroTurn
from duetto.timeline.command import Command
from duetto.timeline.job import Remark


class Seat(Protocol):
    """One conversation from outside. Called on the engine's thread (the server's event loop); nothing here waits.

    All of it raises Refused("over") once the conversation has ended.
    """

    @property
    def id(self) -> str:
        """Unique on this server, of letters and digits."""
        ...

    @property
    def delta(self) -> int:
        """Length of its micro-turns, ns."""
        ...

    @property
    def now(self) -> int:
        """Media time (ns) at the end of the latest micro-turn."""
        ...

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What has been said so far, oldest first, with what is being said now."""
        ...

    def hear(self, samples: NDArray[Any], rate: int) -> None:
        """The next sound of the user, mono: int16 or float32 (n,). It is heard at the pace of media time.

        Raises Refused("flood") when more sound waits than may; what was given is lost then.
        """
        ...

    @property
    def waiting(self) -> int:
        """Ns of sound given that have not been heard yet."""
        ...

    def forget_sound(self) -> None:
        """Sound given that has not been heard yet is thrown away."""
        ...

    def see(self, picture: NDArray[Any] | bytes, stream: Literal["camera", "screen"] = "camera") -> None:
        """A picture of now: uint8 BGR (h, w, 3) or JPEG. Raises ValueError that names the field and the limit."""
        ...

    def key(self, op: Literal["insert", "delete", "send"], text: str = "", position: int = 0, count: int = 0) -> None:
        """An edit of the line being typed, now. Raises ValueError."""
        ...

    def type_line(self, text: str) -> None:
        """A whole line is sent at once. Raises ValueError."""
        ...

    def command(self, *commands: Command) -> None:
        """They count, in their order, from the micro-turn on in which all sound given before has been heard."""
        ...

    def outcome(self, call: int, text: str, failed: bool = False, silent: bool = False) -> None:
        """What came of a call of one of the application's own tools. silent: it is known from now on, and leads to no
        reply. It counts after the commands given before it.
        """
        ...

    def follow(self, follower: Callable[[MicroTurn], None]) -> None:
        """Be told every micro-turn from now on."""
        ...

    def on_close(self, closed: Callable[[str], None]) -> None:
        """Be told once, in a sentence, why the conversation has ended."""
        ...

    def close(self) -> None:
        """End the conversation. Again is harmless; this one never raises."""
        ...


class Host(Protocol):
    """Seats conversations."""

    def open(self, opening: Opening) -> Seat:
        """A new conversation. Raises Refused."""
        ...


__all__ = ["Host", "Opening", "Refused", "Seat"]
