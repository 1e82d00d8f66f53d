"""Which addresses and ports media uses, and how soon a client that has fallen silent is noticed.

aioice binds every address of the machine but loopback to any free port, and has no settings for it. Here its
connection is told which.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final

from aioice import Candidate, Connection
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import StunProtocol, get_host_addresses, server_reflexive_candidate
from aioice.stun import TransactionError
from aiortc import RTCPeerConnection

from duetto.server.rtc.settings import RtcSettings

CONSENT_INTERVAL: Final = 4.0
"""Seconds between two questions whether the client still consents to be sent to (RFC 7675), about."""
CONSENT_FAILURES: Final = 4
"""Questions without an answer, one after the other, after which the client is gone: 14 to 22 s."""
ANSWER_S: Final = 4.0
"""Seconds a STUN server has to answer."""
LOOPBACK: Final = "127.0.0.1"


def ice_connections(peer: RTCPeerConnection) -> set[Connection]:
    """The connections under a peer connection, those of a bundle once."""
    transports = {transceiver.receiver.transport.transport for transceiver in peer.getTransceivers()}
    if peer.sctp is not None:
        transports.add(peer.sctp.transport.transport)
    return {transport._connection for transport in transports}


def settle(peer: RTCPeerConnection, settings: RtcSettings, lost: Callable[[], None] = lambda: None) -> None:
    """Apply the settings to a peer connection, before it gathers its candidates. lost: called when the client is."""
    for connection in ice_connections(peer):
        ours = _Ours(connection, settings, lost)
        connection.get_component_candidates = ours.candidates  # type: ignore[method-assign, assignment]
        connection.query_consent = ours.consent  # type: ignore[method-assign]


class _Ours:
    """What takes the place of two methods of an aioice connection."""

    def __init__(self, connection: Connection, settings: RtcSettings, lost: Callable[[], None]) -> None:
        self._connection = connection
        self._lost = lost
        self._settings = settings

    async def candidates(self, component: int, addresses: list[str]) -> list[Candidate]:
        """Host candidates by the settings, then those that STUN and TURN give."""
        connection, settings = self._connection, self._settings
        hosts = settings.hosts or tuple(get_host_addresses(use_ipv4=True, use_ipv6=True)) or (LOOPBACK,)
        bound = [protocol for host in hosts if (protocol := await self._bind(host)) is not None]
        asked = []
        for protocol in bound:
            host, port = protocol.transport.get_extra_info("sockname")[:2]
            protocol.local_candidate = Candidate(
                foundation=candidate_foundation("host", "udp", host),
                component=component,
                transport="udp",
                priority=candidate_priority(component, "host"),
                host=settings.announce or host,
                port=port,
                type="host",
            )
            if connection.stun_server and ":" not in host:
                asked.append(asyncio.wait_for(server_reflexive_candidate(protocol, connection.stun_server), ANSWER_S))
        connection._protocols += bound
        found = [protocol.local_candidate for protocol in bound]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        found += [answer[0] for answer in answers if not isinstance(answer, BaseException)]
        # With no addresses aioice itself only asks the TURN server.
        stun, connection.stun_server = connection.stun_server, None
        found += await Connection.get_component_candidates(connection, component, [])
        connection.stun_server = stun
        return found

    async def _bind(self, host: str) -> StunProtocol | None:
        """A socket on a port of the range that is free, in no order, so that ports are not used again at once."""
        loop = asyncio.get_running_loop()
        ports = [0]
        if self._settings.ports is not None:
            first, last = self._settings.ports
            ports = random.sample(range(first, last + 1), last + 1 - first)
        for port in ports:
            try:
                _, protocol = await loop.create_datagram_endpoint(
                    lambda: StunProtocol(self._connection), local_addr=(host, port)
                )
            except OSError:
                continue
            return protocol
        return None

    async def consent(self) -> None:
        """What aioice has of its own takes 30 to 40 s to notice; otherwise the same."""
        connection = self._connection
        failures = 0
        while failures < CONSENT_FAILURES:
            await asyncio.sleep(CONSENT_INTERVAL * random.uniform(0.8, 1.2))
            for pair in list(connection._nominated.values()):
                request = connection.build_request(pair, nominate=False)
                try:
                    await pair.protocol.request(
                        request,
                        pair.remote_addr,
                        integrity_key=(connection.remote_password or "").encode(),
                        retransmissions=0,
                    )
                    failures = 0
                except TransactionError:
                    failures += 1
        self._lost()
        # Closing waits for this very task unless it is forgotten.
        connection._query_consent_task = None
        await connection.close()
