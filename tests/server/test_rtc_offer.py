"""Offers: what is taken, what is refused and in which words; pictures before they are decoded."""

import asyncio
import re
from itertools import pairwise

import pytest
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st
from rtc_client import LOOPBACK, Handler, no_task_left

from duetto.server.rtc.aiortc_peer import AiortcPeerFactory
from duetto.server.rtc.memory import MemoryPeerFactory
from duetto.server.rtc.offer import read_offer
from duetto.server.rtc.pictures import PictureBuffer, Sampler, key_frame_size
from duetto.server.rtc.settings import RtcSettings
from duetto.timeline.clock import ms, s

TRANSPORT = """a=mid:{mid}
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 {print}
a=setup:actpass
""".replace("{print}", ":".join(["AB"] * 32))
AUDIO = (
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0\nc=IN IP4 0.0.0.0\na=rtcp-mux\na=sendrecv\n"
    "a=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1\na=rtpmap:0 PCMU/8000\n" + TRANSPORT
)
VIDEO = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\nc=IN IP4 0.0.0.0\na=rtcp-mux\na=sendonly\na=rtpmap:96 VP8/90000\n"
    "a=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:98 AV1/90000\n" + TRANSPORT
)
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nc=IN IP4 0.0.0.0\na=sctp-port:5000\n" + TRANSPORT


def offer(*parts: str, bundle: str | None = None) -> str:
    mids = " ".join(map(str, range(len(parts))))
    head = f"v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE {mids if bundle is None else bundle}\n"
    text = head + "".join(part.replace("{mid}", str(n)) for n, part in enumerate(parts))
    return text.replace("\n", "\r\n")


def test_the_usual_offers() -> None:
    read = read_offer(offer(AUDIO, VIDEO, VIDEO, DATA), RtcSettings())
    assert (read.audio, read.videos) == (True, 2)
    read = read_offer(offer(DATA), RtcSettings())
    assert (read.audio, read.videos) == (False, 0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", 'does not begin with "v=0"'),
        ("{}", 'does not begin with "v=0"'),
        ("v=0\r\n" + "a=x\r\n" * 20_000, "longer than 65536 bytes"),
        ("v=0\r\n", "has no m-lines"),
        (offer(AUDIO), 'no data channel: make one labelled "oai-events"'),
        (offer(AUDIO, AUDIO, DATA), "2 audio m-lines, at most 1"),
        (offer(VIDEO, VIDEO, VIDEO, DATA), "3 video m-lines, at most 2"),
        (offer(*[AUDIO] * 5), "5 m-lines, at most 4"),
        (offer(AUDIO.replace("audio 9", "text 9"), DATA), "of kind 'text'"),
        (offer(AUDIO.replace("opus", "speex"), DATA), r"m-line 1 \(audio\) does not offer opus"),
        (offer(AUDIO, VIDEO.replace("VP8", "H265"), DATA), r"m-line 2 \(video\) does not offer VP8"),
        (offer(AUDIO.replace("a=rtcp-mux\n", ""), DATA), "no a=rtcp-mux"),
        (offer(AUDIO, DATA.replace("a=ice-ufrag:abcd\n", "")), r"m-line 2 \(application\) has no a=ice-ufrag"),
        (offer(AUDIO.replace("a=fingerprint", "a=f"), DATA), "has no a=setup and a=fingerprint with sha-256"),
        (offer(AUDIO.replace("a=setup:actpass\n", ""), DATA), "has no a=setup and a=fingerprint"),
        (offer(AUDIO.replace("a=mid:{mid}\n", ""), DATA), "has no a=mid"),
        (offer(AUDIO, DATA, bundle="0"), "does not bundle all"),
        (offer(AUDIO.replace("{mid}", "1"), DATA, bundle="1 1"), "the same a=mid"),
        (offer(AUDIO, DATA.replace("UDP/DTLS/SCTP", "RTP/AVP")), "no data channel: its profile"),
        (offer(AUDIO.replace("m=audio 9", "m=audio x"), DATA), "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_offer(text, RtcSettings())


def test_addresses_that_are_not_tried_are_left_out() -> None:
    lines = [
        "a=candidate:1 1 udp 2122260223 3f2b3c1e-aaaa-bbbb-cccc-1234567890ab.local 50000 typ host",
        "a=candidate:2 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active",
        "a=candidate:3 1 udp 2122260223 example.org 50000 typ host",
        "a=candidate:4 1 udp 2122260223 10.0.0.2 99999 typ host",
        "a=candidate:5",
        *(f"a=candidate:{n} 1 udp 2122260223 10.0.1.{n} 50000 typ host" for n in range(40)),
        "a=end-of-candidates",
    ]
    read = read_offer(offer(AUDIO + "\n".join(lines) + "\n", DATA), RtcSettings(candidates=16))
    assert re.findall(r"a=candidate.* (\S+) 50000", read.sdp) == [f"10.0.1.{n}" for n in range(16)]
    assert "end-of-candidates" not in read.sdp and ".local" not in read.sdp


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_offer_is_an_error_or_an_offer(data) -> None:
    text = offer(AUDIO, VIDEO, DATA)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        cut = data.draw(st.integers(0, 30))
        text = text[:at] + data.draw(st.text(max_size=6)) + text[at + cut :]
    try:
        read_offer(text, RtcSettings())
    except ValueError as error:
        assert len(str(error)) < 300


def test_damaged_offers_leave_nothing_behind() -> None:
    """Through aiortc too: whatever it trips over is a ValueError, and no task or peer stays."""

    async def main() -> None:
        factory = AiortcPeerFactory(LOOPBACK)
        whole = offer(AUDIO, VIDEO, DATA)
        lines = whole.split("\r\n")
        refused = 0
        for skip in range(5, len(lines) - 1):
            try:
                peer = await factory.connect("\r\n".join(lines[:skip] + lines[skip + 1 :]), Handler())
            except ValueError:
                refused += 1
            else:
                await peer.close()
        assert refused >= 12
        await no_task_left()
        assert not factory._peers

    asyncio.run(main())


def test_no_free_port_is_a_connection_error() -> None:
    async def main() -> None:
        factory = AiortcPeerFactory(RtcSettings(hosts=("192.0.2.1",)))
        with pytest.raises(ConnectionError, match="no free address and port"):
            await factory.connect(offer(AUDIO, DATA), Handler())
        await no_task_left()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"audio_rate": 44100}, "audio_rate"),
        ({"ports": (5, 4)}, "ports"),
        ({"picture_rate": 0}, "picture_rate"),
        ({"voice_ahead_ms": 5}, "voice_ahead_ms"),
        ({"delay_most_ms": 5}, "delay_most_ms"),
    ],
)
def test_settings_name_their_field(wrong, field) -> None:
    with pytest.raises(ValueError, match=field):
        RtcSettings(**wrong)


