"""Opus packets: their length without decoding, to sound and from sound (RFC 6716)."""

from __future__ import annotations

import ctypes
import ctypes.util
import weakref
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import av
import numpy as np

from duetto.server.rtc.peer import Sound
from duetto.timeline.turn import VOICE_RATE

RTP_RATE: Final = 48000
"""RTP timestamps of Opus count at this rate whatever the sound's own."""
FRAME: Final = RTP_RATE // 50
"""RTP time of a packet that we send: 20 ms."""
LONGEST: Final = RTP_RATE * 120 // 1000
"""A packet lasts 120 ms at most."""
UNIT: Final = RTP_RATE * 5 // 2000
"""Its length is a multiple of 2.5 ms."""
VOICE_FRAME: Final = VOICE_RATE // 50
"""Samples of the voice in a packet."""
RTP_BASE: Final = Fraction(1, RTP_RATE)
EFFORT: Final = "5"
"""Complexity of the encoder, 0 to 10."""


def packet_length(packet: bytes) -> int:
    """Samples at 48 kHz in a packet (RFC 6716 section 3.1). Raises ValueError for what is no Opus packet."""
    if not packet:
        raise ValueError("an Opus packet is empty")
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    if code == 3:
        if len(packet) < 2:
            raise ValueError("an Opus packet ends before its number of frames")
        frames = packet[1] & 63
    else:
        frames = 1 if code == 0 else 2
    if not 0 < frames * frame <= LONGEST:
        raise ValueError("an Opus packet lasts longer than 120 ms, or not at all")
    return frames * frame


class OpusDecoder:
    """Packets in their order to mono sound at 48 kHz; stereo is mixed down by the codec.

    libopus itself, for what FFmpeg's wrapper has no way to ask for: the sound of a lost packet from the one after it,
    where its sender put that in (in-band forward error correction, RFC 6716 section 2.1.7). What it makes up where
    nothing is told is no better for the recogniser than `conceal`, and does not fade to silence: it is not used.
    """

    def __init__(self) -> None:
        self._opus = _libopus()
        wrong = ctypes.c_int()
        self._state = self._opus.opus_decoder_create(RTP_RATE, 1, ctypes.byref(wrong))
        if not self._state:
            raise OSError(f"libopus makes no decoder: {self._reason(wrong.value)}")
        self._sound = np.zeros(LONGEST, np.int16)
        self._at = self._sound.ctypes.data_as(ctypes.c_void_p)
        weakref.finalize(self, self._opus.opus_decoder_destroy, self._state)

    def __call__(self, packet: bytes) -> Sound:
        """Raises ValueError for a packet that cannot be decoded."""
        if not packet:
            raise ValueError("an Opus packet is empty")
        return self._decode(packet, LONGEST, 0)

    def before(self, packet: bytes, count: int) -> Sound | None:
        """The `count` samples missing before this packet, the next to be decoded; None if it tells nothing of them."""
        if count > LONGEST or self._opus.opus_packet_has_lbrr(packet, len(packet)) <= 0:
            return None
        try:
            return self._decode(packet, -(-count // UNIT) * UNIT, 1)[-count:]
        except ValueError:
            return None

    def _decode(self, packet: bytes, most: int, before: int) -> Sound:
        got = self._opus.opus_decode(self._state, packet, len(packet), self._at, most, before)
        if got < 0:
            raise ValueError(f"an Opus packet cannot be decoded: {self._reason(got)}")
        return self._sound[:got].copy()

    def _reason(self, error: int) -> str:
        reason: bytes = self._opus.opus_strerror(error)
        return reason.decode()


@cache
def _libopus() -> ctypes.CDLL:
    """The library that PyAV's wheel carries, else the system's. Raises OSError where there is none."""
    home = Path(av.__file__).parent
    carried = [path for folder in (home.parent / "av.libs", home / ".dylibs") for path in folder.glob("*opus[-.]*")]
    name = str(carried[0]) if carried else ctypes.util.find_library("opus")
    if name is None:
        raise OSError("libopus was found neither in PyAV's wheel nor on this machine: install the system's libopus")
    opus = ctypes.CDLL(name)
    if not hasattr(opus, "opus_packet_has_lbrr"):
        raise OSError(f"{name} is too old: WebRTC needs libopus 1.5 or newer")
    pointer, number = ctypes.c_void_p, ctypes.c_int
    opus.opus_decoder_create.argtypes = (ctypes.c_int32, number, ctypes.POINTER(number))
    opus.opus_decoder_create.restype = pointer
    opus.opus_decoder_destroy.argtypes = (pointer,)
    opus.opus_decoder_destroy.restype = None
    opus.opus_decode.argtypes = (pointer, ctypes.c_char_p, ctypes.c_int32, pointer, number, number)
    opus.opus_packet_has_lbrr.argtypes = (ctypes.c_char_p, ctypes.c_int32)
    opus.opus_strerror.argtypes = (number,)
    opus.opus_strerror.restype = ctypes.c_char_p
    return opus


class OpusEncoder:
    """Frames of 20 ms at VOICE_RATE to packets.

    In the codec's low-delay mode: on speech it takes a quarter of the time of the mode for telephony (0.07 instead of
    0.29 ms a frame) and 4 ms less delay, and is nearer to the original, for half as many bits again; it has no in-band
    error correction, so a lost packet is concealed by the listener's side.
    """

    def __init__(self, bit_rate: int) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.sample_rate = VOICE_RATE
        codec.layout = "mono"
        codec.format = av.AudioFormat("s16")
        codec.bit_rate = bit_rate
        codec.time_base = Fraction(1, VOICE_RATE)
        codec.options = {
            "application": "lowdelay",
            "frame_duration": "20",
            "compression_level": EFFORT,
        }
        self._codec = codec
        self._at = 0

    def __call__(self, frame: Sound) -> bytes:
        """One packet of int16 (VOICE_FRAME,)."""
        sound = av.AudioFrame.from_ndarray(frame[None], format="s16", layout="mono")
        sound.sample_rate = VOICE_RATE
        sound.pts = self._at
        self._at += len(frame)
        return b"".join(bytes(packet) for packet in self._codec.encode(sound))
