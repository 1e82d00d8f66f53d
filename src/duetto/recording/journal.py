"""The journal: writes a session down, micro-turn by micro-turn, while it runs.

Each micro-turn is one compressed chunk, handed to the operating system before the next begins: a process killed at
any moment (SIGKILL) leaves a file that is whole up to the last micro-turn. Only a machine that loses power can
lose more, as nothing is forced to the disk.

Why a chunk per micro-turn, by measurement (60 s, mic and voice always sounding, 640×360 JPEG of 16 kB ten times a
second, two cores; time on the tick, p50 / p99):

    no chunks                        24.6 MB/min   0.19 / 0.32 ms
    a zstd chunk per micro-turn      14.5 MB/min   0.33 / 0.51 ms   <- this
    a zstd chunk per second          11.7 MB/min   0.12 / 3.5 ms, and a killed process loses up to a second
    an lz4 chunk per micro-turn      19.1 MB/min   0.23 / 0.35 ms
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from duetto.models.model import MicroTurn, Output
from duetto.recording.container import ChunkWriter
from duetto.recording.errors import RecordingError
from duetto.recording.format import (
    PROFILE,
    TOPICS,
    Closing,
    Round,
    SessionInfo,
    ShownText,
    audio,
    image,
    instant,
    lighter,
    schema_of,
)
from duetto.recording.soundtrack import Track
from duetto.timeline.arrival import Arrival
from duetto.timeline.increment import Increment
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Turn

ZSTD_LEVEL: Final = 1
"""Sound and JPEG gain nothing from higher levels; what is won is the third that base64 adds, and silence."""
SEQUENCE_LIMIT: Final = 2**32
"""MCAP's message numbers are 32 bits wide."""

_CHECKED: Final = {"/arrivals": msgspec.json.Decoder(Arrival), "/increments": msgspec.json.Decoder(Increment)}


class Journal:
    """An `Observer` that writes every micro-turn to an MCAP file at `path`, replacing what is there.

    Raises RecordingError at once when the file cannot be written (no such folder, no permission, disk full) or
    `info` is not plain data. `on_micro_turn` raises it when writing fails later: from then on the file is closed,
    whole up to the micro-turn before.
    """

    def __init__(self, path: str | Path, info: SessionInfo) -> None:
        self.path = Path(path)
        self._epoch_ns = info.epoch_ns
        self._encoder = msgspec.json.Encoder()
        self._mic = Track(MIC_RATE, 0)
        self._voice: Track | None = None
        self._open = True
        self.problem: str | None = None
        """Why the recording ended before the session, if it did."""
        try:
            first = self._encoder.encode(info)
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            raise RecordingError(f"{self.path}: the session's settings are not plain data: {error}") from error
        try:
            self._file = self.path.open("wb")
        except OSError as error:
            raise RecordingError(f"{self.path}: cannot write a recording here: {error.strerror}") from error
        try:
            self._writer = ChunkWriter(self._file, profile=PROFILE, library=f"duetto {info.duetto}", level=ZSTD_LEVEL)
            self._channels = {t.name: self._writer.channel(t.name, t.schema, schema_of(t)) for t in TOPICS}
            self._writer.message(self._channels["/session"], info.epoch_ns, first, 0)
            self._writer.flush()
        except OSError as error:
            self._abandon()
            raise RecordingError(f"{self.path}: cannot write a recording here: {error.strerror}") from error

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        """Write it down. Raises RecordingError when the disk is full or gone, or the journal is closed."""
        if not self._open:
            raise RecordingError(f"{self.path}: the recording is closed")
        try:
            self._write(micro_turn)
            self._writer.flush()
        except OSError as error:
            self._abandon()
            self.problem = f"{self.path}: the recording ends here: {error.strerror}"
            raise RecordingError(self.problem) from error
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            self.close()
            self.problem = f"{self.path}: micro-turn {micro_turn.index} cannot be written: {error}"
            raise RecordingError(self.problem) from error

    def close(self) -> None:
        """End the file. Safe to call twice, and after an error."""
        if not self._open:
            return
        try:
            self._writer.finish()
        except OSError as error:
            self.problem = f"{self.path}: the recording's end is missing: {error.strerror}"
            raise RecordingError(self.problem) from error
        finally:
            self._abandon()

    # --- inside -----------------------------------------------------------------------------------------------

    def _write(self, micro_turn: MicroTurn) -> None:
        index = micro_turn.index
        rounds: list[Round] = []
        for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
            self._inputs(index, turn)
            self._outcome(index, output)
            rounds.append(_round(turn, output))
        if micro_turn.voice:
            self._voice = self._voice or Track(VOICE_RATE, micro_turn.span.end)
            at = self._voice.place(micro_turn.voice)
            self._put("/voice", at, audio(micro_turn.voice, VOICE_RATE, instant(self._epoch_ns, at)), index)
        closing = Closing(index, micro_turn.span, tuple(rounds), int(bool(micro_turn.voice)), micro_turn.timing)
        self._put("/micro_turns", micro_turn.span.end, closing, index)

    def _inputs(self, index: int, turn: Turn) -> None:
        if turn.mic:
            at = self._mic.place(turn.mic)
            self._put("/mic", at, audio(turn.mic, MIC_RATE, instant(self._epoch_ns, at)), index)
        for frame in turn.camera:
            self._put("/camera", frame.at, image(frame, "camera", instant(self._epoch_ns, frame.at)), index)
        for frame in turn.screen:
            self._put("/screen", frame.at, image(frame, "screen", instant(self._epoch_ns, frame.at)), index)
        for key in turn.keys:
            self._put("/keys", key.at, key, index)
        for arrival in turn.arrivals:
            self._put("/arrivals", turn.span.end, arrival, index)
        for command in turn.commands:
            self._put("/commands", turn.span.end, command, index)

    def _outcome(self, index: int, output: Output) -> None:
        for increment in output.edits:
            self._put("/increments", increment.at, increment, index)
        for action in output.actions:
            self._put("/actions", output.at, action, index)
        for job in output.jobs:
            self._put("/jobs", output.at, lighter(job), index)
        for text in output.text:
            self._put("/text", output.at, ShownText(text), index)

    def _put(self, topic: str, at: int, message: Any, index: int) -> None:
        data = self._encoder.encode(message)
        if b"null" in data and topic in _CHECKED:  # JSON has no NaN: it becomes null, and could not be read back
            try:
                _CHECKED[topic].decode(data)
            except msgspec.DecodeError as error:
                raise ValueError(f"{topic}: a number that is not finite: {error}") from error
        self._writer.message(self._channels[topic], self._epoch_ns + at, data, index % SEQUENCE_LIMIT)

    def _abandon(self) -> None:
        """Close the file as it is. What could not be written before cannot be written now either."""
        self._open = False
        try:
            self._file.close()
        except OSError:
            return


def _round(turn: Turn, output: Output) -> Round:
    return Round(
        index=turn.index,
        round=turn.round,
        span=turn.span,
        at=output.at,
        mic=int(bool(turn.mic)),
        camera=len(turn.camera),
        screen=len(turn.screen),
        keys=len(turn.keys),
        arrivals=len(turn.arrivals),
        increments=len(output.edits),
        actions=len(output.actions),
        jobs=len(output.jobs),
        text=len(output.text),
        commands=len(turn.commands),
    )