# Pictures


def key_frame(width: int, height: int) -> bytes:
    return b"\x10\0\0\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"data"


class Stream:
    """Packets of VP8 pictures into a PictureBuffer."""

    def __init__(self, pixels: int = 640 * 480) -> None:
        self.now = 0
        self.waiting = 0
        self.large: list[tuple[int, int]] = []
        self.buffer = PictureBuffer(
            pixels, lambda: self.waiting, lambda: self.now, lambda w, h: self.large.append((w, h))
        )
        self.number = 0

    def __call__(self, data: bytes, *, lost: bool = False, after: int = ms(33)) -> tuple[bool, bool]:
        """One picture of one packet; whether a key frame is asked for, and whether a picture is decoded."""
        self.now += after
        packet = RtpPacket(payload_type=96, sequence_number=self.number % 65536, timestamp=self.number * 3000)
        packet._data = data
        self.number += 1
        if lost:
            return False, False
        ask, frame = self.buffer.add(packet)
        return ask, frame is not None


DELTA = b"\x11\0\0data"


def test_size_of_a_key_frame() -> None:
    assert key_frame_size(key_frame(640, 480)) == (640, 480)
    assert key_frame_size(DELTA) is None
    assert key_frame_size(b"") is None


def test_pictures_pass_from_the_key_frame_on() -> None:
    stream = Stream()
    results = [stream(data) for data in (DELTA, DELTA, key_frame(640, 480), DELTA, DELTA)]
    # A picture is known to be whole when the next begins.
    assert results == [(False, False), (False, False), (False, False), (False, True), (False, True)]


def test_a_key_frame_that_does_not_come_is_asked_for_each_half_second() -> None:
    stream = Stream()
    asked = sum(stream(DELTA)[0] for _ in range(66))
    assert asked == 4


def test_too_large_pictures_are_never_decoded() -> None:
    stream = Stream(pixels=100 * 100)
    assert not any(stream(data)[1] for data in (key_frame(16383, 16383), DELTA, DELTA, DELTA))
    assert stream.large == [(16383, 16383)]
    stream(key_frame(100, 100))
    assert stream(DELTA) == (False, True)


def test_a_packet_lost_for_good_costs_less_than_a_second() -> None:
    stream = Stream()
    stream(key_frame(64, 64))
    stream(DELTA)
    stream(DELTA, lost=True)
    results = [stream(DELTA) for _ in range(30)]
    assert any(ask for ask, _ in results)
    stream(key_frame(64, 64))
    assert stream(DELTA)[1]


def test_a_decoder_that_cannot_follow_gets_key_frames_only() -> None:
    stream = Stream()
    stream(key_frame(64, 64))
    stream.waiting = 20
    assert not any(stream(DELTA)[1] for _ in range(40))
    stream.waiting = 0
    stream(key_frame(64, 64))
    assert stream(DELTA)[1]


def test_the_sampler_is_even_and_never_doubles() -> None:
    sampler = Sampler(5)
    passed = [n for n in range(300) if sampler(n * s(1) // 30)]
    assert len(passed) == 50
    assert {b - a for a, b in pairwise(passed)} == {6}
    assert sampler(s(100)) and not sampler(s(100) + ms(10))


def test_the_peer_in_memory() -> None:
    async def main() -> None:
        factory, handler = MemoryPeerFactory(), Handler()
        with pytest.raises(ValueError):
            await factory.connect("nonsense", handler)
        peer = await factory.connect("v=0", handler)
        assert not peer.send_message("early")
        peer.play_open()
        assert peer.send_message("now") and peer.messages == ["now"]
        peer.send_voice([1, 2, 3])
        assert peer.flush_voice() == 3
        await factory.close()
        assert handler.events == ["open", "closed"]

    asyncio.run(main())
