"""The line to the server: one conversation over as many connections as it takes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import quote

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from duetto.client.event import Problem, Resumed
from duetto.client.reading import BackAgain, News, Pong, Reading, SettingsTaken, Welcome
from duetto.client.settings import ClientError, ClientSettings, ConversationOver
from duetto.timeline.clock import Deadline

ACK_EVERY: Final = 32
"""Events after which the server is told that they came."""
LARGEST: Final = 16 * 2**20
"""Bytes of a message from the server."""
ENDED: Final = (1000, 1008)
"""Close codes with which a server ends a conversation for good (RFC 6455, 7.4.1); after others it is taken up again."""

MOST_KEPT: Final = 512
"""Messages that are kept, to be sent again where the connection dropped under them."""
FLEETING: Final = frozenset({"input_audio_buffer.append", "duetto.frame", "duetto.ack"})
"""Types of messages that are of no use later."""

Take = Callable[[News], None]


class Line:
    """Opens, reads, sends, and comes back after a drop."""

    def __init__(self, url: str, key: str, settings: ClientSettings) -> None:
        self.url = url
        self.over = ""
        """Why the conversation has ended; "" while it goes on."""
        self._key = key
        self._settings = settings
        self._reading = Reading()
        self._socket: ClientConnection | None = None
        self._up = asyncio.Event()
        self._order = asyncio.Lock()
        self._sent = 0  # over all connections, `duetto.resume` aside: what the server counts too
        self._kept: deque[tuple[int, dict[str, Any]]] = deque()
        self._before: deque[dict[str, Any]] = deque()
        """To be sent before anything else."""
        self._grace = 0.0
        self._acked = 0
        self._closing = False

    async def open(self, hello: dict[str, Any], session: dict[str, Any], take: Take) -> Welcome:
        """Opt in to the extension, and set the conversation up. Raises ClientError where that cannot be."""
        try:
            async with asyncio.timeout(self._settings.open_s):
                socket = self._socket = await self._connect()
                welcome = await self._greet(socket, hello)
                await self._set_up(socket, session, take)
        except TimeoutError:
            await self.hang_up()
            raise ClientError(f"{self.url}: no conversation within {self._settings.open_s:g} s") from None
        except ConnectionClosed as error:
            raise ClientError(f"{self.url}: {_ending(error)}") from None
        except ClientError:
            await self.hang_up()
            raise
        self._grace = welcome.grace
        self._up.set()
        return welcome

    async def send(self, event: dict[str, Any]) -> None:
        """Waits while the connection is being made again; sound and pictures of meanwhile are lost.

        Raises ConversationOver.
        """
        if event["type"] in FLEETING and not self._up.is_set():
            return
        await self._send(event)

    def put(self, event: dict[str, Any]) -> Coroutine[Any, Any, None]:
        """Send without waiting: it goes out before whatever is sent from now on. What is returned is to be awaited by
        somebody, so that it goes out even if nothing else does.
        """
        self._before.append(event)
        return self._send()

    async def _send(self, *events: dict[str, Any]) -> None:
        async with self._order:
            await self._up.wait()
            if self.over:
                raise ConversationOver(f"the conversation is over: {self.over}")
            self._before.extend(events)
            while self._before:
                assert self._socket is not None
                # A sender that is given up in the middle must not leave a number without its message.
                await asyncio.shield(asyncio.ensure_future(self._put(self._socket, self._before.popleft())))

    async def run(self, take: Take) -> str:
        """Read until the conversation is over, and return why it is."""
        while True:
            socket = self._socket
            assert socket is not None
            try:
                while True:
                    await self._read(socket, await socket.recv(), take)
            except ConnectionClosed as error:
                self._up.clear()
                ended = _ending(error)
                if self._closing or (error.rcvd is not None and error.rcvd.code in ENDED):
                    return ended
                lost = await self._come_back(ended)
            if isinstance(lost, str):
                return f"the connection was lost, and the conversation could not be taken up again: {lost}"
            take(Resumed(lost.restored, lost.lost))
            self._up.set()  # it may have dropped again: then the next `recv` says so

    def end(self, why: str) -> None:
        """The conversation is over; whoever waits to send is told."""
        self.over = self.over or why
        self._up.set()

    async def hang_up(self) -> None:
        """Close the connection. Again is harmless."""
        self._closing = True
        if self._socket is not None:
            await self._socket.close()

    # --- inside -----------------------------------------------------------------------------------------------

    async def _connect(self, back: str = "") -> ClientConnection:
        """A connection; back: the session that is to be resumed, so that the address says where it is.

        Raises ClientError, which says why there is none.
        """
        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        try:
            return await connect(
                f"{self.url}&resume={quote(back)}" if back else self.url,
                additional_headers=headers,
                user_agent_header="duetto",
                compression=None,
                max_size=LARGEST,
                close_timeout=2,
            )
        except InvalidStatus as error:
            body = bytes(error.response.body or b"")[:300].decode(errors="replace").strip()
            raise ClientError(f"{self.url}: refused with HTTP {error.response.status_code} {body}".rstrip()) from None
        except (InvalidURI, InvalidHandshake, OSError, EOFError) as error:
            raise ClientError(f"{self.url}: {error}") from None

    async def _greet(self, socket: ClientConnection, hello: dict[str, Any]) -> Welcome:
        await self._put(socket, hello)
        while True:
            for news in self._reading.read(await socket.recv()):
                if isinstance(news, Problem):
                    raise ClientError(f"{self.url}: not a conversation with duetto's extension: {news.text}")
                if isinstance(news, Welcome):
                    return news

    async def _set_up(self, socket: ClientConnection, session: dict[str, Any], take: Take) -> None:
        await self._put(socket, {"type": "session.update", "session": session})
        while True:
            for news in self._reading.read(await socket.recv()):
                if isinstance(news, Problem):
                    raise ClientError(f"{self.url}: {news.field + ': ' if news.field else ''}{news.text}")
                if isinstance(news, SettingsTaken):
                    return
                take(news)

    async def _read(self, socket: ClientConnection, message: str | bytes, take: Take) -> None:
        for news in self._reading.read(message):
            if isinstance(news, Pong) and news.received is not None:
                self._arrived(news.received)
            take(news)
        if self._reading.seq - self._acked >= ACK_EVERY:
            self._acked = self._reading.seq
            # Not by `send`, which waits for a new connection that only this task makes.
            await self._put(socket, {"type": "duetto.ack", "seq": self._acked})

    async def _put(self, socket: ClientConnection, event: dict[str, Any]) -> None:
        """Send and count. Where the connection drops under it, it is sent again on the next."""
        self._sent += 1
        if event["type"] not in FLEETING:
            self._kept.append((self._sent, event))
            if len(self._kept) > MOST_KEPT:
                self._kept.popleft()
        with contextlib.suppress(ConnectionClosed):
            await socket.send(msgspec.json.encode(event), text=True)

    def _arrived(self, received: int) -> None:
        while self._kept and self._kept[0][0] <= received:
            self._kept.popleft()

    async def _come_back(self, dropped: str) -> str | BackAgain:
        """Make another connection for the same conversation. Returns why there is none in time, if so."""
        deadline, pause, why = Deadline(self._grace), self._settings.retry_s, dropped
        while not deadline.passed() and not self._closing:
            await asyncio.sleep(min(pause, deadline.left()))
            pause = min(2.0, pause * 2)
            try:
                async with asyncio.timeout(self._settings.open_s):
                    socket = self._socket = await self._connect(self._reading.session_id)
                    found = await self._resume(socket)
            except (TimeoutError, ClientError, ConnectionClosed) as error:
                why = str(error) or "no answer in time"
                continue
            if isinstance(found, str):
                await socket.close()
            return found
        return why

    async def _resume(self, socket: ClientConnection) -> str | BackAgain:
        """Returns why the server refuses, if it does."""
        reading = self._reading
        asked = {"type": "duetto.resume", "session_id": reading.session_id, "token": reading.token, "seq": reading.seq}
        await socket.send(msgspec.json.encode(asked), text=True)
        while True:
            for news in reading.read(await socket.recv()):
                if isinstance(news, BackAgain):
                    await self._again(socket, news.received)
                    return news
                if isinstance(news, Problem):
                    return news.text or "refused"

    async def _again(self, socket: ClientConnection, received: int | None) -> None:
        """Send again what did not arrive."""
        if received is None:  # not told: rather lost than done twice
            self._kept.clear()
            return
        self._arrived(received)
        lost = [event for _, event in self._kept]
        self._kept.clear()
        self._sent = received
        for event in lost:
            await self._put(socket, event)


def _ending(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return "the connection dropped"
    return f"the server closed the connection ({error.rcvd.code} {error.rcvd.reason})".replace(" )", ")")
