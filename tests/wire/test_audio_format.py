import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.wire.audio import BadSound, Encoder, Format, from_base64, to_base64

EVERY = np.arange(-32_768, 32_768).astype(np.int16)


def tone(rate, seconds=1.0, hz=440.0):
    return (8_000 * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.int16)


@pytest.mark.parametrize("kind", ["pcmu", "pcma"])
def test_g711_codes_come_back_as_themselves(kind):
    format = Format(kind, 8000)
    codes = bytes(range(256))
    again = format.encode(format.decode(codes))
    if kind == "pcmu":  # its two zeros are one sample
        codes = codes.replace(b"\x7f", b"\xff")
    assert again == codes


@pytest.mark.parametrize(("kind", "error"), [("pcmu", 0.04), ("pcma", 0.04)])
def test_g711_is_near_the_sample(kind, error):
    format = Format(kind, 8000)
    back = format.decode(format.encode(EVERY)).astype(int)
    assert (np.abs(back - EVERY) <= np.maximum(16, error * np.abs(EVERY.astype(int)))).all()
    assert (np.diff(back) >= 0).all()


@pytest.mark.parametrize(
    ("kind", "sample", "code"),
    [("pcmu", 0, 0xFF), ("pcmu", 32_767, 0x80), ("pcmu", -32_768, 0x00), ("pcmu", 1000, 0xCE), ("pcmu", -1000, 0x4E),
     ("pcma", 0, 0xD5), ("pcma", 32_767, 0xAA), ("pcma", -32_768, 0x2A), ("pcma", -1, 0x55)],
)  # fmt: skip
def test_g711_values_of_the_recommendation(kind, sample, code):
    assert Format(kind, 8000).encode(np.array([sample], np.int16)) == bytes([code])


def test_pcm_is_little_endian():
    assert Format().decode(b"\x01\x00\xff\xff").tolist() == [1, -1]
    assert Format().encode(np.array([1, -1], np.int16)) == b"\x01\x00\xff\xff"


def test_half_a_sample_is_refused_by_name():
    with pytest.raises(BadSound, match=r"^audio: .*even number of bytes \(got 3\)") as caught:
        Format().decode(b"abc")
    assert caught.value.field == "audio"


@pytest.mark.parametrize(("kind", "rate"), [("pcmu", 16_000), ("pcma", 24_000), ("pcm16", 10), ("pcm16", 10**6)])
def test_rates_that_cannot_be(kind, rate):
    with pytest.raises(ValueError, match="rate: "):
        Format(kind, rate)


def test_at_the_voices_own_rate_nothing_is_held_back():
    encoder = Encoder(Format())
    sound = tone(24_000)
    assert encoder.encode(sound) + encoder.encode(sound.tobytes()) == sound.tobytes() * 2
    assert encoder.flush() == b""


@pytest.mark.parametrize("format", [Format("pcmu", 8000), Format("pcma", 8000), Format("pcm16", 16_000)])
def test_a_stream_in_pieces_keeps_its_length_and_its_sound(format):
    encoder = Encoder(format)
    sound = tone(24_000)
    parts = [encoder.encode(sound[at : at + 960]) for at in range(0, len(sound), 960)]
    back = format.decode(b"".join(parts) + encoder.flush()).astype(float)
    assert len(back) == format.rate
    wanted = tone(format.rate).astype(float)
    inner = slice(format.rate // 10, -format.rate // 10)
    assert np.corrcoef(back[inner], wanted[inner])[0, 1] > 0.999
    assert len(b"".join(parts)) >= (format.rate - format.rate // 50) * format.width  # 20 ms held back at most


def test_after_a_flush_a_new_stream_begins():
    encoder = Encoder(Format("pcmu", 8000))
    first = encoder.encode(tone(24_000)) + encoder.flush()
    assert encoder.encode(tone(24_000)) + encoder.flush() == first


@pytest.mark.parametrize("text", ["a", "ab=", "====", "a b=", "ab\n=", "žluť", "AAAA AAAA", "-_-_"])
def test_base64_is_strict(text):
    with pytest.raises(BadSound, match=r"^item\.audio: not base64") as caught:
        from_base64(text, "item.audio")
    assert caught.value.field == "item.audio"


def test_base64_is_bounded_before_it_is_decoded():
    assert from_base64("AAAA", most=3) == b"\0\0\0"
    with pytest.raises(BadSound, match="at most 2 bytes"):
        from_base64("AAAA", most=2)
    with pytest.raises(BadSound, match="at most 3 bytes"):
        from_base64("AAAA" * 1000, most=3)


@given(st.binary(max_size=200))
def test_base64_there_and_back(data):
    assert from_base64(to_base64(data)) == data


@given(st.binary(max_size=200), st.sampled_from([Format(), Format("pcmu", 8000), Format("pcma", 8000)]))
def test_any_bytes_are_sound_or_refused(data, format):
    try:
        samples = format.decode(data)
    except BadSound:
        assert len(data) % format.width
    else:
        assert len(samples) * format.width == len(data)


@given(st.text(max_size=60))
def test_any_text_is_base64_or_refused(text):
    try:
        from_base64(text)
    except BadSound as error:
        assert str(error).startswith("audio: ")
