"""Video files as a camera: pictures at their own times, loops, and videos that end or break early."""

from __future__ import annotations

from types import SimpleNamespace

import av
import numpy as np
import pytest

from duetto.media.problem import MediaError
from duetto.media.video_file import VideoFileFeeder, _upright
from duetto.timeline.clock import ms, s


class Eye:
    def __init__(self):
        self.seen = []
        self.closed = False

    def push(self, at, picture):
        assert not self.closed
        self.seen.append((at, picture))

    def close(self):
        self.closed = True

    @property
    def times(self):
        return [at / 1e9 for at, _ in self.seen]


def film(path, frames=20, rate=10, codec="mpeg4", size=64, gop=1):
    """A film whose frame number i is grey of brightness 10 × (i mod 25), with a blue left half."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate)
        stream.width = stream.height = size
        stream.pix_fmt = "rgb24" if codec == "png" else "yuv420p"
        stream.gop_size = gop
        for i in range(frames):
            picture = np.full((size, size, 3), 10 * (i % 25), np.uint8)
            picture[:, : size // 2, 0] = 200
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def test_each_picture_comes_at_its_time(tmp_path):
    feeder = VideoFileFeeder(film(tmp_path / "a.mp4"), Eye())
    assert feeder.duration == s(2)
    feeder.feed(ms(100))
    assert feeder.input.times == [0.0]
    feeder.feed(ms(101))
    assert feeder.input.times == [0.0, 0.1]
    assert not feeder.finished
    feeder.feed(s(10))
    assert feeder.input.times == pytest.approx([i / 10 for i in range(20)])
    assert feeder.finished
    assert feeder.input.closed
    _, picture = feeder.input.seen[15]
    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    assert picture[32, 48].mean() == pytest.approx(150, abs=6)
    blue, green, _ = picture[32, 8]
    assert blue > green + 20


def test_a_loop_goes_on(tmp_path):
    feeder = VideoFileFeeder(film(tmp_path / "a.mp4", frames=5), Eye(), loop=True)
    feeder.feed(ms(1650))
    assert feeder.input.times == pytest.approx([i / 10 for i in range(17)])
    assert feeder.input.seen[13][1][32, 48].mean() == pytest.approx(30, abs=6)
    assert feeder.duration is None
    assert not feeder.finished
    feeder.close()
    assert feeder.input.closed
    feeder.feed(s(9))
    assert len(feeder.input.seen) == 17


def test_a_single_picture_can_be_looped(tmp_path):
    feeder = VideoFileFeeder(film(tmp_path / "a.mp4", frames=1), Eye(), loop=True)
    feeder.feed(ms(350))
    assert feeder.input.times == pytest.approx([0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize(("sound_over", "told"), [(False, 1), (True, 0)])
def test_pictures_that_end_before_the_sound_are_noticed_once(tmp_path, sound_over, told):
    feeder = VideoFileFeeder(film(tmp_path / "a.mp4"), Eye(), sound=SimpleNamespace(finished=sound_over))
    feeder.feed(s(2.9))
    assert feeder.notices() == ()
    feeder.feed(s(3.2))
    feeder.feed(s(3.3))
    notices = feeder.notices()
    assert len(notices) == told
    for notice in notices:
        assert notice.part == "camera"
        assert notice.text == "a.mp4: the pictures end at 2.00 s, before the sound"


def test_broken_frames_are_passed_over(tmp_path):
    path = film(tmp_path / "a.mov", codec="png", frames=30)
    content = bytearray(path.read_bytes())
    positions, at = [], content.find(b"\x89PNG")
    while at >= 0:
        positions.append(at)
        at = content.find(b"\x89PNG", at + 1)
    assert len(positions) >= 30
    for at in (positions[10], positions[20]):
        content[at + 8 : at + 60] = bytes(52)
    path.write_bytes(content)
    feeder = VideoFileFeeder(path, Eye())
    feeder.feed(s(10))
    assert feeder.finished
    assert len(feeder.input.seen) == 28
    texts = [notice.text for notice in feeder.notices()]
    assert texts[0].startswith("a.mov: a frame near 0.9")
    assert texts[-1] == "a.mov: 2 frames in all were passed over"


def test_pictures_that_the_input_refuses_are_passed_over(tmp_path):
    class Strict(Eye):
        def push(self, at, picture):
            if len(self.seen) == 3 and at < s(1):
                raise ValueError("picture: 64×64 pixels, too many")
            super().push(at, picture)

    feeder = VideoFileFeeder(film(tmp_path / "a.mp4"), Strict())
    feeder.feed(s(10))
    assert len(feeder.input.seen) == 13
    assert "picture: 64×64 pixels, too many" in feeder.notices()[0].text


def test_a_video_cut_off_is_used_as_far_as_it_goes(tmp_path):
    path = film(tmp_path / "a.mkv", frames=50)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    feeder = VideoFileFeeder(path, Eye())
    feeder.feed(s(10))
    assert feeder.finished
    assert 10 < len(feeder.input.seen) < 45


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "file: it does not exist"),
        (b"", "file: it is empty"),
        (b"no film\n" * 50, "format: no pictures could be"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, content, problem):
    path = tmp_path / "camera.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        VideoFileFeeder(path, Eye())
    assert str(caught.value).startswith(f"{path}: {problem}")


def test_sound_alone_is_no_video(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.wav", np.zeros(1000), 8000)
    with pytest.raises(MediaError, match="it has no video track"):
        VideoFileFeeder(tmp_path / "a.wav", Eye())


def test_a_picture_filmed_lying_down_is_turned():
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 2] = 255
    frame = SimpleNamespace(rotation=90, to_ndarray=lambda format: picture)
    turned = _upright(frame)
    assert turned.shape == (3, 2, 3)
    assert turned[0, 0, 0] == 255
    frame.rotation = 0
    assert _upright(frame) is picture
