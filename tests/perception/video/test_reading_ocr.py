from __future__ import annotations

import builtins
from typing import Any

import cv2
import numpy as np
import pytest
from drawn_screen import Picture, Screen, Watch, Written

from duetto.perception.video.jpeg import UnreadablePicture
from duetto.perception.video.ocr import (
    MISSING,
    Corners,
    OcrEngine,
    OcrMissing,
    OcrSettings,
    ReadingHandler,
    make_handler,
    rapid_engine,
)
from duetto.timeline.arrival import Fault, Texts
from duetto.timeline.clock import ms
from duetto.timeline.job import Look, Spot
from duetto.timeline.order_text import plain, reads


class BarEngine:
    """Finds bright bars on dark ground, and reads of each how bright and how wide it is."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def find(self, picture: Picture, side: int) -> list[Corners]:
        self.sizes.append((picture.shape[1], picture.shape[0]))
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        shapes, _ = cv2.findContours((grey > 80).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        found: list[Corners] = []
        for shape in shapes:
            x, y, w, h = cv2.boundingRect(shape)
            found.append(np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32))
        return found

    def read(self, line: Picture) -> tuple[str, float]:
        return f"  {round(float(line.mean()) / 20) * 20}  of {round(line.shape[1] / 10) * 10} ", 0.98765


def bars(*at: tuple[int, int, int, int], wide: int = 1280, high: int = 720) -> bytes:
    """A picture with bars of left, top, width and brightness, each 20 pixels high."""
    picture = np.full((high, wide, 3), 20, np.uint8)
    for x, y, w, bright in at:
        picture[y : y + 20, x : x + w] = bright
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes())


def texts(handler: ReadingHandler, look: Look) -> list[Texts]:
    found = list(handler.handle(look))
    assert all(isinstance(one, Texts) for one in found)
    return [one for one in found if isinstance(one, Texts)]


def test_lines_come_top_to_bottom_in_shares_of_the_whole_picture() -> None:
    handler = ReadingHandler(make=BarEngine)
    jpeg = bars((640, 360, 320, 200), (128, 72, 256, 120))
    (found,) = texts(handler, Look(ms(5), jpeg, "text", "screen"))
    assert (found.stream, found.at, found.regions, found.more) == ("screen", ms(5), (), False)
    assert [line.text for line in found.lines] == ["120 of 260", "200 of 320"]
    assert [line.sure for line in found.lines] == [0.988, 0.988]
    assert found.lines[0].box == pytest.approx((0.1, 0.1, 0.2, 20 / 720), abs=0.003)
    assert found.lines[1].box == pytest.approx((0.5, 0.5, 0.25, 20 / 720), abs=0.003)


def test_only_the_regions_are_looked_at_and_boxes_are_still_of_the_whole() -> None:
    engine = BarEngine()
    handler = ReadingHandler(make=lambda: engine)
    jpeg = bars((640, 360, 320, 200), (128, 72, 256, 120), (100, 600, 200, 180))
    regions = ((0.45, 0.45, 0.35, 0.1), (0.05, 0.8, 0.5, 0.1))
    (found,) = texts(handler, Look(1, jpeg, "text", "screen", regions))
    assert engine.sizes == [(448, 72), (640, 72)]
    assert [line.text for line in found.lines] == ["200 of 320", "180 of 200"]
    assert found.lines[0].box == pytest.approx((0.5, 0.5, 0.25, 20 / 720), abs=0.003)
    assert found.regions == regions


def test_a_region_at_or_over_the_edge_is_cut_to_the_picture() -> None:
    handler = ReadingHandler(make=BarEngine)
    jpeg = bars((1200, 690, 80, 200))
    (found,) = texts(
        handler, Look(1, jpeg, "text", "screen", ((0.9, 0.9, 0.3, 0.3), (-0.1, -0.1, 0.2, 0.2), (1.0, 1.0, 0.0, 0.0)))
    )
    assert [line.text for line in found.lines] == ["200 of 80"]


def test_many_lines_come_in_parts_and_those_beyond_the_limit_are_told_unread() -> None:
    handler = ReadingHandler(OcrSettings(most_lines=10, batch=4), BarEngine)
    jpeg = bars(*[(100, 10 + n * 40, 200, 200) for n in range(14)])
    found = texts(handler, Look(1, jpeg, "text"))
    assert [len(one.lines) for one in found] == [4, 4, 2 + 4]
    assert [one.more for one in found] == [True, True, False]
    tops = [line.box[1] for one in found for line in one.lines]
    assert tops == sorted(tops)
    assert [line.text for line in found[2].lines[2:]] == ["", "", "", ""]
    assert all(line.sure == 0.0 for line in found[2].lines[2:])


def test_an_empty_picture_has_no_lines() -> None:
    (found,) = texts(ReadingHandler(make=BarEngine), Look(1, bars(), "text"))
    assert found.lines == () and not found.more


def test_a_large_picture_is_halved_first() -> None:
    engine = BarEngine()
    (found,) = texts(
        ReadingHandler(make=lambda: engine), Look(1, bars((400, 400, 800, 200), wide=3840, high=2160), "text")
    )
    assert engine.sizes == [(1920, 1080)]
    assert found.lines[0].box == pytest.approx((400 / 3840, 400 / 2160, 800 / 3840, 20 / 2160), abs=0.003)


def test_what_is_no_look_for_text_or_no_picture_is_refused_and_the_next_look_is_made() -> None:
    handler = ReadingHandler(make=BarEngine)
    with pytest.raises(TypeError, match="Spot"):
        list(handler.handle(Spot(())))
    with pytest.raises(TypeError, match="Look"):
        list(handler.handle(Look(1, bars(), "faces")))
    with pytest.raises(UnreadablePicture):
        list(handler.handle(Look(1, b"no picture", "text")))
    assert texts(handler, Look(2, bars((10, 10, 100, 200)), "text"))[0].lines


def test_what_reads_is_made_at_the_first_look_only() -> None:
    made: list[OcrEngine] = []

    def make() -> OcrEngine:
        made.append(BarEngine())
        return made[-1]

    handler = ReadingHandler(make=make)
    assert not made
    for at in range(3):
        texts(handler, Look(at, bars(), "text"))
    assert len(made) == 1
    handler.close()


def test_where_the_extra_is_missing_one_notice_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "rapidocr":
            raise ModuleNotFoundError("No module named 'rapidocr'")
        return real(name, *args, **kwargs)

    from duetto.perception.video import ocr

    ocr._engine.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OcrMissing):
        rapid_engine()
    handler = make_handler("")
    assert list(handler.handle(Look(1, bars(), "text"))) == [Fault("reader", MISSING)]
    assert list(handler.handle(Look(2, bars(), "text"))) == []


# --- with what really reads -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reading() -> ReadingHandler:
    pytest.importorskip("rapidocr", reason="the extra vision is not installed")
    return ReadingHandler()


def test_a_real_screen_is_read(reading: ReadingHandler) -> None:
    screen = Screen.of("Build 4711 of main", "tests: 212 passed", "ERROR: connection refused", high=11)
    (found,) = texts(reading, Look(1, screen.jpeg(), "text", "screen"))
    assert [plain(line.text) for line in found.lines] == [plain(line.text) for line in screen.lines]
    for line, drawn in zip(found.lines, screen.lines, strict=True):
        left, top, wide, high = drawn.box
        expected = (left / 1280, top / 720, wide / 1280, high / 720)
        assert line.box == pytest.approx(expected, abs=0.015)


def test_a_real_build_turns_from_passing_to_failed(reading: ReadingHandler) -> None:
    watch = Watch()
    screen = Screen.of("Build 4711 of main", "build: passing", "tests: 212 passed", high=10)
    changes: list[tuple[str, str]] = []
    for shown in (screen, screen, screen.saying(1, "build: failed"), screen.saying(1, "build: failed")):
        look = watch.see(shown.jpeg(noise=3, seed=len(changes)))
        for one in texts(reading, look) if look else ():
            changes += watch.answer(one)
    assert [change for change, _ in changes] == ["appeared"] * 3 + ["gone", "appeared"]
    assert reads("build failed", changes[-1][1]) and reads("passing", changes[-2][1])


def test_slanted_text_before_a_camera_is_read(reading: ReadingHandler) -> None:
    picture = Screen((Written("Way out this way", 380, 360, 26),), ink=250).picture()
    turn = cv2.getRotationMatrix2D((640, 360), 12, 1.0)
    turned = cv2.warpAffine(picture, turn, (1280, 720), borderValue=(30, 30, 30))
    jpeg = bytes(cv2.imencode(".jpg", turned)[1].tobytes())
    (found,) = texts(reading, Look(1, jpeg, "text", "camera"))
    assert any(reads("way out this way", line.text) for line in found.lines)
