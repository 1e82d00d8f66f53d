"""What is in a recording: topics, the JSON of each, and their schemas.

Everything is JSON in MCAP (https://mcap.dev/spec), one topic per kind of thing, so that Foxglove plays the sound,
shows the pictures and plots the levels of a session without knowing duetto. What a replay needs is in the very same
messages, once: `/mic`, `/camera`, `/screen`, `/keys` and `/arrivals` are the inputs, bit for bit (JSON's shortest
float digits are exact, bytes are base64), and a `/micro_turns` message, written last, says how many of them
belong to each round. A micro-turn without that message is not whole and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import inspect as shapes

from duetto.interaction.action import Action
from duetto.models.model import Timing
from duetto.timeline.arrival import Arrival
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.command import Command
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Ask, Call, Job, Listen, Look, Weigh
from duetto.timeline.turn import Frame, Key

FORMAT: Final = 1
"""Version of this layout. A reader refuses a newer one."""
PROFILE: Final = "duetto"
"""The MCAP profile, in the header of each recording."""


class SessionInfo(msgspec.Struct, frozen=True):
    """What a recording says about its session, before anything else.

    duetto: version of the software. delta: Δ in ns. epoch_ns: unix time in ns at media time 0. settings: every
    setting, as plain values (`msgspec.to_builtins`). title: free text. sources: where each stream came from, by
    stream name. format: see `FORMAT`.
    """

    duetto: str
    delta: int
    epoch_ns: int
    settings: dict[str, Any] = {}
    title: str = ""
    sources: dict[str, str] = {}
    format: int = FORMAT


class Instant(msgspec.Struct, frozen=True):
    """A moment since 1970 as Foxglove's schemas want it."""

    sec: int
    nsec: int


class RawAudio(msgspec.Struct, frozen=True):
    """Sound, with the fields of `foxglove.RawAudio`: `data` is int16 little-endian, one channel."""

    timestamp: Instant
    data: bytes
    format: str
    sample_rate: int
    number_of_channels: int


class CompressedImage(msgspec.Struct, frozen=True):
    """A picture, with the fields of `foxglove.CompressedImage`, and of `Frame` (at: media time in ns)."""

    timestamp: Instant
    frame_id: str
    data: bytes
    format: str
    at: int
    width: int
    height: int


class ShownText(msgspec.Struct, frozen=True):
    """A line that the session showed (`Output.text`)."""

    text: str


class Round(msgspec.Struct, frozen=True):
    """One round of a micro-turn: a `Turn` and its `Output` without their contents, but with how many there are.

    index, round, span: the turn's. at: the output's. mic: 1 if the turn has sound, else 0. The others count messages.
    """

    index: int
    round: int
    span: Span
    at: int
    mic: int
    camera: int
    screen: int
    keys: int
    arrivals: int
    increments: int
    actions: int
    jobs: int
    text: int
    commands: int = 0


class Closing(msgspec.Struct, frozen=True):
    """The last message of a micro-turn: it is whole. voice: 1 if it has a voice, else 0."""

    index: int
    span: Span
    rounds: tuple[Round, ...]
    voice: int
    timing: Timing


@dataclass(frozen=True, slots=True)
class Topic:
    """name: the MCAP channel. schema: the schema's name. holds: the type of its messages."""

    name: str
    schema: str
    holds: Any


TOPICS: Final = (
    Topic("/session", "duetto.SessionInfo", SessionInfo),
    Topic("/mic", "foxglove.RawAudio", RawAudio),
    Topic("/camera", "foxglove.CompressedImage", CompressedImage),
    Topic("/screen", "foxglove.CompressedImage", CompressedImage),
    Topic("/keys", "duetto.Key", Key),
    Topic("/arrivals", "duetto.Arrival", Arrival),
    Topic("/commands", "duetto.Command", Command),
    Topic("/increments", "duetto.Increment", Increment),
    Topic("/actions", "duetto.Action", Action),
    Topic("/jobs", "duetto.Job", Job),
    Topic("/text", "duetto.ShownText", ShownText),
    Topic("/voice", "foxglove.RawAudio", RawAudio),
    Topic("/micro_turns", "duetto.MicroTurn", Closing),
)


