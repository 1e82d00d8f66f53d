"""The bytes between a session and its worker processes: length-prefixed MessagePack."""

from __future__ import annotations

import struct
from typing import IO

import msgspec

from duetto.timeline.arrival import Arrival
from duetto.timeline.job import Job

LIMIT = 64 * 2**20
"""Bytes a frame may have at most."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    """Session to worker: do this job. The first of all has none: its settings are what the handler is made from.

    In a worker that many conversations share, seat is whose job it is. Without a job the seat comes, with its settings
    (JSON), or, without those, leaves.
    """

    ticket: int
    job: Job | None
    seat: int = 0
    settings: str | None = None


class Report(msgspec.Struct, frozen=True, array_like=True):
    """Worker to session. The first report of all has ticket 0: the handler stands, or why it does not (error)."""

    ticket: int
    arrival: Arrival | None = None
    done: bool = False
    error: str | None = None


encode = msgspec.msgpack.Encoder().encode
decode_order = msgspec.msgpack.Decoder(Order).decode
decode_report = msgspec.msgpack.Decoder(Report).decode


def write(pipe: IO[bytes], message: msgspec.Struct) -> None:
    """Write one frame and flush it. Raises OSError when the other side has gone."""
    write_body(pipe, encode(message))


def write_body(pipe: IO[bytes], body: bytes) -> None:
    """The same for what is encoded."""
    pipe.write(struct.pack("<I", len(body)) + body)
    pipe.flush()


def read(pipe: IO[bytes]) -> bytes | None:
    """One frame's body, or None at the end of the pipe. Blocks. Raises ValueError for a frame over LIMIT."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    if length > LIMIT:
        raise ValueError(f"frame: {length} bytes, the limit is {LIMIT}")
    body = b""
    while len(body) < length and (more := pipe.read(length - len(body))):  # an unbuffered pipe gives what it has
        body += more
    return body if len(body) == length else None
