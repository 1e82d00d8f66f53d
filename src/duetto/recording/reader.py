"""Reads a recording back: the same values that went in, one micro-turn at a time."""

from __future__ import annotations

import struct
from collections.abc import Generator, Iterator
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec
import zstandard
from mcap.exceptions import EndOfFile, McapError
from mcap.records import Channel, Header, Message
from mcap.stream_reader import StreamReader
from mcap.writer import MCAP0_MAGIC

from duetto.models.model import MicroTurn, Output
from duetto.recording.errors import RecordingError
from duetto.recording.format import FORMAT, TOPICS, Closing, Round, SessionInfo, frame
from duetto.timeline.turn import Turn

RECORD_LIMIT: Final = 256 * 2**20
"""Bytes that a record may claim to have. A micro-turn has some 20 kB; more than this is damage."""
FOOTER_SIZE: Final = 1 + 8 + 20
FOOTER_OPCODE: Final = 0x02
_DAMAGE = (McapError, struct.error, ValueError, zstandard.ZstdError)
_DECODERS: Final = {topic.name: msgspec.json.Decoder(topic.holds) for topic in TOPICS}


class Recording:
    """A session's recording. Iterating gives its `MicroTurn`s, in order, holding one at a time.

    They equal what the session handed to its observers, except that `Listen` and `Look` jobs come without their
    sound and picture. Files rewritten by the `mcap` tool in the same order (recover, compress) read the same.
    """

    def __init__(self, path: Path, info: SessionInfo, truncated: bool) -> None:
        self.path = path
        self.info = info
        self.truncated = truncated
        """The file has no end: its process was killed, or still writes. It is whole up to `until`."""

    @classmethod
    def open(cls, path: str | Path) -> Recording:
        """Raises RecordingError for a file that is missing, empty, not MCAP, not duetto's, or newer than this code."""
        path = Path(path)
        try:
            with path.open("rb") as file:
                magic = file.read(len(MCAP0_MAGIC))
                size = file.seek(0, 2)
                file.seek(max(0, size - FOOTER_SIZE - len(MCAP0_MAGIC)))
                tail = file.read()
        except FileNotFoundError as error:
            raise RecordingError(f"{path}: there is no such file") from error
        except OSError as error:
            raise RecordingError(f"{path}: cannot be read: {error.strerror}") from error
        if size == 0:
            raise RecordingError(f"{path}: the file is empty")
        if magic != MCAP0_MAGIC:
            raise RecordingError(f"{path}: not an MCAP file")
        ended = size > FOOTER_SIZE + 2 * len(MCAP0_MAGIC) and tail[0] == FOOTER_OPCODE and tail.endswith(MCAP0_MAGIC)
        return cls(path, _session_info(path), truncated=not ended)

    @cached_property
    def until(self) -> int:
        """Media time (ns) up to which the recording is whole: the end of its last whole micro-turn."""
        until = 0
        with closing(_messages(self.path, self.truncated)) as messages:
            for topic, message in messages:
                if topic == "/micro_turns":
                    until = message.log_time - self.info.epoch_ns
        return until

    def __iter__(self) -> Iterator[MicroTurn]:
        """Each call reads the file anew. Raises RecordingError where a finished file is damaged."""
        waiting: dict[str, list[Any]] = {}
        number = 0
        with closing(_messages(self.path, self.truncated)) as messages:
            for topic, message in messages:
                try:
                    item = _DECODERS[topic].decode(message.data)
                except msgspec.DecodeError as error:
                    raise RecordingError(f"{self.path}: damaged in micro-turn {number}: {topic}: {error}") from error
                if topic == "/session":
                    continue
                if not isinstance(item, Closing):
                    waiting.setdefault(topic, []).append(item)
                    continue
                number = item.index
                yield _micro_turn(self.path, item, waiting)
                waiting = {}


def _session_info(path: Path) -> SessionInfo:
    with closing(_messages(path, truncated=True)) as messages:
        topic, message = next(messages, ("", None))
    if message is None:
        raise RecordingError(f"{path}: cut off before it says what session it is of; nothing can be read")
    if topic != "/session":
        raise RecordingError(f"{path}: not a duetto recording (it begins with {topic!r})")
    try:
        info: SessionInfo = _DECODERS[topic].decode(message.data)
    except msgspec.DecodeError as error:
        raise RecordingError(f"{path}: not a duetto recording: {error}") from error
    if info.format > FORMAT:
        raise RecordingError(f"{path}: written by duetto {info.duetto} in format {info.format}; this reads {FORMAT}")
    return info


def _messages(path: Path, truncated: bool) -> Generator[tuple[str, Message], None, None]:
    """Topic and message of all that is whole. A file cut off just ends; a finished one must be sound to its end."""
    topics: dict[int, str] = {}
    seen = 0
    with path.open("rb") as file:
        try:
            for record in StreamReader(file, validate_crcs=True, record_size_limit=RECORD_LIMIT).records:
                if isinstance(record, Header) and record.profile not in ("", "duetto"):
                    raise RecordingError(f"{path}: not a duetto recording (MCAP profile {record.profile!r})")
                if isinstance(record, Channel):
                    topics[record.id] = record.topic
                elif isinstance(record, Message):
                    topic = topics.get(record.channel_id, "")
                    if topic in _DECODERS or seen == 0:
                        yield topic, record
                    seen += 1
        except _DAMAGE as error:
            if truncated:
                return
            what = "it ends too early" if isinstance(error, EndOfFile) else str(error)
            raise RecordingError(f"{path}: damaged after message {seen}: {what}") from error


def _micro_turn(path: Path, item: Closing, waiting: dict[str, list[Any]]) -> MicroTurn:
    """Put the messages of a micro-turn back into its rounds."""
    taken = dict.fromkeys(waiting, 0)

    def take(topic: str, count: int) -> tuple[Any, ...]:
        begin = taken.get(topic, 0)
        found = tuple(waiting.get(topic, ())[begin : begin + count])
        if len(found) < count:
            raise RecordingError(f"{path}: micro-turn {item.index} lacks {count - len(found)} messages on {topic}")
        taken[topic] = begin + count
        return found

    turns: list[Turn] = []
    outputs: list[Output] = []
    for part in item.rounds:
        turns.append(_turn(part, take))
        outputs.append(_output(part, take))
    voice = take("/voice", item.voice)
    left = [topic for topic, found in waiting.items() if taken.get(topic, 0) < len(found)]
    if left:
        raise RecordingError(f"{path}: micro-turn {item.index} has messages too many on {', '.join(left)}")
    sound = voice[0].data if voice else b""
    return MicroTurn(item.index, item.span, tuple(turns), tuple(outputs), sound, item.timing)


def _turn(part: Round, take: Any) -> Turn:
    mic = take("/mic", part.mic)
    return Turn(
        index=part.index,
        round=part.round,
        span=part.span,
        mic=mic[0].data if mic else b"",
        camera=tuple(map(frame, take("/camera", part.camera))),
        screen=tuple(map(frame, take("/screen", part.screen))),
        keys=take("/keys", part.keys),
        arrivals=take("/arrivals", part.arrivals),
        commands=take("/commands", part.commands),
    )


def _output(part: Round, take: Any) -> Output:
    return Output(
        at=part.at,
        edits=take("/increments", part.increments),
        actions=take("/actions", part.actions),
        jobs=take("/jobs", part.jobs),
        text=tuple(shown.text for shown in take("/text", part.text)),
    )
