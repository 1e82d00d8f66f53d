"""The stereo recording on a disk that is full: readable up to there, and it says why it ends."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
import soundfile

from duetto.media.wav import StereoWavWriter
from duetto.models.model import MicroTurn, Timing
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import Turn


class Disk:
    """A file on a disk with room for so many bytes; takes at most 1000 of them at a time."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        if self.file.tell() >= self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data[: min(1000, self.room - self.file.tell())])

    def seek(self, *place):
        return self.file.seek(*place)

    def close(self):
        self.file.close()


def micro_turn(index):
    span = Span(ms(80 * index), ms(80 * index + 80))
    return MicroTurn(index, span, (Turn(index, 0, span, mic=bytes(2560)),), (), b"\1\1" * 1920, Timing(0, 0, 0, {}, {}))


def test_a_full_disk_ends_the_file_where_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda *args, **kwargs: Disk(real(*args, **kwargs), 20_001))
    writer = StereoWavWriter(path)
    written = 0
    with pytest.raises(OSError, match=r"a\.wav: the sound ends here: No space left") as caught:
        for written in range(10):
            writer.on_micro_turn(micro_turn(written))
    monkeypatch.undo()
    assert written == 2
    assert writer.problem == str(caught.value)
    sound, _ = soundfile.read(path, dtype="int16")
    assert len(sound) == pytest.approx(written * 1920, abs=600)  # 21 ms are with the resampler
    assert (sound[1920:, 1] == 0x0101).all()
    with pytest.raises(OSError, match="the sound ends here"):
        writer.on_micro_turn(micro_turn(3))
    writer.close()


def test_a_disk_that_takes_little_at_a_time_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda *args, **kwargs: Disk(real(*args, **kwargs), 10**9))
    writer = StereoWavWriter(path)
    for index in range(10):
        writer.on_micro_turn(micro_turn(index))
    writer.close()
    monkeypatch.undo()
    sound, _ = soundfile.read(path, dtype="int16")
    assert len(sound) == 11 * 1920
    assert (sound[1920:, 1] == 0x0101).all()
    assert writer.problem is None