def instant(epoch_ns: int, at: int) -> Instant:
    """Media time `at` (ns) of a session with this epoch."""
    sec, nsec = divmod(epoch_ns + at, NS_PER_S)
    return Instant(sec, nsec)


def audio(samples: bytes, rate: int, when: Instant) -> RawAudio:
    """Mono int16 little-endian `samples` at `rate` Hz."""
    return RawAudio(when, samples, "pcm-s16", rate, 1)


def image(frame: Frame, stream: str, when: Instant) -> CompressedImage:
    """A frame of "camera" or "screen"."""
    return CompressedImage(when, stream, frame.jpeg, "jpeg", frame.at, frame.width, frame.height)


def frame(image: CompressedImage) -> Frame:
    """The frame that `image` was made from, bit for bit."""
    return Frame(image.at, image.width, image.height, image.data)


def lighter(job: Job) -> Job:
    """The job without its sound or picture: those are inputs, and recorded as such."""
    if isinstance(job, Listen):
        return msgspec.structs.replace(job, samples=b"")
    if isinstance(job, Look):
        return msgspec.structs.replace(job, jpeg=b"")
    if isinstance(job, Ask | Call | Weigh) and job.context is not None and job.context.pictures:
        pictures = tuple(msgspec.structs.replace(picture, jpeg=b"") for picture in job.context.pictures)
        return msgspec.structs.replace(job, context=msgspec.structs.replace(job.context, pictures=pictures))
    return job


def schema_of(topic: Topic) -> bytes:
    """JSON schema of a topic's messages, in the dialect that Foxglove reads.

    `msgspec.json.schema` writes `$ref` and `anyOf`, and Foxglove refuses both. So every struct is written where it
    is used, and a union becomes one object with the fields of all its members, told apart by "kind".
    """
    return msgspec.json.encode({"title": topic.schema, **_schema(shapes.type_info(topic.holds))})


def _schema(shape: shapes.Type, above: frozenset[type] = frozenset()) -> dict[str, Any]:
    """above: the structs that it is written in. What may hold itself, a condition, is written once."""
    match shape:
        case shapes.StructType():
            fields = {"kind": {"type": "string"}} if shape.tag is not None else {}
            for field in shape.fields:
                if known := _schema(field.type, above | {shape.cls}):
                    fields[field.encode_name] = known
            return {"type": "object", "properties": fields}
        case shapes.UnionType(types=types):
            if any(isinstance(t, shapes.StructType) and t.cls in above for t in types):
                return {}
            members = [m for t in types if not isinstance(t, shapes.NoneType) and (m := _schema(t, above))]
            if len(members) == 1 or members[0]["type"] != "object":
                return members[0]
            merged: dict[str, Any] = {}
            for member in members:
                merged = {**member["properties"], **merged}
            return {"type": "object", "properties": merged}
        case shapes.VarTupleType(item_type=item) | shapes.ListType(item_type=item):
            return _array(_schema(item, above))
        case shapes.TupleType(item_types=items):
            return _array(_schema(items[0], above))
        case shapes.BytesType():
            return {"type": "string", "contentEncoding": "base64"}
        case shapes.BoolType():
            return {"type": "boolean"}
        case shapes.IntType():
            return {"type": "integer"}
        case shapes.FloatType():
            return {"type": "number"}
        case shapes.StrType() | shapes.LiteralType():
            return {"type": "string"}
        case _:  # a mapping has no fixed fields
            return {}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    """An array, or nothing where Foxglove knows none: such a field is in the messages, but not in their schema."""
    return {"type": "array", "items": items} if items.get("type", "array") != "array" else {}
