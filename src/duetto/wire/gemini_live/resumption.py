"""Where conversations wait whose connection is gone."""

from __future__ import annotations

from typing import Protocol

from duetto.wire.seat import Seat


class Resumption(Protocol):
    """Keeps conversations for a while without a connection. The server has one for all its Gemini Live connections.

    A handle opens a conversation to whoever holds it, so it must not be guessable. It is given to the client early and
    again after each turn of the model; it may be the same one all along. Each conversation belongs to one connection at
    a time.
    """

    def issue(self, seat: Seat) -> str:
        """A handle by which this conversation can be taken up again; "" when it cannot be."""
        ...

    def resume(self, handle: str) -> Seat | None:
        """The conversation, for a new connection to go on with; None for a handle that is none, or too old.

        Where another connection still holds it (half open, for the client has gone), that one's `GeminiWire.let_go` is
        called before. Afterwards the server gives the new wire's `happen` the calls that were made in between and have
        no outcome yet (`CallMade`): the client was not told of them.
        """
        ...

    def detach(self, seat: Seat) -> bool:
        """The connection is gone. False when the conversation is not kept; then it is closed."""
        ...
