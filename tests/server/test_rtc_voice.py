"""The voice on its way out: Opus, the bounded queue, the track's clock."""

import asyncio

import av
import numpy as np
import pytest
import soxr
from aiortc.mediastreams import MediaStreamError
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.server.rtc.conceal import Concealer
from duetto.server.rtc.opus import FRAME, RTP_RATE, VOICE_FRAME, OpusDecoder, OpusEncoder, packet_length
from duetto.server.rtc.voice_queue import VoiceQueue, VoiceQueueSettings, without_quiet
from duetto.server.rtc.voice_track import VoiceTrack
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE

SLICE = VOICE_RATE * 40 // 1000


def tone(count: int, hertz: float = 440.0, start: int = 0) -> np.ndarray:
    time = (start + np.arange(count)) / VOICE_RATE
    return np.rint(9000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def test_opus_there_and_back() -> None:
    encode, decode = OpusEncoder(32_000), OpusDecoder()
    sound = tone(VOICE_RATE)
    packets = [encode(sound[n * VOICE_FRAME : (n + 1) * VOICE_FRAME]) for n in range(50)]
    assert all(packet_length(packet) == FRAME for packet in packets)
    assert sum(map(len, packets)) * 8 < 80_000
    back = np.concatenate([decode(packet) for packet in packets])
    assert len(back) == RTP_RATE
    assert pitch(back, RTP_RATE) == pytest.approx(440, abs=2)
    assert 0.7 < back[RTP_RATE // 2 :].std() / sound.std() < 1.3


def test_stereo_is_mixed_down() -> None:
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = RTP_RATE, "stereo", "s16"
    left = np.rint(9000 * np.sin(2 * np.pi * 440 * np.arange(RTP_RATE) / RTP_RATE)).astype(np.int16)
    both = np.stack([left, np.zeros_like(left)], 1).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
    frame.sample_rate = RTP_RATE
    decode = OpusDecoder()
    back = np.concatenate([decode(bytes(packet)) for packet in codec.encode(frame)])
    assert back.ndim == 1 and pitch(back, RTP_RATE) == pytest.approx(440, abs=2)
    assert back[RTP_RATE // 2 :].std() == pytest.approx(9000 / 2**0.5 / 2, rel=0.2)


def telephony(sound: np.ndarray, *, spare: bool) -> list[bytes]:
    """As a browser sends a voice, with what is needed of the packet before (`spare`) or without."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RTP_RATE, "mono", "s16", 32_000
    codec.options = {"application": "voip", "frame_duration": "20", "fec": str(int(spare)), "packet_loss": "10"}
    packets: list[bytes] = []
    for at in range(0, len(sound), FRAME):
        frame = av.AudioFrame.from_ndarray(sound[None, at : at + FRAME], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RTP_RATE, at
        packets += map(bytes, codec.encode(frame))
    return packets


def test_a_lost_packet_is_told_by_the_next() -> None:
    """Each second packet of a voice is lost: told, it is like what was lost, far more than what is made up."""
    with reading(VoiceSettings(name="en-us+f1")) as read:
        sound = soxr.resample(read("how many miles are in ten kilometers"), VOICE_RATE, RTP_RATE).astype(np.int16)
    packets = telephony(sound, spare=True)
    true, told, conceal = OpusDecoder(), OpusDecoder(), Concealer(RTP_RATE)
    was, spare, guess = [], [], []
    for packet, after in zip(packets[::2], packets[1::2], strict=False):
        lost = true(packet)
        if (said := told.before(after, FRAME)) is not None:
            assert len(said) == FRAME
            was.append(lost), spare.append(said), guess.append(conceal.missing(FRAME))
        conceal.sound(true(after)), told(after)
    assert len(was) > len(packets) // 4  # of quiet there is nothing to tell
    error, worse = (np.concatenate(was) - np.concatenate(other).astype(float) for other in (spare, guess))
    assert error.std() < 0.6 * worse.std()


def test_a_packet_without_spare_tells_nothing() -> None:
    packets = telephony(np.rint(6000 * np.sin(np.arange(RTP_RATE // 5) / 30)).astype(np.int16), spare=False)
    decode = OpusDecoder()
    decode(packets[0])
    assert decode.before(packets[2], FRAME) is None
    assert decode.before(b"", FRAME) is None


@pytest.mark.parametrize(
    ("packet", "samples"),
    [(b"\x78\0", 960), (b"\xfc\0", 960), (b"\x79\0", 1920), (b"\x18", 2880), (b"\x80", 120), (b"\x63\x02", 960)],
)
def test_length_of_a_packet(packet: bytes, samples: int) -> None:
    assert packet_length(packet) == samples


@pytest.mark.parametrize("packet", [b"", b"\x1b", b"\x1b\x00", b"\x1b\x3f"])
def test_what_is_no_packet(packet: bytes) -> None:
    with pytest.raises(ValueError, match="Opus packet"):
        packet_length(packet)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_a_length_or_an_error(packet: bytes) -> None:
    try:
        length = packet_length(packet)
    except ValueError:
        return
    assert 0 < length <= 5760
    try:
        assert OpusDecoder()(packet).dtype == np.int16
    except ValueError:
        pass


def run(queue: VoiceQueue, writes: dict[int, np.ndarray], frames: int) -> np.ndarray:
    """Read a frame per 20 ms, writing before the reads with these numbers."""
    out = []
    for number in range(frames):
        if number in writes:
            queue.write(writes[number])
        out.append(queue.read())
        assert len(out[-1]) == VOICE_FRAME
    return np.concatenate(out)


def test_nothing_is_silence() -> None:
    assert not run(VoiceQueue(), {}, 10).any()


def test_a_reply_comes_out_whole_40_ms_later() -> None:
    sound = tone(10 * SLICE)
    queue = VoiceQueue()
    out = run(queue, {3 + 2 * n: sound[n * SLICE : (n + 1) * SLICE] for n in range(10)}, 40)
    begin = 3 * VOICE_FRAME + SLICE
    assert not out[:begin].any()
    assert np.array_equal(out[begin : begin + len(sound)], sound)
    assert queue.dry == queue.dropped == queue.shortened == 0


def test_slices_that_come_late_by_less_than_40_ms_are_not_heard() -> None:
    sound, queue = tone(20 * SLICE), VoiceQueue()
    late = np.random.default_rng(2).integers(0, 2, 20)
    writes = {2 * n + int(late[n]) * (n > 0): sound[n * SLICE : (n + 1) * SLICE] for n in range(20)}
    out = run(queue, writes, 60)
    assert np.array_equal(out[SLICE : SLICE + len(sound)], sound)
    assert queue.dry == 0


def test_running_dry_within_speech_fades_and_goes_on() -> None:
    sound, queue = tone(6 * SLICE), VoiceQueue()
    out = run(queue, {0: sound[: 3 * SLICE], 13: sound[3 * SLICE :]}, 30)
    assert queue.dry == 1
    steps = np.abs(np.diff(out.astype(int)))
    assert steps.max() < 2500
    assert queue.dropped == 0


def test_a_fast_engine_shortens_pauses_not_words() -> None:
    """2 % too much sound: it is taken out of the pauses."""
    queue, out, written, most = VoiceQueue(), [], 0, 0
    for number in range(1500):
        while written < number * VOICE_FRAME * 1.02:
            at = written % VOICE_RATE
            queue.write(tone(480) if at < VOICE_RATE * 0.7 else np.zeros(480, np.int16))
            written += 480
        out.append(queue.read())
        most = max(most, len(queue))
    assert most < VOICE_RATE * 0.12
    assert queue.shortened > 0.9 * 1500 * VOICE_FRAME * 0.02 - VOICE_RATE * 0.1
    assert queue.dropped == queue.dry == 0


def test_too_much_is_dropped_and_counted() -> None:
    queue = VoiceQueue(VoiceQueueSettings(limit_ms=500))
    queue.write(tone(VOICE_RATE * 2))
    assert len(queue) == VOICE_RATE // 2
    assert queue.dropped == VOICE_RATE * 2 - VOICE_RATE // 2
    assert queue.shortened == VOICE_RATE * 40 // 1000


def test_flush_leaves_a_short_fade() -> None:
    queue = VoiceQueue()
    queue.write(tone(VOICE_RATE // 2))
    for _ in range(5):
        queue.read()
    waiting = len(queue)
    assert queue.flush() == waiting - 120
    out = np.concatenate([queue.read() for _ in range(10)])
    assert not out[120 + VOICE_RATE * 60 // 1000 :].any()
    assert np.abs(out[60:]).max() < 6000
    assert queue.flush() == 0
    # What comes next has its 40 ms again.
    queue.write(tone(SLICE))
    assert len(queue) == 2 * SLICE


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.integers(0, 3000), st.just(-1), st.just(-2)), max_size=60))
def test_the_queue_is_bounded_and_its_count_true(steps: list[int]) -> None:
    queue = VoiceQueue(VoiceQueueSettings(limit_ms=200))
    for step in steps:
        if step == -1:
            queue.read()
        elif step == -2:
            queue.flush()
        else:
            queue.write(tone(step))
        assert len(queue) == sum(map(len, queue._waiting))
        assert len(queue) <= VOICE_RATE // 5


def test_pauses_are_shortened_from_their_blocks() -> None:
    sound = np.concatenate([tone(240), np.zeros(600, np.int16), tone(50)])
    assert len(without_quiet(sound, 300)) == len(sound) - 240
    assert np.array_equal(without_quiet(sound, 0), sound)
    assert np.array_equal(without_quiet(sound[:100], 500), sound[:100])


def test_the_track_keeps_the_clocks_time() -> None:
    async def main() -> None:
        queue = VoiceQueue()
        queue.write(tone(VOICE_RATE))
        track = VoiceTrack(queue, 32_000)
        track.tick(1)
        waiting = len(queue)
        stamps = []
        for frames in (1, 1, 8, 1):
            asked = asyncio.ensure_future(track.recv())
            await asyncio.sleep(0)
            track.tick(frames)
            track.tick(0)
            packet = await asked
            assert packet_length(bytes(packet)) == FRAME
            stamps.append(packet.pts)
        assert np.diff(stamps).tolist() == [FRAME, 8 * FRAME, FRAME]
        assert waiting - len(queue) == 4 * VOICE_FRAME
        asked = asyncio.ensure_future(track.recv())
        await asyncio.sleep(0)
        track.stop()
        with pytest.raises(asyncio.CancelledError):
            await asked
        with pytest.raises(MediaStreamError):
            await track.recv()

    asyncio.run(main())
